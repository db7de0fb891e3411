use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use shared::{AppError, UserId};
use words::Locale;

use crate::{
    Result,
    accounts::{
        lock_account,
        recovery::{
            Recovery, VerificationMail, link_invalid, links::Purpose, reset::mark_verified, secret,
        },
    },
    entities::account,
    jobs::Jobs,
    policy::{self, Actor},
    store::change,
};

/// A link that verifies an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyLink {
    /// The address.
    pub email: String,
    /// Whether the address is verified already.
    pub verified: bool,
}

/// An account's own address, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnEmail {
    /// The address.
    pub email: String,
    /// Whether the owner has proved that it is theirs.
    pub verified: bool,
}

impl Recovery {
    /// The account's address.
    ///
    /// # Errors
    /// [`shared::Kind::Forbidden`] by [`policy::manage_account`];
    /// [`shared::Kind::Unauthenticated`] if the account is gone.
    pub async fn own_email(&self, actor: &Actor) -> Result<OwnEmail> {
        policy::manage_account(actor)?;
        let account = account::Entity::find_by_id(actor.id.0)
            .one(self.store.readers())
            .await?
            .ok_or_else(AppError::sign_in_first)?;
        Ok(OwnEmail {
            verified: account.verified_at.is_some(),
            email: account.email,
        })
    }

    /// Sends the account's owner a link that verifies the address, unless it is verified.
    ///
    /// # Errors
    /// [`shared::Kind::Forbidden`] by [`policy::manage_account`], or when the database can't be
    /// written.
    pub async fn send_verification(&self, actor: &Actor, locale: Locale) -> Result<()> {
        policy::manage_account(actor)?;
        let mail = VerificationMail::new(actor.id, locale, rand::random());
        change!(self.store, true, |txn| Jobs::enqueue(txn, &mail).await)
    }

    /// What this link verifies. Changes nothing.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`] if the link is not valid.
    pub async fn verify_link(&self, link: &str) -> Result<VerifyLink> {
        let found = self.find_link(&secret(link)?, Purpose::Verify).await?;
        let (link, account) = found.ok_or_else(link_invalid)?;
        // A used link still shows that the address is verified.
        if link.used_at.is_some() && account.verified_at.is_none() {
            return Err(link_invalid());
        }
        Ok(VerifyLink {
            email: account.email,
            verified: account.verified_at.is_some(),
        })
    }

    /// Verifies the address that a link was sent to. Idempotent.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`] if the link is not valid, or the account has another address now.
    pub async fn verify(&self, link: &str) -> Result<()> {
        let found = self.find_link(&secret(link)?, Purpose::Verify).await?;
        let (link, account) = found.ok_or_else(link_invalid)?;
        let user = UserId(account.id);
        change!(self.store, true, |txn| {
            let account = lock_account(txn, user).await?;
            let used = Self::use_link(txn, &link).await?;
            let account = account
                .filter(|account| account.email == link.email)
                .ok_or_else(link_invalid)?;
            if used {
                mark_verified(txn, user).await
            } else if account.verified_at.is_some() {
                Ok(())
            } else {
                Err(link_invalid())
            }
        })
    }
}
