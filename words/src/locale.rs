//! The languages of the site.

/// A language in which the site can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// English made longer, accented and right-to-left, to test the site with. It shows which text
    /// does not come from the catalogue, and where text overflows. Sites for the public don't offer
    /// it.
    Pseudo,
}

impl Locale {
    /// The languages that a site offers; `pseudo` is whether it offers [`Self::Pseudo`], too.
    pub const fn offered(pseudo: bool) -> &'static [Self] {
        if pseudo {
            &[Self::En, Self::De, Self::Pseudo]
        } else {
            &[Self::En, Self::De]
        }
    }

    /// The language tag (BCP 47), as in the attribute `lang` and the header `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Pseudo => "en-XR",
        }
    }

    /// The direction of writing, as in the attribute `dir`.
    pub const fn dir(self) -> &'static str {
        match self {
            Self::En | Self::De => "ltr",
            Self::Pseudo => "rtl",
        }
    }

    /// The language's name in that language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
            Self::Pseudo => "⟦Þšéûðö⟧",
        }
    }

    /// The language with exactly this tag, in any case (RFC 5646, section 2.1.1). Check
    /// [`Self::offered`] before using a client's choice of [`Self::Pseudo`].
    pub fn parse(tag: &str) -> Option<Self> {
        let all = Self::offered(true).iter().copied();
        all.into_iter()
            .find(|locale| locale.tag().eq_ignore_ascii_case(tag))
    }
}
