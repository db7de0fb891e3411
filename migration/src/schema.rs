use sea_orm_migration::{MigrationTrait, SchemaManager, sea_orm::DatabaseConnection};

use crate::{
    FLOORS, Fault, SchemaStatus, ledger, migrations,
    rule::{floor, judge},
    upgrade::{Wait, in_turn},
};

/// The schema as a program knows it.
pub struct Schema {
    migrations: Vec<Box<dyn MigrationTrait>>,
    floors: Vec<(&'static str, &'static str)>,
    program: String,
}

impl Schema {
    /// The schema of this program.
    pub fn current() -> Self {
        Self {
            migrations: migrations(),
            floors: FLOORS.to_vec(),
            program: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// As an older program knew it, by the number of migrations it had. For tests.
    #[must_use]
    pub fn of_the_first(mut self, count: usize) -> Self {
        self.migrations.truncate(count);
        self
    }

    /// As a newer program may know it: with one more migration, and the oldest migration a program
    /// has to know to run over it, where that one takes something away. For tests.
    #[must_use]
    pub fn and(
        mut self,
        migration: Box<dyn MigrationTrait>,
        since: Option<&'static str>,
        program: &str,
    ) -> Self {
        if let Some(since) = since {
            // As in the list: named by a migration that lives as long as the program.
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

    /// How a database stands to this schema. Changes nothing in it.
    ///
    /// # Errors
    /// [`Fault::TooNew`], or when the database can't be read.
    pub async fn status(&self, db: &DatabaseConnection) -> Result<SchemaStatus, Fault> {
        self.look(&SchemaManager::new(db)).await
    }

    async fn look(&self, manager: &SchemaManager<'_>) -> Result<SchemaStatus, Fault> {
        judge(&self.names(), &ledger::read(manager).await?, &self.program)
    }

    /// Applies the migrations that the database lacks, each in one transaction with the record of
    /// it, so that a process that dies leaves nothing half done. Any number of processes may do
    /// this at the same time: they take turns. Gives the names of those that were applied here.
    ///
    /// # Errors
    /// [`Fault::TooNew`]; [`Fault::Busy`] when another process did not let go of the schema in
    /// time; or when the database refuses.
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

    /// Applies one migration; gives its name, or nothing if the database lacks none.
    async fn apply_next(&self, db: &DatabaseConnection) -> Result<Option<String>, Fault> {
        // As nearly always there is nothing to do, and nothing is locked.
        if self.status(db).await?.pending.is_empty() {
            return Ok(None);
        }
        let txn = in_turn(db).await?;
        let manager = SchemaManager::new(&txn);
        // Another process may have been quicker.
        let Some(name) = self.look(&manager).await?.pending.into_iter().next() else {
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

    /// Undoes all migrations, the newest first, with all that the database holds.
    ///
    /// # Errors
    /// When the database refuses; then nothing was undone.
    pub async fn undo(&self, db: &DatabaseConnection) -> Result<(), Fault> {
        let txn = in_turn(db).await?;
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
