//! Looking tokens up, in batches.

use std::{collections::HashMap, sync::Arc};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use shared::dto::TokenView;

use crate::{
    Result, Store,
    accounts::proof::{language, viewer},
    clock::timestamp,
    credential::TokenKey,
    entities::{
        account,
        token::{Column, Entity, Model},
    },
    policy::{Actor, Role, Scopes},
};

/// A token with its account, as read from the database and cached.
#[derive(Clone)]
pub struct StoredToken {
    /// The account, with what both its role and the token allow.
    pub actor: Actor,
    /// When it expires, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// When it was last used, in milliseconds since 1970.
    pub last_used_at: Option<i64>,
}

impl StoredToken {
    /// Whether it has expired at this time, in milliseconds since 1970.
    pub fn has_expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// Reads tokens with their accounts; `None` for a token that does not exist.
pub async fn find_all(
    store: Store,
    keys: Vec<Arc<TokenKey>>,
) -> Result<Vec<Result<Option<StoredToken>>>> {
    // Padded to a power of two, so that there are only a few prepared statements.
    let texts = keys
        .iter()
        .map(|key| key.text())
        .cycle()
        .take(keys.len().next_power_of_two());
    let rows = Entity::find()
        .find_also_related(account::Entity)
        .filter(Column::KeyHash.is_in(texts))
        .all(store.readers())
        .await?;
    let mut found: HashMap<String, StoredToken> = HashMap::with_capacity(rows.len());
    for (row, person) in rows {
        let Some(person) = person else { continue };
        let (role, language) = (Role::stored(&person.role), language(&person));
        let stored = StoredToken {
            actor: Actor::of_token(viewer(person), role, Scopes::of_stored(&row.scopes))
                .reading(language),
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        };
        found.insert(row.key_hash, stored);
    }
    Ok(keys
        .iter()
        .map(|key| Ok(found.get(&key.text()).cloned()))
        .collect())
}

/// A token for its owner's list.
pub fn view(row: Model) -> TokenView {
    TokenView {
        id: shared::TokenId(row.id),
        scopes: Scopes::of_stored(&row.scopes).to_vec(),
        created_at: timestamp(row.created_at),
        last_used_at: row.last_used_at.map(timestamp),
        expires_at: row.expires_at.map(timestamp),
        name: row.name,
    }
}
