//! One id type per kind of row, so that an artwork's id can't be passed where a critique's is
//! expected.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A person with an account.
    UserId;
    /// A posted work.
    ArtworkId;
    /// A critique of an artwork.
    CritiqueId;
    /// A notification in a person's inbox. Ids increase over time, so the id is also the paging
    /// key.
    NotificationId;
    /// A signed-in browser, as its owner's list of sessions shows it. Not the secret in the cookie.
    SessionId;
    /// A personal token, as its owner's list of tokens shows it. Not the secret.
    TokenId;
}
