//! Idempotency keys: a request that is sent again, as after a lost response, is carried out once.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use shared::text::IdempotencyKey;

/// The stored form of an attempt: a hash of its idempotency key and its content. Other content
/// under the same key is another attempt, even if the first attempt's result was edited since.
pub(crate) fn stored_key(attempt: &IdempotencyKey, content: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in [attempt.as_str().as_bytes()].iter().chain(content) {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    BASE64_URL_SAFE_NO_PAD.encode(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_or_content_is_another_attempt() {
        let attempt = |name: &str| IdempotencyKey::parse(name).expect("sound");
        let all = [
            stored_key(&attempt("a"), &[b"bc", b"d"]),
            stored_key(&attempt("a"), &[b"b", b"cd"]),
            stored_key(&attempt("ab"), &[b"c", b"d"]),
            stored_key(&attempt("a"), &[b"bcd"]),
        ];
        assert_eq!(
            all.iter().collect::<std::collections::HashSet<_>>().len(),
            all.len()
        );
        assert_eq!(all[0], stored_key(&attempt("a"), &[b"bc", b"d"]));
    }
}
