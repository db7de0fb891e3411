//! The jobs that send the mails.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use shared::{UserId, paths, text::Email};
use words::Locale;

use crate::{
    Error, Result,
    accounts::{
        proof::language as chosen,
        recovery::{
            Recovery,
            letters::{password_changed, reset, verification},
            links::Purpose,
        },
    },
    channels::mail::{Letter, MailError, Recipient},
    entities::account,
    jobs::{Handlers, Job, Outcome},
    store::change,
};

/// Sends a link that verifies an account's address.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct VerificationMail {
    account_id: i64,
    /// The language tag.
    locale: String,
    /// The request that asks for the mail; see [`request_key`].
    #[serde(default)]
    request: Option<u64>,
}

impl Job for VerificationMail {
    const KIND: &'static str = "verification_mail";
    const MAX_TRIES: u32 = 16;
    const KEEP_DONE: bool = true;

    fn unique_key(&self) -> Option<String> {
        request_key(self.request)
    }
}

/// The unique key of a request's job, made of a random number. The transaction that enqueues the
/// job may be retried after a commit whose outcome is unknown; the key, which stays taken once the
/// mail is sent, keeps it from asking for a second mail. `None` for a job of an older program.
fn request_key(request: Option<u64>) -> Option<String> {
    request.map(|request| format!("{request:016x}"))
}

/// Sends a link that resets the password to an address, if an account has it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ResetMail {
    email: String,
    /// The language tag.
    locale: String,
    /// The request that asks for the mail; see [`request_key`].
    #[serde(default)]
    request: Option<u64>,
}

impl Job for ResetMail {
    const KIND: &'static str = "reset_mail";
    const KEEP_DONE: bool = true;

    fn unique_key(&self) -> Option<String> {
        request_key(self.request)
    }
}

/// Tells an account's owner that the password was reset.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PasswordChangedMail {
    account_id: i64,
    /// The language tag.
    locale: String,
}

impl Job for PasswordChangedMail {
    const KIND: &'static str = "password_changed_mail";
    const MAX_TRIES: u32 = 16;
}

impl VerificationMail {
    /// `request` is a random number, the same for every try of one request.
    pub(crate) fn new(user: UserId, locale: Locale, request: u64) -> Self {
        Self {
            account_id: user.0,
            locale: locale.tag().to_owned(),
            request: Some(request),
        }
    }
}

impl ResetMail {
    /// `request` is a random number, the same for every try of one request.
    pub(super) fn new(email: &Email, locale: Locale, request: u64) -> Self {
        Self {
            email: email.to_string(),
            locale: locale.tag().to_owned(),
            request: Some(request),
        }
    }
}

impl PasswordChangedMail {
    pub(super) fn new(user: UserId, locale: Locale) -> Self {
        Self {
            account_id: user.0,
            locale: locale.tag().to_owned(),
        }
    }
}

impl Recovery {
    /// Registers the handlers of these jobs.
    pub(crate) fn register(&self, handlers: Handlers) -> Handlers {
        let (verifying, resetting, telling) = (self.clone(), self.clone(), self.clone());
        handlers
            .on(move |job: VerificationMail, run| {
                let recovery = verifying.clone();
                async move { recovery.send_verification_mail(job, run.id()).await }
            })
            .on(move |job: ResetMail, run| {
                let recovery = resetting.clone();
                async move { recovery.send_reset_mail(job, run.id()).await }
            })
            .on(move |job: PasswordChangedMail, run| {
                let recovery = telling.clone();
                async move { recovery.send_password_changed_mail(job, run.id()).await }
            })
    }
}

/// The language that the account's owner has chosen, else that of the request with this tag;
/// English if an older program does not know it.
fn language(account: &account::Model, tag: &str) -> Locale {
    chosen(account)
        .or_else(|| Locale::parse(tag))
        .unwrap_or_default()
}

impl Recovery {
    /// Sends the mail of this job.
    ///
    /// # Errors
    /// When the database can't be written, or the mail may be accepted later.
    async fn send_verification_mail(&self, job: VerificationMail, job_id: i64) -> Result<Outcome> {
        let Some(account) = self.account(job.account_id).await? else {
            return Ok(Outcome::Done);
        };
        if account.verified_at.is_some() {
            return Ok(Outcome::Done);
        }
        let link: Result<_> = change!(self.store, |txn| {
            Self::make_link(txn, &account, Purpose::Verify, job_id).await
        });
        let Some(secret) = link? else {
            return Ok(Outcome::Done);
        };
        let link = self.mailer.link(&paths::verify(secret.reveal()));
        let letter = verification(
            language(&account, &job.locale),
            &account,
            link,
            self.mailer.site(),
        );
        self.hand_over(&account, &letter, Purpose::Verify.name(), job_id)
            .await
    }

    /// Sends the mail of this job; does nothing if no account has the address.
    ///
    /// # Errors
    /// As [`Self::send_verification_mail`].
    async fn send_reset_mail(&self, job: ResetMail, job_id: i64) -> Result<Outcome> {
        let Ok(email) = Email::parse(&job.email) else {
            return Ok(Outcome::GiveUp("the payload has no address".into()));
        };
        let account = account::Entity::find()
            .filter(account::Column::EmailKey.eq(email.key()))
            .one(self.store.readers())
            .await?;
        let Some(account) = account else {
            return Ok(Outcome::Done);
        };
        let link: Result<_> = change!(self.store, |txn| {
            Self::make_link(txn, &account, Purpose::Reset, job_id).await
        });
        let Some(secret) = link? else {
            return Ok(Outcome::Done);
        };
        let link = self.mailer.link(&paths::reset(secret.reveal()));
        let letter = reset(
            language(&account, &job.locale),
            &account,
            link,
            self.mailer.site(),
        );
        self.hand_over(&account, &letter, Purpose::Reset.name(), job_id)
            .await
    }

    /// Sends the mail of this job.
    ///
    /// # Errors
    /// As [`Self::send_verification_mail`].
    async fn send_password_changed_mail(
        &self,
        job: PasswordChangedMail,
        job_id: i64,
    ) -> Result<Outcome> {
        let Some(account) = self.account(job.account_id).await? else {
            return Ok(Outcome::Done);
        };
        let link = self.mailer.link(paths::FORGOT);
        let letter = password_changed(
            language(&account, &job.locale),
            &account,
            link,
            self.mailer.site(),
        );
        self.hand_over(&account, &letter, "password-changed", job_id)
            .await
    }

    async fn account(&self, id: i64) -> Result<Option<account::Model>> {
        Ok(account::Entity::find_by_id(id)
            .one(self.store.readers())
            .await?)
    }

    /// Hands a mail over. Its id is made from the job's, so that every try has the same
    /// `Message-ID`.
    async fn hand_over(
        &self,
        account: &account::Model,
        letter: &Letter,
        kind: &'static str,
        job_id: i64,
    ) -> Result<Outcome> {
        let Ok(email) = Email::parse(&account.email) else {
            return Ok(Outcome::GiveUp("the account's address is not valid".into()));
        };
        let to = Recipient {
            name: account.handle.clone(),
            email,
        };
        // Job ids may be used again after a restore, which begins a new epoch.
        let id = format!("{kind}.{job_id}.{}", self.store.epoch());
        match self.mailer.send(&to, letter, &id).await {
            Ok(()) => Ok(Outcome::Done),
            Err(MailError::Refused(why)) => {
                // Not a dead letter: anybody can register with an address that takes no mail.
                tracing::info!(kind, job_id, %why, "a mail was refused and will not be sent");
                metrics::counter!("artcritique_mails_refused_total", "mail" => kind).increment(1);
                Ok(Outcome::Done)
            }
            Err(MailError::Permanent(why)) => Ok(Outcome::GiveUp(why)),
            Err(MailError::Temporary(why)) => Err(Error::internal(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_has_a_key_and_all_its_tries_have_the_same() {
        let email = Email::parse("ann@example.org").expect("an address");
        let reset = |request| ResetMail::new(&email, Locale::En, request).unique_key();
        let verify = |request| VerificationMail::new(UserId(1), Locale::En, request).unique_key();
        assert!(reset(7).is_some() && reset(7) == reset(7) && reset(7) != reset(8));
        assert!(verify(7).is_some() && verify(7) == verify(7) && verify(7) != verify(8));
        let earlier = r#"{"email":"ann@example.org","locale":"en"}"#;
        let earlier: ResetMail = serde_json::from_str(earlier).expect("a payload");
        assert_eq!(earlier.unique_key(), None);
    }
}
