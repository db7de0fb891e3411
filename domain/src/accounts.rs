//! Accounts: registering, signing in, changing the password.

mod actors;
mod addresses;
mod follows;
mod passwords;
pub(crate) mod people;
mod proof;
pub mod recovery;
mod registration;
pub mod sessions;
pub mod tokens;

use std::time::Instant;

pub(crate) use actors::Actors;
pub use follows::Follows;
use passwords::Match;
pub use passwords::Passwords;
pub use proof::Proven;
use proof::{language, proven, stamp, viewer};
pub use recovery::Recovery;
pub use registration::NewAccount;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, LockType},
};
pub use sessions::Sessions;
use shared::{AppError, Kind, Thing, UserId, text::Password};
pub use tokens::Tokens;
use words::Locale;

use crate::{
    Error, Result, Store,
    accounts::{people::handle_key, sessions::Browser},
    bus::Message,
    entities::account,
    limits::{Network, throttle::Throttle},
    policy::{self, Actor, Role},
    store::{Txn, change},
};

/// Registration, sign-in and password changes.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    passwords: Passwords,
    throttle: Throttle,
    sessions: Sessions,
    actors: Actors,
}

impl Accounts {
    pub(crate) fn new(
        store: Store,
        passwords: Passwords,
        sessions: Sessions,
        actors: Actors,
    ) -> Self {
        Self {
            store,
            passwords,
            throttle: Throttle::default(),
            sessions,
            actors,
        }
    }

    /// Checks a handle and password. With `from`, the attempt counts towards the rate limits of
    /// that network and of the account.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`] if they don't match, without saying which is wrong;
    /// [`Kind::Throttled`] after too many attempts.
    pub async fn sign_in(
        &self,
        handle: &str,
        password: &str,
        from: Option<Network>,
    ) -> Result<Proven> {
        let handle = handle.trim();
        let key = handle_key(handle.strip_prefix('@').unwrap_or(handle));
        let found = match &key {
            Some(key) => {
                account::Entity::find()
                    .filter(account::Column::HandleKey.eq(key))
                    .one(self.store.readers())
                    .await?
            }
            None => None,
        };
        let counted = match from {
            Some(network) => {
                let known = match &found {
                    Some(row) => self.sessions.knows_network(UserId(row.id), network).await?,
                    None => false,
                };
                Some(
                    self.throttle
                        .sign_in(key.as_deref(), network, known, Instant::now())?,
                )
            }
            None => None,
        };
        let hash = found.as_ref().map(|row| row.password_hash.clone());
        let matched = self.passwords.verify(password.to_owned(), hash).await?;
        match found {
            Some(row) if matched != Match::Wrong => {
                if let Some(counted) = counted {
                    counted.succeeded();
                }
                if matched == Match::AsTyped {
                    let known = proven(row.clone());
                    // The password was right: the next sign-in may hash it anew as well.
                    let rehashed = self.rehash(row, password).await;
                    Ok(rehashed.unwrap_or_else(|error| {
                        tracing::warn!(%error, "a password could not be rehashed");
                        known
                    }))
                } else {
                    Ok(proven(row))
                }
            }
            _ => Err(AppError::new(Kind::Unauthenticated, "credentials-wrong").into()),
        }
    }

    /// The actor of a session of this account. `proven_by` is the session's [`Proven::stamp`].
    /// `None` if the account is gone or its password has changed since the session began.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn actor(&self, id: UserId, proven_by: &str) -> Result<Option<Actor>> {
        if let Some(actor) = self.actors.get(id, proven_by) {
            return Ok(Some(actor));
        }
        let seen = self.actors.note();
        let row = account::Entity::find_by_id(id.0)
            .one(self.store.readers())
            .await?;
        let actor = row
            .filter(|row| stamp(&row.password_hash) == proven_by)
            .map(|row| proven(row).actor());
        if let Some(actor) = &actor {
            self.actors.put(actor.clone(), proven_by, seen);
        }
        Ok(actor)
    }

    /// Changes the password, ends all other sessions and gives this browser a new one, in one
    /// transaction. Returns the cookie value. With `limited`, wrong passwords count towards a rate
    /// limit. Tokens stay valid: who changes a password needn't have lost one.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] by [`policy::manage_account`]; [`Kind::Invalid`] when the current
    /// password is wrong or the new one is not acceptable; [`Kind::Unauthenticated`] if the
    /// browser's session has ended in the meantime; [`Kind::Throttled`] after too many attempts.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: &str,
        new: &str,
        browser: &Browser,
        limited: bool,
    ) -> Result<String> {
        policy::manage_account(actor)?;
        let user = actor.id;
        let new = Password::parse(new).map_err(|phrase| AppError::field("new_password", phrase))?;
        let row = account::Entity::find_by_id(user.0)
            .one(self.store.readers())
            .await?
            .ok_or_else(AppError::sign_in_first)?;
        let counted = limited
            .then(|| {
                self.throttle
                    .current_password(user, browser.before.as_ref(), Instant::now())
            })
            .transpose()?;
        if self
            .passwords
            .verify(current.to_owned(), Some(row.password_hash.clone()))
            .await?
            == Match::Wrong
        {
            return Err(AppError::field("current_password", "current-password-wrong").into());
        }
        if let Some(counted) = counted {
            counted.succeeded();
        }
        let hash = self.passwords.hash(&new).await?;
        let proven = Proven {
            role: Role::stored(&row.role),
            language: language(&row),
            viewer: viewer(row),
            stamp: stamp(&hash),
        };
        let mut tried = None;
        let changed: Result<String> = change!(self.store, true, |txn| {
            if Sessions::has_begun(txn, tried.as_ref()).await? {
                return Ok(tried.clone().unwrap_or_default());
            }
            write_password(txn, user, &hash).await?;
            let cookie = Sessions::replace_in(txn, &proven, browser).await?;
            tried = Some(cookie.clone());
            Ok(cookie)
        });
        // A first try that commits late ends the session that a second one asks for.
        let ended = |error: &Error| matches!(error, Error::App(error) if error.kind == Kind::Unauthenticated);
        changed.map_err(|error| {
            if error.is_in_doubt() || (tried.is_some() && ended(&error)) {
                password_in_doubt().into()
            } else {
                error
            }
        })
    }

    /// Replaces a hash of the password as typed with a hash of its normalised form. The account's
    /// sessions stay valid.
    async fn rehash(&self, row: account::Model, password: &str) -> Result<Proven> {
        // A password whose normalised form is too long keeps its old hash.
        let Ok(normal) = Password::parse(password) else {
            return Ok(proven(row));
        };
        let hash = self.passwords.hash(&normal).await?;
        let user = UserId(row.id);
        let rehashed: Result<bool> = change!(self.store, |txn| {
            let update = account::Entity::update_many()
                .col_expr(account::Column::PasswordHash, Expr::value(hash.as_str()))
                .filter(account::Column::Id.eq(row.id))
                .filter(account::Column::PasswordHash.eq(row.password_hash.as_str()));
            if update.exec(txn.db()).await?.rows_affected == 0 {
                return Ok(false);
            }
            Sessions::restamp(txn, user, &stamp(&hash)).await?;
            Ok(true)
        });
        // The password was changed concurrently; the given one was right when it was checked.
        let hash = if rehashed? {
            hash
        } else {
            row.password_hash.clone()
        };
        Ok(proven(account::Model {
            password_hash: hash,
            ..row
        }))
    }

    /// Sets a password without checking the current one, and ends all of the account's sessions and
    /// tokens: whoever had the account may have made a token.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn set_password(&self, user: UserId, new: &Password) -> Result<()> {
        let hash = self.passwords.hash(new).await?;
        change!(self.store, true, |txn| {
            write_password(txn, user, &hash).await?;
            Tokens::end_all(txn, user).await?;
            Sessions::end_all(txn, user).await
        })
    }

    /// Finds an account by its handle, ignoring case.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if no account has it.
    pub async fn find(&self, handle: &str) -> Result<account::Model> {
        let key = handle_key(handle).ok_or_else(|| AppError::not_found(Thing::Person))?;
        let found = account::Entity::find()
            .filter(account::Column::HandleKey.eq(key))
            .one(self.store.readers())
            .await?;
        Ok(found.ok_or_else(|| AppError::not_found(Thing::Person))?)
    }

    /// Changes an account's role.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if no account has that handle.
    pub async fn set_role(&self, handle: &str, role: Role) -> Result<()> {
        let row = self.find(handle).await?;
        change!(self.store, true, |txn| {
            txn.publish(Message::AccountChanged(UserId(row.id)));
            let update = account::Entity::update_many()
                .col_expr(account::Column::Role, Expr::value(role.word()));
            Ok(update
                .filter(account::Column::Id.eq(row.id))
                .exec(txn.db())
                .await
                .map(drop)?)
        })
    }

    /// Records the language in which the actor reads the site, and in which mails are written.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] by [`policy::manage_account`], or when the database can't be written.
    pub async fn set_language(&self, actor: &Actor, language: Locale) -> Result<()> {
        policy::manage_account(actor)?;
        if actor.language == Some(language) {
            return Ok(());
        }
        change!(self.store, true, |txn| {
            txn.publish(Message::AccountChanged(actor.id));
            let update = account::Entity::update_many()
                .col_expr(account::Column::Language, Expr::value(language.tag()));
            Ok(update
                .filter(account::Column::Id.eq(actor.id.0))
                .exec(txn.db())
                .await
                .map(drop)?)
        })
    }

    /// Hashes a password for [`Self::insert`].
    ///
    /// # Errors
    /// As [`Passwords::hash`].
    pub async fn hash(&self, password: &Password) -> Result<String> {
        self.passwords.hash(password).await
    }
}

/// The account, locked until the transaction ends; `None` if it is gone. It is locked before its
/// links, tokens and sessions; see [`Txn`]. Rows that refer to it can still be inserted.
async fn lock_account(txn: &Txn, user: UserId) -> Result<Option<account::Model>> {
    let row = account::Entity::find_by_id(user.0).lock(LockType::NoKeyUpdate);
    Ok(row.one(txn.db()).await?)
}

/// Stores a new password, which ends the links that reset the old one.
async fn write_password(txn: &Txn, user: UserId, hash: &str) -> Result<()> {
    let update =
        account::Entity::update_many().col_expr(account::Column::PasswordHash, Expr::value(hash));
    update
        .filter(account::Column::Id.eq(user.0))
        .exec(txn.db())
        .await?;
    recovery::end_reset_links(txn, user).await
}

/// The error for a password change whose commit is in doubt. If it was committed, the old session
/// has ended and the next page may ask for a sign-in.
fn password_in_doubt() -> AppError {
    AppError::new(Kind::InDoubt, "password-outcome-unknown").retry_in(2)
}
