//! Registers accounts.

use std::time::Instant;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, SqlErr};
use shared::{
    AppError, Kind, Phrase,
    text::{DisplayName, Email, Fields, Handle, IdempotencyKey, Password},
};
use words::Locale;

use crate::{
    Error, Result,
    accounts::{
        Accounts, Proven, proven,
        recovery::VerificationMail,
        sessions::{Browser, Sessions},
    },
    clock,
    entities::{account, recipient},
    jobs::Jobs,
    limits::{Network, throttle::Registering},
    store::{Txn, change},
};

/// The validated fields of a new account.
pub struct NewAccount {
    /// The handle, which is part of URLs.
    pub handle: Handle,
    /// The name shown to others.
    pub display_name: DisplayName,
    /// The e-mail address.
    pub email: Email,
    /// The password.
    pub password: Password,
    /// The language of the mails that registering sends.
    pub locale: Locale,
}

impl NewAccount {
    /// Validates all fields and reports every invalid one. The language is English; see
    /// [`Self::in_language`].
    ///
    /// # Errors
    /// [`Kind::Invalid`] with a message for each invalid field.
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
                locale: Locale::default(),
            }),
            _ => Err(fields.into_error()),
        }
    }

    /// The same account, with mails in this language.
    #[must_use]
    pub fn in_language(self, locale: Locale) -> Self {
        Self { locale, ..self }
    }
}

impl Accounts {
    /// Creates an account with an empty inbox, and sends its owner a link that verifies the e-mail
    /// address. With `from`, the registration counts towards that
    /// network's rate limit.
    ///
    /// # Errors
    /// [`Kind::Invalid`] if the handle or e-mail address is taken, or the handle looks too much
    /// like another; [`Kind::Throttled`] after too many registrations.
    pub async fn register(&self, new: NewAccount, from: Option<Network>) -> Result<Proven> {
        self.make(new, None, None, from)
            .await
            .map(|(proven, _)| proven)
    }

    /// Creates an account and signs its browser in, in one transaction. Returns the cookie value
    /// too. With an idempotency key, a retry with the same handle, e-mail address and password
    /// signs in to the account that the first request created.
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
        let named = attempt.is_some();
        let made = match self.create(&new, named, browser, counted.as_ref()).await {
            Err(Error::App(error)) if named && error.of("handle").is_some_and(is_taken) => {
                let existing = self.sign_in_to_existing(&new, browser, from).await;
                existing.and_then(|existing| existing.ok_or(Error::App(error)))
            }
            made => made.map_err(|error| error.of_attempt(named)),
        };
        if let Some(counted) = counted {
            let told = matches!(&made, Err(Error::App(error)) if error.of("email").is_some());
            counted.ended(made.is_ok(), told);
        }
        made
    }

    /// Creates the account and its browser's session, in one transaction.
    async fn create(
        &self,
        new: &NewAccount,
        named: bool,
        browser: Option<&Browser>,
        counted: Option<&Registering<'_>>,
    ) -> Result<(Proven, String)> {
        let hash = self.passwords.hash(&new.password).await?;
        if let Some(counted) = counted {
            counted.check(Instant::now())?;
        }
        let (mut tried, request) = (None, rand::random());
        change!(self.store, named, |txn| {
            if Sessions::has_begun(txn, tried.as_ref().map(|(_, cookie)| cookie)).await? {
                return tried
                    .clone()
                    .ok_or_else(|| Error::internal("a new session has no account"));
            }
            let proven = Self::insert(
                txn,
                &new.handle,
                &new.display_name,
                &new.email,
                hash.clone(),
            )
            .await?;
            let mail = VerificationMail::new(proven.viewer.id, new.locale, request);
            Jobs::enqueue(txn, &mail).await?;
            let cookie = match browser {
                Some(browser) => Sessions::sign_in_in(txn, &proven, browser).await?,
                None => String::new(),
            };
            tried = Some((proven.clone(), cookie.clone()));
            Ok((proven, cookie))
        })
    }

    /// Signs in to the account registered with the same handle, e-mail address and password, if
    /// there is one.
    async fn sign_in_to_existing(
        &self,
        new: &NewAccount,
        browser: Option<&Browser>,
        from: Option<Network>,
    ) -> Result<Option<(Proven, String)>> {
        // The password first, and no error of its own: whoever does not know it learns neither from
        // the answer nor from its time which address the account has.
        let proven = match self
            .sign_in(new.handle.as_str(), new.password.reveal(), from)
            .await
        {
            Ok(proven) => proven,
            Err(Error::App(error))
                if matches!(error.kind, Kind::Unauthenticated | Kind::Throttled) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let same_address = account::Column::EmailKey.eq(new.email.key());
        let account = account::Entity::find_by_id(proven.viewer.id.0).filter(same_address);
        if account.one(self.store.readers()).await?.is_none() {
            return Ok(None);
        }
        let cookie = match browser {
            Some(browser) => self.sessions.sign_in(&proven, browser).await?,
            None => String::new(),
        };
        Ok(Some((proven, cookie)))
    }

    /// Creates an account within a transaction, from a password hash.
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
        // Checked first only for a clearer message: a taken handle also violates the look-alike
        // key, and databases may report either.
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

const HANDLE_TAKEN: &str = "handle-taken";

fn is_taken(phrase: &Phrase) -> bool {
    phrase.code == HANDLE_TAKEN
}

/// Maps a unique-key violation to the error of its field.
fn taken(error: sea_orm::DbErr) -> Error {
    let Some(SqlErr::UniqueConstraintViolation(which)) = error.sql_err() else {
        return error.into();
    };
    let (field, code) = if which.contains("email_key") {
        ("email", "email-taken")
    } else if which.contains("skeleton") {
        ("handle", "handle-similar")
    } else {
        ("handle", HANDLE_TAKEN)
    };
    AppError::field(field, code).into()
}
