use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use shared::{
    AppError, UserId,
    text::{Email, Password},
};
use words::Locale;

use crate::{
    Result,
    accounts::{
        Sessions, Tokens, lock_account,
        recovery::{
            PasswordChangedMail, Recovery, ResetMail, link_invalid, links::Purpose, secret,
        },
        write_password,
    },
    clock,
    entities::account,
    jobs::Jobs,
    store::{Txn, change},
};

impl Recovery {
    /// Sends a link that resets the password to this address, if an account has it. Whether one
    /// does is found out by the job, so the answer and its time are the same. `locale` is the
    /// language of the mail.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] if the text is no address, or when the database can't be written.
    pub async fn ask_for_reset(&self, email: &str, locale: Locale) -> Result<()> {
        let email = Email::parse(email).map_err(|phrase| AppError::field("email", phrase))?;
        let mail = ResetMail::new(&email, locale, rand::random());
        change!(self.store, true, |txn| Jobs::enqueue(txn, &mail).await)
    }

    /// The handle of the account whose password this link resets. Changes nothing.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`] if the link is not valid.
    pub async fn reset_link(&self, link: &str) -> Result<String> {
        let found = self.find_link(&secret(link)?, Purpose::Reset).await?;
        found
            .filter(|(link, _)| link.used_at.is_none())
            .map(|(_, account)| account.handle)
            .ok_or_else(link_invalid)
    }

    /// Sets a new password by a link, ends all of the account's sessions and tokens, and tells its
    /// owner by mail. The link also proves that its address is the owner's. Signs nobody in.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] if the password is not acceptable;
    /// [`shared::Kind::NotFound`] if the link is not valid.
    pub async fn reset(&self, link: &str, new_password: &str, locale: Locale) -> Result<()> {
        let new = Password::parse(new_password)
            .map_err(|phrase| AppError::field("new_password", phrase))?;
        let found = self.find_link(&secret(link)?, Purpose::Reset).await?;
        let (link, account) = found
            .filter(|(link, _)| link.used_at.is_none())
            .ok_or_else(link_invalid)?;
        let hash = self.passwords.hash(&new).await?;
        let user = UserId(account.id);
        change!(self.store, true, |txn| {
            let account = lock_account(txn, user).await?;
            let account = account.ok_or_else(link_invalid)?;
            let used = Self::use_link(txn, &link).await?;
            if !used {
                // The hash is salted, so if it is there, an earlier try of this change was
                // committed after all.
                return if account.password_hash == hash {
                    Ok(())
                } else {
                    Err(link_invalid())
                };
            }
            if account.email != link.email {
                return Err(link_invalid());
            }
            write_password(txn, user, &hash).await?;
            mark_verified(txn, user).await?;
            // Whoever knew the password may have made a token.
            Tokens::end_all(txn, user).await?;
            Sessions::end_all(txn, user).await?;
            Jobs::enqueue(txn, &PasswordChangedMail::new(user, locale)).await
        })
    }
}

/// Records that the account's address is its owner's, if that was not known.
pub(super) async fn mark_verified(txn: &Txn, user: UserId) -> Result<()> {
    account::Entity::update_many()
        .col_expr(account::Column::VerifiedAt, Expr::value(clock::now()))
        .filter(account::Column::Id.eq(user.0))
        .filter(account::Column::VerifiedAt.is_null())
        .exec(txn.db())
        .await?;
    Ok(())
}
