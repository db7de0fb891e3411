use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::Phrase;

/// A password to be hashed; never shown, stored or serialised.
///
/// It is normalised to NFKC (NIST SP 800-63B, section 3.1.1.2), so that its hash does not depend on
/// how a keyboard composes characters.
pub struct Password(String);

impl Password {
    /// Minimum length in characters (NIST SP 800-63B asks for at least 8).
    pub const MIN: usize = 8;
    /// Maximum length in bytes: enough for any passphrase, and a bound on the cost of hashing.
    pub const MAX: usize = 512;

    /// Maximum length in bytes as typed; normalising may shorten the text. Checked first, because
    /// the cost of normalising grows with the length.
    pub const TYPED_MAX: usize = 4 * Self::MAX;

    /// Accepts any characters, spaces included.
    ///
    /// # Errors
    /// When it is shorter than [`Self::MIN`] or longer than [`Self::MAX`].
    pub fn parse(text: &str) -> Result<Self, Phrase> {
        let secret = if text.len() <= Self::TYPED_MAX {
            Self::normal(text)
        } else {
            Cow::Borrowed(text)
        };
        if secret.chars().count() < Self::MIN {
            Err(Phrase::new("password-too-short").with("min", Self::MIN))
        } else if secret.len() > Self::MAX {
            Err(Phrase::new("password-too-long").with("max", Self::MAX))
        } else {
            Ok(Self(secret.into_owned()))
        }
    }

    /// The normalised form: the one that is hashed, and the one that sign-in compares first.
    pub fn normal(text: &str) -> Cow<'_, str> {
        ComposingNormalizerBorrowed::new_nfkc().normalize(text)
    }

    /// The plain-text password, for the hash function only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_validated_by_length_only() {
        assert!(Password::parse("        ").is_ok());
        assert!(Password::parse("1234567").is_err());
        assert!(Password::parse(&"x".repeat(513)).is_err());
        assert!(
            Password::parse(&"\u{fdfa}".repeat(400)).is_err(),
            "long once composed"
        );
    }

    #[test]
    fn passwords_are_equal_however_they_are_composed() {
        let secret = |text: &str| Password::parse(text).expect("sound").reveal().to_owned();
        assert_eq!(secret("Zoe\u{308} am See"), secret("Zo\u{eb} am See"));
        assert_eq!(secret("ｐａｓｓｗｏｒｄ１"), secret("password1"));
        assert_ne!(secret("Password one"), secret("password one"));
    }
}
