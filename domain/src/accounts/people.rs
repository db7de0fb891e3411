//! Joins people's names to the rows that refer to them, and parses handles for look-up.

use sea_orm::{EntityTrait, FromQueryResult, JoinType, QuerySelect, Select};
use shared::{dto::Person, text::Handle};

use crate::entities::account;

/// A person's name as joined to a row; the columns are `None` if the account was deleted.
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
        // Placeholders for a deleted account.
        Self {
            handle: handle.unwrap_or_else(|| Self::GONE_HANDLE.into()),
            display_name: display_name.unwrap_or_else(|| "Somebody who left".into()),
        }
    }
}

/// Joins the [`Name`] of the account that a column refers to.
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

/// The `handle_key` for a handle in a URL or a form; `None` if the text is no valid handle. Invalid
/// text never reaches the database, which may reject it, as PostgreSQL rejects U+0000.
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
    fn only_valid_handles_are_looked_up() {
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
