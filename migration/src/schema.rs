use sea_orm_migration::{MigrationTrait, SchemaManager, sea_orm::DatabaseConnection};

use crate::{
    backfill::{self, Backfill},
    ledger,
    rule::{SchemaStatus, compare, floor},
    upgrade::{Fault, Wait, begin_locked},
};

/// The schema that a program expects: the migrations it knows.
pub struct Schema {
    migrations: Vec<Box<dyn MigrationTrait>>,
    backfills: Vec<Box<dyn Backfill>>,
    floors: Vec<(&'static str, &'static str)>,
    program: String,
}

impl Schema {
    pub(crate) fn new(
        migrations: Vec<Box<dyn MigrationTrait>>,
        backfills: Vec<Box<dyn Backfill>>,
        floors: &[(&'static str, &'static str)],
    ) -> Self {
        Self {
            migrations,
            backfills,
            floors: floors.to_vec(),
            program: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// The schema of an older program, which had only the first `count` migrations. For tests.
    #[must_use]
    pub fn of_the_first(mut self, count: usize) -> Self {
        self.migrations.truncate(count);
        self
    }

    /// The schema of a newer program, with one more migration and, if that one removes something,
    /// the oldest migration that a program must know to run without it. For tests.
    #[must_use]
    pub fn and(
        mut self,
        migration: Box<dyn MigrationTrait>,
        since: Option<&'static str>,
        program: &str,
    ) -> Self {
        if let Some(since) = since {
            // Names in [`FLOORS`] are `'static`, so this one is leaked.
            let name: &'static str = Box::leak(migration.name().to_owned().into_boxed_str());
            self.floors.push((name, since));
        }
        self.migrations.push(migration);
        program.clone_into(&mut self.program);
        self
    }

    /// The names of the migrations, oldest first.
    pub fn names(&self) -> Vec<&str> {
        self.migrations
            .iter()
            .map(|migration| migration.name())
            .collect()
    }

    /// The state of a database relative to this schema. Read-only.
    ///
    /// # Errors
    /// [`Fault::TooNew`], or when the database can't be read.
    pub async fn status(&self, db: &DatabaseConnection) -> Result<SchemaStatus, Fault> {
        self.status_in(&SchemaManager::new(db)).await
    }

    async fn status_in(&self, manager: &SchemaManager<'_>) -> Result<SchemaStatus, Fault> {
        compare(&self.names(), &ledger::read(manager).await?, &self.program)
    }

    /// Applies the missing migrations, each in one transaction with its record, so that a crash
    /// leaves no migration half applied; a backfill precedes it in transactions of its own. Any
    /// number of processes may do this at the same time: a lock serialises them. Returns the names
    /// of the migrations that this process applied.
    ///
    /// # Errors
    /// [`Fault::TooNew`]; [`Fault::Busy`] when another process held the lock for too long; or an
    /// error of the database.
    pub async fn upgrade(&self, db: &DatabaseConnection) -> Result<Vec<String>, Fault> {
        let (mut applied, mut wait) = (Vec::new(), Wait::begin());
        loop {
            match self.apply_next(db).await {
                Ok(Some(name)) => {
                    tracing::debug!(migration = name, "applied");
                    applied.push(name);
                    wait = Wait::begin();
                }
                Ok(None) => {
                    if let Some(to) = applied.last() {
                        tracing::info!(
                            migrations = applied.len(),
                            to,
                            "the database's schema is up to date"
                        );
                    }
                    return Ok(applied);
                }
                Err(fault) => wait.after(fault).await?,
            }
        }
    }

    /// Applies one migration and returns its name, or `None` if none is missing.
    async fn apply_next(&self, db: &DatabaseConnection) -> Result<Option<String>, Fault> {
        // Usually no migration is missing, and no lock is taken.
        let Some(next) = self.status(db).await?.pending.into_iter().next() else {
            return Ok(None);
        };
        for many in self.backfills.iter().filter(|many| many.name() == next) {
            backfill::run(&**many, db).await?;
        }
        let txn = begin_locked(db).await?;
        let manager = SchemaManager::new(&txn);
        // Another process may have applied it while this one waited for the lock.
        let Some(name) = self.status_in(&manager).await?.pending.into_iter().next() else {
            return Ok(None);
        };
        let names = self.names();
        let place = names
            .iter()
            .position(|known| *known == name)
            .unwrap_or_default();
        ledger::install(&manager).await?;
        self.migrations[place].up(&manager).await?;
        let since = floor(&names[..=place], &self.floors).unwrap_or(&name);
        ledger::add(&manager, &name, &self.program, since).await?;
        txn.commit().await?;
        Ok(Some(name))
    }

    /// Reverts all migrations, newest first, and deletes all data with them.
    ///
    /// # Errors
    /// When the database returns an error; then nothing was reverted.
    pub async fn undo(&self, db: &DatabaseConnection) -> Result<(), Fault> {
        let txn = begin_locked(db).await?;
        let manager = SchemaManager::new(&txn);
        let applied = ledger::read(&manager).await?;
        for migration in self.migrations.iter().rev() {
            if applied
                .iter()
                .any(|applied| applied.name == migration.name())
            {
                migration.down(&manager).await?;
                ledger::remove(&manager, migration.name()).await?;
            }
        }
        Ok(txn.commit().await?)
    }
}
