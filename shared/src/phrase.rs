//! Sentences of the message catalogue, by their code.

use std::fmt;

/// A sentence of the message catalogue, not yet in any language: its code and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The stable name of the sentence: the id of the message `error-{code}`.
    pub code: &'static str,
    /// Names and values of the parameters; numbers in decimal digits.
    pub params: Vec<(&'static str, String)>,
}

impl Phrase {
    /// A sentence without parameters so far.
    pub const fn new(code: &'static str) -> Self {
        Self {
            code,
            params: Vec::new(),
        }
    }

    /// The same sentence with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.push((name, value.to_string()));
        self
    }
}

impl From<&'static str> for Phrase {
    fn from(code: &'static str) -> Self {
        Self::new(code)
    }
}

/// For logs: `title-too-long (max: 120, length: 131)`.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        for (n, (name, value)) in self.params.iter().enumerate() {
            write!(f, "{}{name}: {value}", if n == 0 { " (" } else { ", " })?;
        }
        f.write_str(if self.params.is_empty() { "" } else { ")" })
    }
}

impl std::error::Error for Phrase {}
