use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// A password on its way to be hashed; never shown, stored or serialised.
///
/// It is normalised to NFKC (NIST SP 800-63B, section 3.1.1.2), so that it is the same however a
/// keyboard composes its characters.
pub struct Password(String);

impl Password {
    /// Fewest characters (NIST SP 800-63B asks for 8 at least).
    pub const MIN: usize = 8;
    /// Most bytes; long enough for any passphrase, short enough that hashing can't be abused.
    pub const MAX: usize = 512;

    /// Most bytes as typed, which may be fewer in the normal form; measured first, since composing
    /// costs time by the length.
    pub const TYPED_MAX: usize = 4 * Self::MAX;

    /// Accepts any characters, spaces included.
    ///
    /// # Errors
    /// When it is shorter than [`Self::MIN`] or longer than [`Self::MAX`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let secret = if text.len() <= Self::TYPED_MAX {
            Self::normal(text)
        } else {
            Cow::Borrowed(text)
        };
        if secret.chars().count() < Self::MIN {
            Err(format!(
                "Choose a password of at least {} characters.",
                Self::MIN
            ))
        } else if secret.len() > Self::MAX {
            Err(format!("Choose a password of at most {} bytes.", Self::MAX))
        } else {
            Ok(Self(secret.into_owned()))
        }
    }

    /// The form that is hashed, and that is compared first when somebody signs in.
    pub fn normal(text: &str) -> Cow<'_, str> {
        ComposingNormalizerBorrowed::new_nfkc().normalize(text)
    }

    /// The secret itself, for the hash function only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_measured_not_judged() {
        assert!(Password::parse("        ").is_ok());
        assert!(Password::parse("1234567").is_err());
        assert!(Password::parse(&"x".repeat(513)).is_err());
        assert!(
            Password::parse(&"\u{fdfa}".repeat(400)).is_err(),
            "long once composed"
        );
    }

    #[test]
    fn one_password_is_one_however_it_is_composed() {
        let secret = |text: &str| Password::parse(text).expect("sound").reveal().to_owned();
        assert_eq!(secret("Zoe\u{308} am See"), secret("Zo\u{eb} am See"));
        assert_eq!(secret("ｐａｓｓｗｏｒｄ１"), secret("password1"));
        assert_ne!(secret("Password one"), secret("password one"));
    }
}
