//! Decides whether a program can run on a database. Pure, so that it is tested without a database.

use crate::Fault;

/// A migration that was applied to a database, as recorded by the program that applied it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// The version of the program that applied it, if recorded.
    pub program: Option<String>,
    /// The oldest migration that a program must know to run on the schema as of this migration, if
    /// recorded.
    pub compatible_since: Option<String>,
}

/// The state of a database, for a program that can run on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaStatus {
    /// Migrations that the program has yet to apply, oldest first.
    pub pending: Vec<String>,
    /// The version of a newer program that applied migrations unknown to this one, all of them
    /// compatible.
    pub newer: Option<String>,
}

/// Compares the migrations applied to a database with those that a program knows.
///
/// # Errors
/// [`Fault::TooNew`] if a migration is unknown to the program and incompatible with it.
pub fn compare(known: &[&str], applied: &[Applied], program: &str) -> Result<SchemaStatus, Fault> {
    let mut newer = None;
    for migration in applied
        .iter()
        .filter(|migration| !known.contains(&migration.name.as_str()))
    {
        let compatible = migration
            .compatible_since
            .as_deref()
            .is_some_and(|since| known.contains(&since));
        if !compatible {
            // The newest unknown migration names the program version to run.
            let last = applied
                .iter()
                .rev()
                .find(|applied| !known.contains(&applied.name.as_str()))
                .unwrap_or(migration);
            return Err(Fault::TooNew {
                program: program.to_owned(),
                migration: migration.name.clone(),
                written_by: last.program.clone(),
            });
        }
        newer.clone_from(&migration.program);
    }
    let has = |name: &str| applied.iter().any(|migration| migration.name == name);
    Ok(SchemaStatus {
        pending: known
            .iter()
            .filter(|name| !has(name))
            .map(|name| (*name).to_owned())
            .collect(),
        newer,
    })
}

/// The oldest migration that a program must know to run on the schema as of the last of `names`.
pub fn floor<'a>(names: &[&'a str], floors: &[(&str, &'a str)]) -> Option<&'a str> {
    let mut floor = names.first().copied();
    for name in names {
        if let Some((_, since)) = floors.iter().find(|(migration, _)| migration == name) {
            floor = Some(since);
        }
    }
    floor
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(name: &str, compatible_since: Option<&str>) -> Applied {
        Applied {
            name: name.into(),
            program: compatible_since.map(|_| "2.0.0".into()),
            compatible_since: compatible_since.map(Into::into),
        }
    }

    #[test]
    fn missing_migrations_are_pending() {
        let status = compare(&["a", "b", "c"], &[applied("a", None)], "1.0.0").expect("can run");
        assert_eq!(
            status,
            SchemaStatus {
                pending: vec!["b".into(), "c".into()],
                newer: None
            }
        );
    }

    #[test]
    fn an_older_program_runs_on_additions_and_reports_the_newer_version() {
        let database = [
            applied("a", None),
            applied("b", None),
            applied("c", Some("a")),
        ];
        let status = compare(&["a", "b"], &database, "1.0.0").expect("can run");
        assert_eq!(
            status,
            SchemaStatus {
                pending: vec![],
                newer: Some("2.0.0".into())
            }
        );
    }

    #[test]
    fn an_older_program_refuses_a_schema_without_what_it_needs() {
        let database = [
            applied("a", None),
            applied("b", Some("a")),
            applied("c", Some("b")),
            applied("d", Some("b")),
        ];
        assert!(
            compare(&["a", "b"], &database, "1.0.0").is_ok(),
            "the release before no longer needs it"
        );
        let refused = compare(&["a"], &database, "1.0.0")
            .expect_err("too old")
            .to_string();
        for words in ["newer than this program", "2.0.0", "1.0.0", "c"] {
            assert!(refused.contains(words), "{words} is not in: {refused}");
        }
    }

    #[test]
    fn an_unknown_migration_without_a_record_is_refused() {
        let refused = compare(&["a"], &[applied("a", None), applied("z", None)], "1.0.0")
            .expect_err("unknown")
            .to_string();
        assert!(refused.contains("newer than this program"), "{refused}");
    }

    #[test]
    fn the_floor_rises_only_with_removals() {
        let names = ["a", "b", "c", "d"];
        assert_eq!(floor(&names, &[]), Some("a"));
        assert_eq!(floor(&names, &[("c", "b")]), Some("b"));
        assert_eq!(floor(&names[..2], &[("c", "b")]), Some("a"));
        assert_eq!(floor(&names, &[("c", "b"), ("d", "d")]), Some("d"));
        assert_eq!(floor(&[], &[]), None);
    }
}
