//! The links' rows.

use std::time::Duration;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::Expr,
};
use shared::UserId;

use crate::{
    Result,
    accounts::{
        lock_account,
        recovery::{Recovery, secret::LinkSecret},
    },
    clock,
    entities::{
        account,
        mailed_link::{ActiveModel, Column, Entity, Model},
    },
    store::{Txn, change},
};

/// Hours for which a link that resets a password is valid.
pub const RESET_HOURS: u64 = 1;
/// Hours for which a link that verifies an address is valid.
pub const VERIFY_HOURS: u64 = 72;
/// Mails of each kind that an account gets within an hour; further requests have no effect, so that
/// nobody can be flooded with mail.
pub const MAILS_PER_HOUR: usize = 3;

/// Expired links deleted per transaction.
const BATCH: u64 = 500;

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// What a link is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Verify,
    Reset,
}

impl Purpose {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
        }
    }

    fn life(self) -> i64 {
        let hours = match self {
            Self::Verify => VERIFY_HOURS,
            Self::Reset => RESET_HOURS,
        };
        let life = Duration::from_hours(hours).as_millis();
        i64::try_from(life).unwrap_or(i64::MAX)
    }
}

impl Recovery {
    /// Makes the link for a mail. `None` if the mail is not to be sent: the account has had enough
    /// mails within the hour, or a mail of a later request has been sent. A link that resets a
    /// password ends those of earlier requests.
    pub(super) async fn make_link(
        txn: &Txn,
        account: &account::Model,
        purpose: Purpose,
        mail_id: i64,
    ) -> Result<Option<LinkSecret>> {
        // Concurrent mails to one account are counted one after the other.
        lock_account(txn, UserId(account.id)).await?;
        let now = clock::now();
        let of_account = Entity::find()
            .filter(Column::AccountId.eq(account.id))
            .filter(Column::Purpose.eq(purpose.name()));
        let mut mails: Vec<i64> = of_account
            .filter(Column::CreatedAt.gt(now - HOUR_MS))
            .filter(Column::MailId.ne(mail_id))
            .select_only()
            .column(Column::MailId)
            .distinct()
            .into_tuple()
            .all(txn.db())
            .await?;
        mails.sort_unstable();
        if mails.len() >= MAILS_PER_HOUR || mails.last().is_some_and(|newest| *newest > mail_id) {
            return Ok(None);
        }
        if purpose == Purpose::Reset {
            // Kept until they are an hour old, so that they are counted.
            let end = Entity::update_many().col_expr(Column::ExpiresAt, Expr::value(now));
            end.filter(Column::AccountId.eq(account.id))
                .filter(Column::Purpose.eq(purpose.name()))
                .filter(Column::MailId.lt(mail_id))
                .filter(Column::ExpiresAt.gt(now))
                .exec(txn.db())
                .await?;
        }
        let secret = LinkSecret::random();
        let row = ActiveModel {
            hash: Set(secret.hash()),
            account_id: Set(account.id),
            purpose: Set(purpose.name().to_owned()),
            email: Set(account.email.clone()),
            mail_id: Set(mail_id),
            created_at: Set(now),
            expires_at: Set(now + purpose.life()),
            used_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(txn.db()).await?;
        Ok(Some(secret))
    }

    /// The link with this secret and its account, if the link is valid or was used, and the
    /// account still has the address that the link was sent to.
    pub(super) async fn find_link(
        &self,
        secret: &LinkSecret,
        purpose: Purpose,
    ) -> Result<Option<(Model, account::Model)>> {
        let found = Entity::find_by_id(secret.hash())
            .filter(Column::Purpose.eq(purpose.name()))
            .filter(Column::ExpiresAt.gt(clock::now()))
            .find_also_related(account::Entity)
            .one(self.store.readers())
            .await?;
        Ok(found
            .and_then(|(link, account)| Some((link, account?)))
            .filter(|(link, account)| link.email == account.email))
    }

    /// Uses a link up. Returns whether it was valid.
    pub(super) async fn use_link(txn: &Txn, link: &Model) -> Result<bool> {
        let now = clock::now();
        let used = Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(now))
            .filter(Column::Hash.eq(link.hash.as_str()))
            .filter(Column::UsedAt.is_null())
            .filter(Column::ExpiresAt.gt(now))
            .exec(txn.db())
            .await?;
        Ok(used.rows_affected == 1)
    }

    /// Deletes links that have expired more than an hour ago. Returns their number.
    ///
    /// # Errors
    /// When the database can't be written; batches deleted before stay deleted.
    pub async fn delete_expired(&self) -> Result<u64> {
        let expired = Column::ExpiresAt.lt(clock::now() - HOUR_MS);
        let batch = Entity::find()
            .select_only()
            .column(Column::Hash)
            .filter(expired)
            .limit(BATCH)
            .into_query();
        let mut all = 0;
        loop {
            let deleted = change!(self.store, true, |txn| {
                let links = Entity::delete_many().filter(Column::Hash.in_subquery(batch.clone()));
                Ok(links.exec(txn.db()).await?.rows_affected)
            })?;
            all += deleted;
            if deleted < BATCH {
                return Ok(all);
            }
        }
    }
}

/// Ends the account's links that reset its password: call it when the password or the address
/// changes.
pub(crate) async fn end_reset_links(txn: &Txn, user: UserId) -> Result<()> {
    Entity::delete_many()
        .filter(Column::AccountId.eq(user.0))
        .filter(Column::Purpose.eq(Purpose::Reset.name()))
        .exec(txn.db())
        .await?;
    Ok(())
}
