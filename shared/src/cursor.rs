use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Phrase;

/// A position in the changes of one inbox: `{epoch}.{seq}`.
///
/// `epoch` names the history of the database and changes when it is restored from a backup. `seq`
/// is per recipient and gapless. Cursors of different epochs can't be compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// The history.
    pub epoch: String,
    /// The `seq` of the last change included.
    pub seq: u64,
}

/// The text was not `{epoch}.{seq}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorError;

impl fmt::Display for CursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("A cursor reads {epoch}.{seq}; send it exactly as you received it.")
    }
}

impl std::error::Error for CursorError {}

impl From<CursorError> for Phrase {
    fn from(_: CursorError) -> Self {
        Self::new("cursor-malformed")
    }
}

impl Cursor {
    /// The cursor of the change `seq` in the history `epoch`.
    pub fn new(epoch: impl Into<String>, seq: u64) -> Self {
        Self {
            epoch: epoch.into(),
            seq,
        }
    }

    /// The cursor of another `seq` in the same history.
    #[must_use]
    pub fn at(&self, seq: u64) -> Self {
        Self {
            epoch: self.epoch.clone(),
            seq,
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (epoch, seq) = text.split_once('.').ok_or(CursorError)?;
        let plain = !epoch.is_empty()
            && epoch.len() <= 32
            && epoch
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        // The database stores `seq` as i64, so a greater number is invalid.
        let seq = seq
            .parse::<i64>()
            .ok()
            .and_then(|seq| u64::try_from(seq).ok())
            .filter(|s| s.to_string() == seq);
        match seq {
            Some(seq) if plain => Ok(Self::new(epoch, seq)),
            _ => Err(CursorError),
        }
    }
}

impl TryFrom<String> for Cursor {
    type Error = CursorError;
    fn try_from(text: String) -> Result<Self, CursorError> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

#[cfg(feature = "openapi")]
mod openapi {
    use std::borrow::Cow;

    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{ObjectBuilder, RefOr, Type, schema::Schema},
    };

    use super::Cursor;

    impl PartialSchema for Cursor {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some(
                    "A position in the changes of one inbox, opaque to clients: give it back \
                     exactly as it was received.",
                ))
                .pattern(Some(r"^[A-Za-z0-9-]{1,32}\.(0|[1-9][0-9]{0,18})$"))
                .examples(["k3v9.41"])
                .into()
        }
    }

    impl ToSchema for Cursor {
        fn name() -> Cow<'static, str> {
            "Cursor".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_cursor_round_trips_through_text() {
        let cursor = Cursor::new("k3v9", 41);
        assert_eq!(cursor.to_string(), "k3v9.41");
        assert_eq!("k3v9.41".parse(), Ok(cursor));
    }

    #[test]
    fn malformed_cursors_are_refused() {
        for bad in [
            "",
            ".",
            "1",
            "a.",
            ".1",
            "a.-1",
            "a.+1",
            "a.01",
            "a.1.2",
            "a b.1",
            "a.99999999999999999999",
            "a.9223372036854775808",
        ] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
