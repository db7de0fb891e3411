//! Handles, and which of them are reserved.

use super::{refusal, tidy::tidy_words, validated::texts};
use crate::Phrase;

texts! {
    /// The name in a person's URL, `/@handle`: 2 to 30 of `a-z A-Z 0-9 _ -`, starting with a letter
    /// or digit. ASCII only, so that letters of other scripts can't imitate these (UTS #39);
    /// [`Handle::skeleton`] catches look-alikes within ASCII. [`Handle::parse_new`] also rejects
    /// reserved handles.
    Handle(parse);
}

/// Handles that could be mistaken for the site itself or for one of its paths.
const RESERVED: &str = "about abuse account accounts action actions admin administrator anonymous api artcritique \
    artwork artworks assets billing blog contact critique critiques delete deleted docs edit \
    everybody everyone feed feeds follow followers following forgot healthz help home info inbox \
    legal login logout mail me media metrics mod moderation moderator moderators new news \
    notifications null official people pkg postmaster privacy readyz register reply reports \
    reset root search security sessions settings signin signout signup staff support system tags \
    terms tokens undefined unsubscribe verify ws";

fn parse(text: &str) -> Result<String, Phrase> {
    let text = tidy_words(text);
    let text = text.strip_prefix('@').unwrap_or(&text);
    if let Some(odd) = refusal::first(text, |c| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
    {
        return Err(odd.phrase("handle-character"));
    }
    if !(Handle::MIN..=Handle::MAX).contains(&text.len()) {
        return Err(Phrase::new("handle-length")
            .with("min", Handle::MIN)
            .with("max", Handle::MAX));
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(Phrase::new("handle-start"));
    }
    Ok(text.to_owned())
}

impl Handle {
    /// Minimum length in characters.
    pub const MIN: usize = 2;
    /// Maximum length in characters.
    pub const MAX: usize = 30;

    /// Parses a handle for a new account.
    ///
    /// # Errors
    /// As [`Self::parse`], and when the handle is reserved. An account that already has a reserved
    /// handle keeps it.
    pub fn parse_new(text: &str) -> Result<Self, Phrase> {
        let handle = Self::parse(text)?;
        if handle.is_reserved() {
            Err(Phrase::new("handle-reserved"))
        } else {
            Ok(handle)
        }
    }

    /// The handle in lower case: the key for uniqueness and for URLs.
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }

    /// The handle with ASCII look-alikes folded (after the skeletons of UTS #39). Handles with the
    /// same skeleton could be mistaken for each other, so the second one is rejected.
    pub fn skeleton(&self) -> String {
        skeleton(self.as_str())
    }

    /// Whether the handle is reserved, or could be mistaken for a reserved one.
    fn is_reserved(&self) -> bool {
        let read_as = loose_skeleton(self.as_str());
        RESERVED
            .split_whitespace()
            .any(|reserved| loose_skeleton(reserved) == read_as)
    }
}

fn skeleton(handle: &str) -> String {
    let alike = |c| match c {
        'I' | '1' => 'l',
        '0' => 'o',
        c => c.to_ascii_lowercase(),
    };
    handle
        .chars()
        .map(alike)
        .collect::<String>()
        .replace("rn", "m")
        .replace("vv", "w")
}

/// A looser skeleton for comparison with reserved words: without dashes and underscores, and with
/// digits replaced by the letters they resemble.
fn loose_skeleton(handle: &str) -> String {
    let alike = |c| match c {
        'i' => 'l',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        c => c,
    };
    skeleton(handle)
        .chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .map(alike)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_ascii_and_errors_name_the_problem() {
        for good in [
            "ann",
            "Ann-2",
            "0x",
            "load10000",
            " @bo ",
            "ann\u{200b}",
            "\u{feff}ann\u{2060}",
        ] {
            assert!(Handle::parse(good).is_ok(), "{good}");
        }
        for (bad, hint) in [
            ("", "handle-length (min: 2, max: 30)"),
            ("a", "handle-length"),
            ("аnn", "“а” (U+0430), column: 1"),
            ("ａnn", "“ａ” (U+FF41)"),
            ("ann\u{200d}", "U+200D, column: 4"),
            ("ann\0", "U+0000, column: 4"),
            ("a b", "space, column: 2"),
            ("_ann", "handle-start"),
            ("x".repeat(31).as_str(), "handle-length"),
            ("a/../b", "“/”"),
        ] {
            let error = Handle::parse(bad).expect_err(bad).to_string();
            assert!(error.contains(hint), "{bad}: {error}");
        }
    }

    #[test]
    fn look_alike_handles_share_a_skeleton() {
        let skeleton = |text: &str| Handle::parse(text).expect("a handle").skeleton();
        assert_eq!(skeleton("PauI"), skeleton("paul"));
        assert_eq!(skeleton("b0b"), skeleton("Bob"));
        assert_eq!(skeleton("barn"), skeleton("bam"));
        assert_ne!(skeleton("ann"), skeleton("anna"));
        assert_ne!(skeleton("ali"), skeleton("all"));
    }

    #[test]
    fn new_accounts_can_not_take_reserved_handles_or_look_alikes() {
        for kept in [
            "Admin", "deleted", "DELETED", "de1eted", "deIeted", "adm1n", "adrnin", "ad-min",
            "admin_", "log-in", "l0gin", "sett1ngs", "5earch", "new", "artworks", "tags", "feed",
            "api", "media", "m0d", "me",
        ] {
            assert_eq!(
                Handle::parse_new(kept),
                Err(Phrase::new("handle-reserved")),
                "{kept}"
            );
            assert!(
                Handle::parse(kept).is_ok(),
                "whoever has it keeps it: {kept}"
            );
        }
        for free in [
            "ann", "bo", "cy", "news1", "artist", "critic", "load1", "dusk", "searcher", "annette",
            "mel",
        ] {
            assert!(Handle::parse_new(free).is_ok(), "{free}");
        }
    }
}
