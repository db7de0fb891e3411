use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::session_key::hex;

/// The secret in a mailed link: 32 random bytes, in base64url without padding. It has no `Debug`
/// and no `Display`, so that it can't get into a log.
pub struct LinkSecret(String);

impl LinkSecret {
    /// Length in characters.
    pub const LENGTH: usize = 43;

    /// A new secret.
    pub(super) fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// Parses a secret; `None` if the text can't be one.
    pub fn parse(text: &str) -> Option<Self> {
        let plausible = text.len() == Self::LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        plausible.then(|| Self(text.to_owned()))
    }

    /// The text in the link.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the database keeps. The secret has 256 random bits, so a fast hash is enough.
    pub(super) fn hash(&self) -> String {
        hex(&Sha256::digest(&self.0).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_distinct_and_read_back() {
        let (one, two) = (LinkSecret::random(), LinkSecret::random());
        assert_ne!(one.reveal(), two.reveal());
        let read = LinkSecret::parse(one.reveal()).expect("a secret");
        assert_eq!(read.hash(), one.hash());
        assert!(!one.hash().contains(one.reveal()));
    }

    #[test]
    fn other_texts_are_no_secrets() {
        for text in [
            "",
            "abc",
            &"a".repeat(44),
            &format!("{}/", "a".repeat(42)),
            &"é".repeat(43),
        ] {
            assert!(LinkSecret::parse(text).is_none(), "{text}");
        }
    }
}
