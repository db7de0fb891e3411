//! Attempts: a request that is made again, because it was sent twice or its answer was lost, is
//! done once.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use shared::text::IdempotencyKey;

/// What an attempt is kept as: its name with all that it carries, so that under one name other
/// content is another attempt, however what came of the first one was changed since.
pub(crate) fn kept_as(attempt: &IdempotencyKey, content: &[&[u8]]) -> String {
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
    fn another_name_or_content_is_another_attempt() {
        let attempt = |name: &str| IdempotencyKey::parse(name).expect("sound");
        let all = [
            kept_as(&attempt("a"), &[b"bc", b"d"]),
            kept_as(&attempt("a"), &[b"b", b"cd"]),
            kept_as(&attempt("ab"), &[b"c", b"d"]),
            kept_as(&attempt("a"), &[b"bcd"]),
        ];
        assert_eq!(
            all.iter().collect::<std::collections::HashSet<_>>().len(),
            all.len()
        );
        assert_eq!(all[0], kept_as(&attempt("a"), &[b"bc", b"d"]));
    }
}
