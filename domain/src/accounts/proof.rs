//! Proof of who somebody is.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use shared::{UserId, dto::Viewer};
use words::Locale;

use crate::{
    entities::account,
    policy::{Actor, Role},
};

/// An account whose owner has proven their identity with a password.
#[derive(Clone)]
pub struct Proven {
    /// The account.
    pub viewer: Viewer,
    /// The account's role.
    pub role: Role,
    /// The language that the account's owner has chosen.
    pub language: Option<Locale>,
    /// A fingerprint of the stored password hash: it changes with the password and reveals nothing
    /// about it.
    pub stamp: String,
}

impl Proven {
    /// The actor of a browser that is signed in to the account.
    pub fn actor(&self) -> Actor {
        Actor::of_session(self.viewer.clone(), self.role).reading(self.language)
    }
}

pub(super) fn viewer(row: account::Model) -> Viewer {
    Viewer {
        id: UserId(row.id),
        handle: row.handle,
        display_name: row.display_name,
    }
}

/// The language that the account's owner has chosen, if this program knows it.
pub(super) fn language(row: &account::Model) -> Option<Locale> {
    Locale::parse(row.language.as_deref()?)
}

pub(super) fn stamp(hash: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(hash)[..12])
}

pub(crate) fn proven(row: account::Model) -> Proven {
    Proven {
        stamp: stamp(&row.password_hash),
        role: Role::stored(&row.role),
        language: language(&row),
        viewer: viewer(row),
    }
}
