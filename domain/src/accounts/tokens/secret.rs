use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::credential::TokenKey;

/// How every secret begins, so that scanners of repositories and logs find leaked ones.
const PREFIX: &str = "act_";
/// Random bytes in a secret.
const RANDOM: usize = 32;

/// The secret of a token, as its owner sends it: `act_` and 256 random bits in base64url. `Debug`
/// does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(String);

impl TokenSecret {
    /// The secret made of these random bytes.
    pub fn new(random: [u8; RANDOM]) -> Self {
        Self(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(random)))
    }

    /// The secret, if the text has the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(PREFIX)?;
        // Checks the length first: a client may send kilobytes.
        (random.len() == (RANDOM * 8).div_ceil(6)
            && BASE64_URL_SAFE_NO_PAD
                .decode(random)
                .is_ok_and(|bytes| bytes.len() == RANDOM))
        .then(|| Self(text.to_owned()))
    }

    /// The text, to show to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The key under which the token is stored.
    pub fn key(&self) -> TokenKey {
        TokenKey::of(&self.0)
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_parsed_strictly_and_never_printed() {
        let secret = TokenSecret::new([251; RANDOM]);
        let text = secret.reveal();
        assert_eq!(text.len(), 47);
        assert_eq!(TokenSecret::parse(text).as_ref(), Some(&secret));
        assert_ne!(secret.key(), TokenSecret::new([252; RANDOM]).key());
        for odd in [
            "",
            "act_",
            &text[4..],
            &text[..46],
            &format!("{text}A"),
            &format!("{text}="),
            &format!(" {text}"),
            &text.to_uppercase(),
            &text.replace('_', "+"),
            &format!("act_{}", "ü".repeat(43)),
            &"act_".repeat(5_000),
        ] {
            assert_eq!(TokenSecret::parse(odd), None, "{odd}");
        }
        assert!(!format!("{secret:?}").contains(&text[4..]));
    }
}
