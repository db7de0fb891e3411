//! Bringing the keys of stored e-mail addresses up to date.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use shared::text::Email;

use super::Accounts;
use crate::{
    Result,
    entities::account::{Column, Entity, Model},
    store::change,
};

impl Accounts {
    /// Gives accounts from before [`Email::key`] was what is unique their key. Only addresses with
    /// other letters than ASCII's can have an older one. Of several accounts with one address the
    /// first gets it; the others keep theirs, so that each goes on, and a warning names them.
    /// Idempotent, and one query where there is nothing to do.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn renew_email_keys(&self) -> Result<()> {
        let not_ascii = Expr::cust("octet_length(email) <> length(email)");
        let rows = Entity::find()
            .filter(not_ascii)
            .order_by_asc(Column::Id)
            .all(self.store.readers())
            .await?;
        for row in rows {
            let Ok(email) = Email::parse(&row.email) else {
                continue;
            };
            let key = email.key();
            if key != row.email_key && !self.give_key(&row, &key).await? {
                tracing::warn!(
                    account = row.id,
                    "another account has the same e-mail address in other characters; both go on"
                );
            }
        }
        Ok(())
    }

    /// Gives an account its key, unless another has it.
    async fn give_key(&self, row: &Model, key: &str) -> Result<bool> {
        change!(self.store, |txn| {
            if Entity::find()
                .filter(Column::EmailKey.eq(key))
                .one(txn.db())
                .await?
                .is_some()
            {
                return Ok(false);
            }
            let update = Entity::update_many().col_expr(Column::EmailKey, Expr::value(key));
            update
                .filter(Column::Id.eq(row.id))
                .filter(Column::Email.eq(row.email.as_str()))
                .exec(txn.db())
                .await?;
            Ok(true)
        })
    }
}
