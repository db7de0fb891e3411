//! Who people are: registering, signing in, changing the password.

mod addresses;

use std::{sync::Arc, time::Instant};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, SqlErr, sea_query::Expr};
use sha2::{Digest, Sha256};
use shared::{
    AppError, FieldError, Kind, UserId,
    dto::Viewer,
    text::{DisplayName, Email, Fields, Handle, Password},
};

use crate::{
    Error, Result, Store,
    blocking::BlockingPool,
    clock,
    entities::{account, recipient},
    limits::Network,
    live::Message,
    people::handle_key,
    recent::Recent,
    sessions::{Browser, Sessions},
    store::{Txn, change},
    throttle::Throttle,
};

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
        let decoy = argon2.hash_password(b"nobody has this password").map_err(Error::internal)?.to_string().into();
        Ok(Self { argon2, pool: BlockingPool::new(HASHES_AT_ONCE, HASHES_WAITING), decoy })
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce(Argon2<'static>) -> T + Send + 'static) -> Result<T> {
        let argon2 = self.argon2.clone();
        self.pool.run(1, move || work(argon2)).await
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub async fn hash(&self, password: &Password) -> Result<String> {
        let password = password.reveal().to_owned();
        let hash = self.off_thread(move |argon2| argon2.hash_password(password.as_bytes()).map(|hash| hash.to_string()));
        hash.await?.map_err(Error::internal)
    }

    /// How the password compares with the one that was hashed; takes as long when there is no hash.
    async fn verify(&self, password: String, hash: Option<String>) -> Result<Match> {
        if password.len() > Password::TYPED_MAX {
            return Ok(Match::Wrong);
        }
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let found = self.off_thread(move |argon2| {
            let Ok(hash) = PasswordHash::new(&hash) else { return Match::Wrong };
            let is = |secret: &str| argon2.verify_password(secret.as_bytes(), &hash).is_ok();
            let normal = Password::normal(&password);
            match &*normal {
                normal if is(normal) => Match::Right,
                normal if normal != password && is(&password) => Match::AsTyped,
                _ => Match::Wrong,
            }
        });
        Ok(if known { found.await? } else { found.await.map(|_| Match::Wrong)? })
    }
}

/// How a password compares with a stored hash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Wrong,
    Right,
    /// The hash is of the password as it was typed, from before passwords were normalised.
    AsTyped,
}

/// What a new account is made of, checked.
pub struct NewAccount {
    /// The name in addresses.
    pub handle: Handle,
    /// What they are called.
    pub display_name: DisplayName,
    /// Where to write to them.
    pub email: Email,
    /// Their secret.
    pub password: Password,
}

impl NewAccount {
    /// Checks what was typed, all fields at once.
    ///
    /// # Errors
    /// [`Kind::Invalid`] with a sentence for each bad field.
    pub fn parse(handle: &str, display_name: &str, email: &str, password: &str) -> Result<Self, AppError> {
        let mut fields = Fields::default();
        let handle = fields.take("handle", Handle::parse_new(handle));
        let display_name = fields.take("display_name", DisplayName::parse(display_name));
        let email = fields.take("email", Email::parse(email));
        let password = fields.take("password", Password::parse(password));
        match (handle, display_name, email, password) {
            (Some(handle), Some(display_name), Some(email), Some(password)) => Ok(Self { handle, display_name, email, password }),
            _ => Err(fields.into_error()),
        }
    }
}

/// The accounts of all people.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    passwords: Passwords,
    throttle: Throttle,
}

/// Somebody who has proven who they are, by a password.
#[derive(Clone)]
pub struct Proven {
    /// Who.
    pub viewer: Viewer,
    /// Names the password: another one, another stamp. Tells nothing about it.
    pub stamp: String,
}

fn viewer(row: account::Model) -> Viewer {
    Viewer { id: UserId(row.id), handle: row.handle, display_name: row.display_name }
}

fn stamp(hash: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(hash)[..12])
}

pub(crate) fn proven(row: account::Model) -> Proven {
    Proven { stamp: stamp(&row.password_hash), viewer: viewer(row) }
}

impl Accounts {
    pub(crate) fn new(store: Store, passwords: Passwords) -> Self {
        Self { store, passwords, throttle: Throttle::default() }
    }

    /// Makes an account with an empty inbox. Registrations are counted by the network they come from, if it is given.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for a handle or address that is taken, or a handle too like another; [`Kind::Throttled`] after too many.
    pub async fn register(&self, new: NewAccount, from: Option<Network>) -> Result<Proven> {
        self.make(new, None, from).await.map(|(proven, _)| proven)
    }

    /// Makes an account and signs its browser in, both or neither. Gives the cookie's value too.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn sign_up(&self, new: NewAccount, browser: &Browser, from: Option<Network>) -> Result<(Proven, String)> {
        self.make(new, Some(browser), from).await
    }

    async fn make(&self, new: NewAccount, browser: Option<&Browser>, from: Option<Network>) -> Result<(Proven, String)> {
        let counted = from.map(|network| self.throttle.register(network, Instant::now())).transpose()?;
        let hash = self.passwords.hash(&new.password).await?;
        if let Some(counted) = &counted {
            counted.look(Instant::now())?;
        }
        let made = change!(self.store, |txn| {
            let proven = Self::insert(txn, &new.handle, &new.display_name, &new.email, hash.clone()).await?;
            let cookie = match browser {
                Some(browser) => Sessions::sign_in_in(txn, &proven, browser).await?,
                None => String::new(),
            };
            Ok((proven, cookie))
        });
        if let Some(counted) = counted {
            let told = matches!(&made, Err(Error::App(error)) if error.of("email").is_some());
            counted.ended(made.is_ok(), told);
        }
        made
    }

    /// Makes an account within a transaction, with a password that is hashed already.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn insert(txn: &Txn, handle: &Handle, display_name: &DisplayName, email: &Email, hash: String) -> Result<Proven> {
        // Asked first only for the better sentence: the same handle is a look-alike too, and databases name either.
        let same = account::Entity::find().filter(account::Column::HandleKey.eq(handle.key())).one(txn.db()).await?;
        if same.is_some() {
            return Err(AppError::field("handle", HANDLE_TAKEN).into());
        }
        let row = account::ActiveModel {
            handle: Set(handle.to_string()),
            handle_key: Set(handle.key()),
            handle_skeleton: Set(handle.skeleton()),
            display_name: Set(display_name.to_string()),
            email: Set(email.to_string()),
            email_key: Set(email.key()),
            password_hash: Set(hash),
            role: Set("member".into()),
            created_at: Set(clock::now()),
            ..Default::default()
        };
        let row = account::Entity::insert(row).exec_with_returning(txn.db()).await.map_err(taken)?;
        let inbox =
            recipient::ActiveModel { account_id: Set(row.id), seq: Set(0), unseen: Set(0), unread: Set(0), ..Default::default() };
        recipient::Entity::insert(inbox).exec_without_returning(txn.db()).await?;
        Ok(proven(row))
    }

    /// Checks a handle and password. Tries are counted, if the network they come from is given.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`] if they don't match, without saying which; [`Kind::Throttled`] after too many tries.
    pub async fn sign_in(&self, handle: &str, password: &str, from: Option<Network>) -> Result<Proven> {
        let handle = handle.trim();
        let key = handle_key(handle.strip_prefix('@').unwrap_or(handle));
        let found = match &key {
            Some(key) => account::Entity::find().filter(account::Column::HandleKey.eq(key)).one(self.store.readers()).await?,
            None => None,
        };
        let counted = match from {
            Some(network) => {
                let id = found.as_ref().map_or(UserId(0), |row| UserId(row.id));
                let known = Sessions::new(self.store.clone()).knows_network(id, network).await?;
                Some(self.throttle.sign_in(key.as_deref(), network, known, Instant::now())?)
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
                if matched == Match::AsTyped { self.rehash(row, password).await } else { Ok(proven(row)) }
            }
            _ => Err(AppError::new(Kind::Unauthenticated, "That handle and password don't match. Please check both.").into()),
        }
    }

    /// The person behind a session, if the account still is and has the password that the session began with.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn viewer(&self, id: UserId, proven_by: &str) -> Result<Option<Viewer>> {
        let recent = self.store.recent();
        if let Some(viewer) = recent.and_then(|recent| recent.viewer(id, proven_by)) {
            return Ok(Some(viewer));
        }
        let generation = recent.map(Recent::generation);
        let row = account::Entity::find_by_id(id.0).one(self.store.readers()).await?;
        let viewer = row.filter(|row| stamp(&row.password_hash) == proven_by).map(viewer);
        if let (Some(recent), Some(generation), Some(viewer)) = (recent, generation, &viewer) {
            recent.remember_viewer(viewer.clone(), proven_by, generation);
        }
        Ok(viewer)
    }

    /// Changes the password, ends all other sessions, and gives this browser a new one: all or nothing. Gives its cookie's value. Wrong tries
    /// are counted if `limited`.
    ///
    /// # Errors
    /// [`Kind::Invalid`] when the current password is wrong or the new one too short; [`Kind::Unauthenticated`] if the browser's session has
    /// ended meanwhile; [`Kind::Throttled`] after too many tries.
    pub async fn change_password(
        &self,
        user: UserId,
        current: &str,
        new: &str,
        browser: &Browser,
        limited: bool,
    ) -> Result<String> {
        let new = Password::parse(new).map_err(|message| AppError::field("new_password", message))?;
        let row = account::Entity::find_by_id(user.0).one(self.store.readers()).await?.ok_or_else(AppError::sign_in_first)?;
        let counted =
            limited.then(|| self.throttle.current_password(user, browser.before.as_ref(), Instant::now())).transpose()?;
        if self.passwords.verify(current.to_owned(), Some(row.password_hash.clone())).await? == Match::Wrong {
            return Err(AppError::field("current_password", "That is not your current password.").into());
        }
        if let Some(counted) = counted {
            counted.succeeded();
        }
        let hash = self.passwords.hash(&new).await?;
        let proven = Proven { viewer: viewer(row), stamp: stamp(&hash) };
        change!(self.store, |txn| {
            write_password(txn, user, &hash).await?;
            Sessions::replace_in(txn, &proven, browser).await
        })
    }

    /// Hashes a password in its normal form that was hashed as it was typed. Its sessions go on.
    async fn rehash(&self, row: account::Model, password: &str) -> Result<Proven> {
        // One that is too long in its normal form stays as it is.
        let Ok(normal) = Password::parse(password) else { return Ok(proven(row)) };
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
        // Changed meanwhile: it was right when it was looked at.
        let hash = if rehashed? { hash } else { row.password_hash.clone() };
        Ok(proven(account::Model { password_hash: hash, ..row }))
    }

    /// Sets a password without asking for the old one, and ends all sessions.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn set_password(&self, user: UserId, new: &Password) -> Result<()> {
        let hash = self.passwords.hash(new).await?;
        change!(self.store, true, |txn| {
            write_password(txn, user, &hash).await?;
            Sessions::end_all(txn, user).await
        })
    }

    /// Finds an account by its handle, whatever its case.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if nobody has it.
    pub async fn find(&self, handle: &str) -> Result<account::Model> {
        let key = handle_key(handle).ok_or_else(|| AppError::not_found("person"))?;
        let found = account::Entity::find().filter(account::Column::HandleKey.eq(key)).one(self.store.readers()).await?;
        Ok(found.ok_or_else(|| AppError::not_found("person"))?)
    }

    /// Gives an account another role.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if nobody has that handle.
    pub async fn set_role(&self, handle: &str, role: &str) -> Result<()> {
        let row = self.find(handle).await?;
        change!(self.store, true, |txn| {
            txn.publish(Message::AccountChanged(UserId(row.id)));
            let update = account::Entity::update_many().col_expr(account::Column::Role, Expr::value(role));
            Ok(update.filter(account::Column::Id.eq(row.id)).exec(txn.db()).await.map(drop)?)
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

async fn write_password(txn: &Txn, user: UserId, hash: &str) -> Result<()> {
    let update = account::Entity::update_many().col_expr(account::Column::PasswordHash, Expr::value(hash));
    update.filter(account::Column::Id.eq(user.0)).exec(txn.db()).await?;
    Ok(())
}

const HANDLE_TAKEN: &str = "That handle is taken. Please choose another.";

/// Turns a refused unique key into the field's own sentence.
fn taken(error: sea_orm::DbErr) -> Error {
    let Some(SqlErr::UniqueConstraintViolation(which)) = error.sql_err() else { return error.into() };
    let (field, message) = if which.contains("email_key") {
        ("email", "There is an account with this address already. Sign in, or use another.")
    } else if which.contains("skeleton") {
        ("handle", "That handle looks too much like somebody else's. Please choose another.")
    } else {
        ("handle", HANDLE_TAKEN)
    };
    AppError::invalid(vec![FieldError { field: field.into(), message: message.into() }]).into()
}
