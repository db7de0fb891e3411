//! Hashing passwords and comparing with what was hashed.

use std::sync::Arc;

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use shared::text::Password;

use crate::{Error, Result, blocking::BlockingPool};

/// Passwords hashed at a time.
const HASHES_AT_ONCE: usize = 2;
/// Requests that may wait for a hash, some seconds' worth; further ones are told to come back.
const HASHES_WAITING: usize = 256;

/// Hashes passwords, a few at a time and off the async threads.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// Hashing takes 19 MiB and a core: more at once would only starve the pages.
    pool: BlockingPool,
    /// Verified when there is no such account, so that its absence takes as long.
    decoy: Arc<str>,
}

impl Passwords {
    /// Argon2id with OWASP's parameters: 19 MiB, two passes, one lane.
    ///
    /// # Errors
    /// When the parameters are refused, which they are not.
    pub fn new() -> Result<Self> {
        Self::with(argon2::Params::new(19 * 1_024, 2, 1, None).map_err(Error::internal)?)
    }

    /// As cheap as Argon2 gets, for tests that sign in by the dozen.
    ///
    /// # Errors
    /// When the parameters are refused, which they are not.
    pub fn cheap() -> Result<Self> {
        Self::with(argon2::Params::new(8, 1, 1, None).map_err(Error::internal)?)
    }

    fn with(params: argon2::Params) -> Result<Self> {
        let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let decoy = argon2
            .hash_password(b"nobody has this password")
            .map_err(Error::internal)?
            .to_string()
            .into();
        Ok(Self {
            argon2,
            pool: BlockingPool::new(HASHES_AT_ONCE, HASHES_WAITING),
            decoy,
        })
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T> {
        let argon2 = self.argon2.clone();
        self.pool.run(1, move || work(argon2)).await
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub async fn hash(&self, password: &Password) -> Result<String> {
        let password = password.reveal().to_owned();
        let hash = self.off_thread(move |argon2| {
            argon2
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
        });
        hash.await?.map_err(Error::internal)
    }

    /// How the password compares with the one that was hashed; takes as long when there is no hash.
    pub(super) async fn verify(&self, password: String, hash: Option<String>) -> Result<Match> {
        if password.len() > Password::TYPED_MAX {
            return Ok(Match::Wrong);
        }
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let found = self.off_thread(move |argon2| {
            let Ok(hash) = PasswordHash::new(&hash) else {
                return Match::Wrong;
            };
            let is = |secret: &str| argon2.verify_password(secret.as_bytes(), &hash).is_ok();
            let normal = Password::normal(&password);
            match &*normal {
                normal if is(normal) => Match::Right,
                normal if normal != password && is(&password) => Match::AsTyped,
                _ => Match::Wrong,
            }
        });
        Ok(if known {
            found.await?
        } else {
            found.await.map(|_| Match::Wrong)?
        })
    }
}

/// How a password compares with a stored hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Wrong,
    Right,
    /// The hash is of the password as it was typed, from before passwords were normalised.
    AsTyped,
}
