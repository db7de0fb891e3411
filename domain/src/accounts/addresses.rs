//! Brings the stored keys of e-mail addresses up to date.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use shared::text::Email;

use crate::{
    Result,
    accounts::Accounts,
    entities::account::{Column, Entity, Model},
    store::change,
};

impl Accounts {
    /// Updates keys that were stored before [`Email::key`] had to be unique. Only addresses with
    /// non-ASCII characters can have an outdated key. If several accounts share one address, the
    /// first gets the new key; the others keep theirs and stay usable, and a warning names them.
    /// Idempotent; one query if there is nothing to do.
    ///
    /// # Errors
    /// On a database error.
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
            if key != row.email_key && !self.store_key(&row, &key).await? {
                tracing::warn!(
                    account = row.id,
                    "another account has the same e-mail address in other characters; both accounts stay valid"
                );
            }
        }
        Ok(())
    }

    /// Stores an account's new key. Returns false if another account has that key.
    async fn store_key(&self, row: &Model, key: &str) -> Result<bool> {
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
