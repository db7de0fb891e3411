use shared::dto::Scope;

use crate::policy::Role;

/// A set of scopes and, for the session of a browser, the right to manage the account itself:
/// sessions, tokens and the password. No token has that right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

/// The bit of the right to manage the account.
const ACCOUNT: u8 = 1 << 7;

const fn bit(scope: Scope) -> u8 {
    1 << scope as u8
}

impl Scopes {
    /// All that a token of an account with this role may have.
    pub const fn of_tokens(role: Role) -> Self {
        let all = bit(Scope::Read) | bit(Scope::Write) | bit(Scope::Notifications);
        Self(match role {
            Role::Member => all,
            Role::Moderator => all | bit(Scope::Moderate),
        })
    }

    /// All that a signed-in browser may do.
    pub const fn of_session(role: Role) -> Self {
        Self(Self::of_tokens(role).0 | ACCOUNT)
    }

    /// The scopes that are in both sets.
    #[must_use]
    pub const fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the set has this scope.
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// Whether the set has the right to manage the account.
    pub const fn manages_account(self) -> bool {
        self.0 & ACCOUNT != 0
    }

    /// Whether the set has no scope.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, in their own order.
    pub fn to_vec(self) -> Vec<Scope> {
        Scope::ALL
            .into_iter()
            .filter(|scope| self.has(*scope))
            .collect()
    }

    /// As stored: names separated by spaces.
    pub(crate) fn stored(self) -> String {
        self.to_vec()
            .into_iter()
            .map(Scope::word)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// From the stored form. A scope of a newer program gives nothing here.
    pub(crate) fn of_stored(text: &str) -> Self {
        text.split(' ').filter_map(Scope::parse).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | bit(scope)))
    }
}
