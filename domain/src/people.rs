//! Names beside what people did, in the query that reads it.

use sea_orm::{EntityTrait, FromQueryResult, JoinType, QuerySelect, Select};
use shared::dto::Person;

use crate::entities::account;

/// Somebody's name in a row; nothing if their account is gone.
#[derive(Clone, FromQueryResult)]
pub struct Name {
    handle: Option<String>,
    display_name: Option<String>,
}

impl From<Name> for Person {
    fn from(Name { handle, display_name }: Name) -> Self {
        // One whose account is gone is still somebody.
        Self {
            handle: handle.unwrap_or_else(|| "deleted".into()),
            display_name: display_name.unwrap_or_else(|| "Somebody who left".into()),
        }
    }
}

/// Adds the [`Name`] of whom a column names.
pub fn with_name<E: EntityTrait>(select: Select<E>, of: E::Column) -> Select<E> {
    select
        .join(JoinType::LeftJoin, E::belongs_to(account::Entity).from(of).to(account::Column::Id).into())
        .column(account::Column::Handle)
        .column(account::Column::DisplayName)
}
