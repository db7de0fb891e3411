//! Hashes and verifies passwords.

use std::sync::Arc;

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use shared::text::Password;

use crate::{Error, Result, blocking::BlockingPool};

/// Maximum concurrent hashes.
const MAX_CONCURRENT_HASHES: usize = 2;
/// Maximum requests that wait for a hash, a few seconds' worth; further ones are rejected.
const MAX_WAITING_HASHES: usize = 256;

/// Hashes and verifies passwords on a bounded blocking pool.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// A hash takes 19 MiB and a core; more concurrent hashes would starve page requests.
    pool: BlockingPool,
    /// Verified if the account doesn't exist, so that the response time doesn't reveal its absence.
    decoy: Arc<str>,
}

impl Passwords {
    /// Argon2id with OWASP's parameters: 19 MiB, two passes, one lane.
    ///
    /// # Errors
    /// If Argon2 rejects the parameters; these are valid.
    pub fn new() -> Result<Self> {
        Self::with(argon2::Params::new(19 * 1_024, 2, 1, None).map_err(Error::internal)?)
    }

    /// The cheapest Argon2 parameters, for tests that sign in many times.
    ///
    /// # Errors
    /// If Argon2 rejects the parameters; these are valid.
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
            pool: BlockingPool::new(MAX_CONCURRENT_HASHES, MAX_WAITING_HASHES),
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

    /// Hashes a password into the PHC string to store.
    ///
    /// # Errors
    /// [`shared::Kind::Unavailable`] if the queue is full; another error if the system's random
    /// source fails.
    pub async fn hash(&self, password: &Password) -> Result<String> {
        let password = password.reveal().to_owned();
        let hash = self.off_thread(move |argon2| {
            argon2
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
        });
        hash.await?.map_err(Error::internal)
    }

    /// Compares a password with a stored hash. Without a hash it returns [`Match::Wrong`] after the
    /// same time.
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

/// The result of comparing a password with a stored hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Wrong,
    Right,
    /// The hash is of the password as typed, from before passwords were normalised.
    AsTyped,
}
