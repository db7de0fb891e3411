//! Names for ids, many at a time.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use shared::dto::Person;

use crate::{Result, entities::account};

/// The people behind these accounts, in one query.
pub async fn people(db: &impl ConnectionTrait, ids: impl IntoIterator<Item = i64>) -> Result<HashMap<i64, Person>> {
    let mut ids: Vec<i64> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, String, String)> = account::Entity::find()
        .select_only()
        .columns([account::Column::Id, account::Column::Handle, account::Column::DisplayName])
        .filter(account::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(id, handle, display_name)| (id, Person { handle, display_name })).collect())
}

/// Takes a person out of [`people`]'s answer; one whose account is gone is still somebody.
pub fn named(people: &HashMap<i64, Person>, id: i64) -> Person {
    people.get(&id).cloned().unwrap_or_else(|| Person { handle: "deleted".into(), display_name: "Somebody who left".into() })
}
