//! Defines the types of validated text.

/// Defines string types, each with the function that tidies and validates its text.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($parse:expr);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Tidies and validates the text; the error is what to tell the user.
            ///
            /// # Errors
            /// When the text breaks the rule above.
            pub fn parse(text: &str) -> Result<Self, $crate::Phrase> {
                let parse: fn(&str) -> Result<String, $crate::Phrase> = $parse;
                parse(text).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::Phrase;
            fn try_from(text: String) -> Result<Self, $crate::Phrase> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }
    )*};
}

pub(super) use texts;
