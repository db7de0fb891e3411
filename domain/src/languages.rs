//! The languages that the site offers, and a reader's choice of one.

use shared::AppError;
use words::Locale;

/// The cookie with the language tag that a reader has chosen. Other sites on the same host can't
/// mistake it for their own.
pub const COOKIE: &str = "artcritique-language";
/// How long the choice lasts without an account, in seconds: a year.
const LIFE_SECS: u32 = 365 * 24 * 60 * 60;

/// The languages that this site offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Languages {
    /// Whether the site offers the language for tests.
    pub pseudo: bool,
}

impl Languages {
    /// All of them.
    pub const fn offered(self) -> &'static [Locale] {
        Locale::offered(self.pseudo)
    }

    /// The offered language with this tag, as a cookie or a row has it.
    pub fn find(self, tag: &str) -> Option<Locale> {
        Locale::parse(tag).filter(|locale| self.offered().contains(locale))
    }

    /// The offered language with this tag, as a form has it.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] for any other text.
    pub fn parse(self, tag: &str) -> Result<Locale, AppError> {
        self.find(tag)
            .ok_or_else(|| AppError::field("language", "language-unknown"))
    }

    /// The best offered language for this `Accept-Language`; English if it names none.
    pub fn negotiate(self, accept_language: &str) -> Locale {
        Locale::negotiate(accept_language, self.pseudo).unwrap_or_default()
    }
}

/// The value of a `Set-Cookie` header that keeps the choice.
pub fn cookie(locale: Locale, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!(
        "{COOKIE}={}; Path=/; Max-Age={LIFE_SECS}; HttpOnly; SameSite=Lax{secure}",
        locale.tag()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_offered_languages_are_accepted() {
        let (public, testing) = (Languages::default(), Languages { pseudo: true });
        assert_eq!(public.parse("DE"), Ok(Locale::De));
        for odd in ["", "fr", "de-AT", "en-XR", "de\n", &"x".repeat(10_000)] {
            let error = public.parse(odd).expect_err(odd);
            assert_eq!(
                error.of("language").map(|phrase| phrase.code),
                Some("language-unknown")
            );
        }
        assert_eq!(testing.parse("en-XR"), Ok(Locale::Pseudo));
        assert_eq!(public.negotiate("en-XR, de;q=0.5"), Locale::En);
        assert_eq!(testing.negotiate("en-XR, de;q=0.5"), Locale::Pseudo);
        assert_eq!(public.negotiate("fr"), Locale::En);
    }

    #[test]
    fn the_cookie_is_for_the_whole_site_and_no_script() {
        assert_eq!(
            cookie(Locale::De, true),
            "artcritique-language=de; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure"
        );
        assert!(!cookie(Locale::En, false).contains("Secure"));
    }
}
