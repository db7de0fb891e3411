//! E-mail addresses, and the key that all spellings of an address share.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::{refusal, tidy::tidy_words, validated::texts};
use crate::Phrase;

texts! {
    /// An e-mail address according to RFC 5321 and RFC 6531: one `@`, no spaces, at most 254 bytes.
    /// Addresses that look the same share an [`Email::key`].
    Email(parse);
}

/// Maximum length of an address and of the part before the `@`, in bytes (RFC 5321, section
/// 4.5.3.1).
const ADDRESS_MAX: usize = 254;
const LOCAL_MAX: usize = 64;

fn parse(text: &str) -> Result<String, Phrase> {
    // Invisible characters have no meaning in an address, and compatibility forms such as
    // full-width letters are other ways to type it.
    let seen: String = tidy_words(text)
        .chars()
        .filter(|c| !is_ignorable(*c))
        .collect();
    let address = ComposingNormalizerBorrowed::new_nfkc().normalize(&seen);
    if let Some(odd) = refusal::first(&address, |c| c.is_whitespace() || c.is_control()) {
        return Err(odd.phrase("email-character"));
    }
    let sound = address.len() <= ADDRESS_MAX
        && address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.len() <= LOCAL_MAX
                && !domain.contains('@')
                && ascii_domain(domain).is_some()
        });
    if sound {
        Ok(address.into_owned())
    } else {
        Err(Phrase::new("email-invalid"))
    }
}

impl Email {
    /// The unique key: the same for every spelling that looks like the same address. Compatibility
    /// characters and case are folded (much as in Unicode's `NFKC_Casefold`), invisible characters
    /// removed, and the domain converted to ASCII (UTS #46).
    pub fn key(&self) -> String {
        key_of(self.as_str())
    }
}

fn key_of(address: &str) -> String {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let domain = ascii_domain(domain).unwrap_or_else(|| domain.to_lowercase());
    format!("{}@{domain}", folded(local))
}

/// Folds case and compatibility characters until the text is stable, in at most four rounds:
/// lower-casing can produce text that composes again.
fn folded(text: &str) -> String {
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let mut now = text.to_owned();
    for _ in 0..4 {
        let lower: String = nfkc.normalize(&now).to_lowercase().replace('ς', "σ");
        let next = nfkc.normalize(&lower).into_owned();
        if next == now {
            break;
        }
        now = next;
    }
    now
}

fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::URL,
        Hyphens::Allow,
        DnsLength::Verify,
    );
    ascii.ok().map(std::borrow::Cow::into_owned)
}

fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> String {
        Email::parse(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"))
            .key()
    }

    #[test]
    fn emails_are_validated_by_syntax_only() {
        for good in [
            "a@b",
            "ann+art@example.org",
            "ü@bücher.example",
            " a@b ",
            "o'neil@example.org",
            "李@例え.jp",
        ] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@.b",
            "a@b.",
            "a@b..c",
            "a@b\r\nBcc: c@d",
            "a@b c",
            "a\0@b",
            "a@b/c",
            "\u{200b}@b",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert!(
            Email::parse(&format!("a@{}.org", "x".repeat(64))).is_err(),
            "a label too long"
        );
        for (bad, character, column) in [("an n@b", "space", 3), ("a\0@b", "U+0000", 2)] {
            let named = Phrase::new("email-character")
                .with("character", character)
                .with("column", column);
            assert_eq!(Email::parse(bad), Err(named));
        }
    }

    #[test]
    fn look_alike_addresses_share_a_key() {
        for (one, other) in [
            ("ann@example.org", "ANN@Example.ORG"),
            ("ann@example.org", "a\u{200b}nn@exam\u{ad}ple.org"),
            ("ann@example.org", "\u{202e}ann@example.org"),
            ("ann@example.org", "an\u{200d}n\u{3164}@example.org\u{fe0f}"),
            ("kim@example.org", "\u{212a}im@example.org"),
            ("kim@example.org", "kim@e\u{ff58}ample.org"),
            ("ann@example.org", "ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ"),
            ("ann@example.org", "ann@example。org"),
            ("zo\u{eb}@example.org", "zoe\u{308}@example.org"),
            ("ﬁn@example.org", "fin@example.org"),
            ("ſam@example.org", "sam@example.org"),
            ("σας@example.org", "ΣΑΣ@example.org"),
            ("a@bücher.example", "a@BU\u{308}CHER.example"),
            ("a@bücher.example", "a@xn--bcher-kva.example"),
        ] {
            assert_eq!(key(one), key(other), "{one} {}", other.escape_unicode());
        }
        assert_ne!(key("ann@example.org"), key("anna@example.org"));
        assert_ne!(key("mike@example.org"), key("mıke@example.org"));
    }

    #[test]
    fn the_key_of_a_plain_address_is_its_lower_case() {
        for address in [
            "Ann+Art@Example.org",
            "x_y.z-1@a-b.co",
            "load1@load.example",
        ] {
            assert_eq!(key(address), address.to_lowercase());
        }
    }

    proptest! {
        #[test]
        fn the_key_of_a_key_is_the_same(local in "[a-zA-ZäÄſKςΣßİıﬁ０-９\u{300}-\u{308}]{1,12}", domain in "[a-zA-ZüÜ]{1,8}\\.[a-zA-Z]{2,4}") {
            if let Ok(email) = Email::parse(&format!("{local}@{domain}")) {
                let key = email.key();
                prop_assert_eq!(Email::parse(&key).map(|again| again.key()), Ok(key));
            }
        }
    }
}
