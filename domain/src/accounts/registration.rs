//! Registering.

use std::time::Instant;

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, SqlErr};
use shared::{
    AppError, FieldError, Kind,
    text::{DisplayName, Email, Fields, Handle, IdempotencyKey, Password},
};

use super::{Accounts, Proven, proven};
use crate::{
    Error, Result, clock,
    entities::{account, recipient},
    limits::Network,
    sessions::{Browser, Sessions},
    store::{Txn, change},
};

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
    pub fn parse(
        handle: &str,
        display_name: &str,
        email: &str,
        password: &str,
    ) -> Result<Self, AppError> {
        let mut fields = Fields::default();
        let handle = fields.take("handle", Handle::parse_new(handle));
        let display_name = fields.take("display_name", DisplayName::parse(display_name));
        let email = fields.take("email", Email::parse(email));
        let password = fields.take("password", Password::parse(password));
        match (handle, display_name, email, password) {
            (Some(handle), Some(display_name), Some(email), Some(password)) => Ok(Self {
                handle,
                display_name,
                email,
                password,
            }),
            _ => Err(fields.into_error()),
        }
    }
}

impl Accounts {
    /// Makes an account with an empty inbox. Registrations are counted by the network they come
    /// from, if it is given.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for a handle or address that is taken, or a handle too like another;
    /// [`Kind::Throttled`] after too many.
    pub async fn register(&self, new: NewAccount, from: Option<Network>) -> Result<Proven> {
        self.make(new, None, None, from)
            .await
            .map(|(proven, _)| proven)
    }

    /// Makes an account and signs its browser in, both or neither. Gives the cookie's value too. An
    /// attempt that is made again with the same handle, address and password signs in to the
    /// account that the first one made.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn sign_up(
        &self,
        new: NewAccount,
        attempt: Option<IdempotencyKey>,
        browser: &Browser,
        from: Option<Network>,
    ) -> Result<(Proven, String)> {
        self.make(new, attempt, Some(browser), from).await
    }

    async fn make(
        &self,
        new: NewAccount,
        attempt: Option<IdempotencyKey>,
        browser: Option<&Browser>,
        from: Option<Network>,
    ) -> Result<(Proven, String)> {
        let counted = from
            .map(|network| self.throttle.register(network, Instant::now()))
            .transpose()?;
        let hash = self.passwords.hash(&new.password).await?;
        if let Some(counted) = &counted {
            counted.look(Instant::now())?;
        }
        let mut tried = None;
        let made: Result<(Proven, String)> = change!(self.store, attempt.is_some(), |txn| {
            if Sessions::has_begun(txn, tried.as_ref().map(|(_, cookie)| cookie)).await? {
                return tried
                    .clone()
                    .ok_or_else(|| Error::internal("a session of nobody"));
            }
            let proven = Self::insert(
                txn,
                &new.handle,
                &new.display_name,
                &new.email,
                hash.clone(),
            )
            .await?;
            let cookie = match browser {
                Some(browser) => Sessions::sign_in_in(txn, &proven, browser).await?,
                None => String::new(),
            };
            tried = Some((proven.clone(), cookie.clone()));
            Ok((proven, cookie))
        });
        let made = match made {
            Err(Error::App(error))
                if attempt.is_some() && error.of("handle") == Some(HANDLE_TAKEN) =>
            {
                self.made_before(&new, browser, from)
                    .await?
                    .ok_or(Error::App(error))
            }
            made => made.map_err(|error| error.of_attempt(attempt.is_some())),
        };
        if let Some(counted) = counted {
            let told = matches!(&made, Err(Error::App(error)) if error.of("email").is_some());
            counted.ended(made.is_ok(), told);
        }
        made
    }

    /// Signs in to the account that was registered with the same handle, address and password, if
    /// there is one.
    async fn made_before(
        &self,
        new: &NewAccount,
        browser: Option<&Browser>,
        from: Option<Network>,
    ) -> Result<Option<(Proven, String)>> {
        let same = Condition::all()
            .add(account::Column::HandleKey.eq(new.handle.key()))
            .add(account::Column::EmailKey.eq(new.email.key()));
        if account::Entity::find()
            .filter(same)
            .one(self.store.readers())
            .await?
            .is_none()
        {
            return Ok(None);
        }
        let proven = match self
            .sign_in(new.handle.as_str(), new.password.reveal(), from)
            .await
        {
            Ok(proven) => proven,
            Err(Error::App(error)) if error.kind == Kind::Unauthenticated => return Ok(None),
            Err(error) => return Err(error),
        };
        let cookie = match browser {
            Some(browser) => {
                Sessions::new(self.store.clone())
                    .sign_in(&proven, browser)
                    .await?
            }
            None => String::new(),
        };
        Ok(Some((proven, cookie)))
    }

    /// Makes an account within a transaction, with a password that is hashed already.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn insert(
        txn: &Txn,
        handle: &Handle,
        display_name: &DisplayName,
        email: &Email,
        hash: String,
    ) -> Result<Proven> {
        // Asked first only for the better sentence: the same handle is a look-alike too, and
        // databases name either.
        let same = account::Entity::find()
            .filter(account::Column::HandleKey.eq(handle.key()))
            .one(txn.db())
            .await?;
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
        let row = account::Entity::insert(row)
            .exec_with_returning(txn.db())
            .await
            .map_err(taken)?;
        let inbox = recipient::ActiveModel {
            account_id: Set(row.id),
            seq: Set(0),
            unseen: Set(0),
            unread: Set(0),
            ..Default::default()
        };
        recipient::Entity::insert(inbox)
            .exec_without_returning(txn.db())
            .await?;
        Ok(proven(row))
    }
}

const HANDLE_TAKEN: &str = "That handle is taken. Please choose another.";

/// Turns a refused unique key into the field's own sentence.
fn taken(error: sea_orm::DbErr) -> Error {
    let Some(SqlErr::UniqueConstraintViolation(which)) = error.sql_err() else {
        return error.into();
    };
    let (field, message) = if which.contains("email_key") {
        (
            "email",
            "There is an account with this address already. Sign in, or use another.",
        )
    } else if which.contains("skeleton") {
        (
            "handle",
            "That handle looks too much like somebody else's. Please choose another.",
        )
    } else {
        ("handle", HANDLE_TAKEN)
    };
    AppError::invalid(vec![FieldError {
        field: field.into(),
        message: message.into(),
    }])
    .into()
}
