/// What an account may do beyond what all may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Nothing more.
    #[default]
    Member,
    /// Moderate the site.
    Moderator,
}

impl Role {
    /// The role's name, as stored and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
        }
    }

    /// The role with this name.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Member, Self::Moderator]
            .into_iter()
            .find(|role| role.word() == word)
    }

    /// The stored role. A role of a newer program gives nothing here.
    pub(crate) fn stored(word: &str) -> Self {
        Self::parse(word).unwrap_or_default()
    }
}
