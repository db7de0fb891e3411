//! Names beside what people did, in the query that reads it.

use sea_orm::{EntityTrait, FromQueryResult, JoinType, QuerySelect, Select};
use shared::{dto::Person, text::Handle};

use crate::entities::account;

/// Somebody's name in a row; nothing if their account is gone.
#[derive(Clone, FromQueryResult)]
pub struct Name {
    handle: Option<String>,
    display_name: Option<String>,
}

impl From<Name> for Person {
    fn from(
        Name {
            handle,
            display_name,
        }: Name,
    ) -> Self {
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
        .join(
            JoinType::LeftJoin,
            E::belongs_to(account::Entity)
                .from(of)
                .to(account::Column::Id)
                .into(),
        )
        .column(account::Column::Handle)
        .column(account::Column::DisplayName)
}

/// The key of the account that a handle in an address or a form may be of; none if no handle is
/// written so, and nobody can have it. Whatever else was sent never reaches the database, which may
/// refuse it, as PostgreSQL does U+0000.
pub fn handle_key(text: &str) -> Option<String> {
    let plain = (1..=Handle::MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    plain.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::handle_key;

    #[test]
    fn only_what_may_be_a_handle_is_looked_up() {
        assert_eq!(handle_key("Ann-2"), Some("ann-2".into()));
        for odd in [
            "",
            "a b",
            "ann\u{0}",
            "ännchen",
            "@ann",
            "ann/..",
            &"x".repeat(31),
        ] {
            assert_eq!(handle_key(odd), None, "{odd:?}");
        }
    }
}
