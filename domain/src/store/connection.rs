//! Pools, writers and transactions, each an enum over SQLite and PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

use crate::store::{
    ACQUIRE_TIMEOUT,
    group::{Group, WriteTurn},
    postgres,
};

/// A pool of connections. Each statement acquires its own.
#[derive(Clone)]
pub enum Pool {
    /// SQLite's.
    Sqlite(DatabaseConnection),
    /// PostgreSQL's.
    Postgres(postgres::Pool),
}

/// Begins transactions. On SQLite concurrent ones are committed as a group.
pub enum Writer {
    /// SQLite's one writer.
    Sqlite(Arc<Group>),
    /// PostgreSQL's pool.
    Postgres(postgres::Pool),
}

/// A transaction: on SQLite a writer's savepoint in a shared one.
pub enum Transaction {
    /// SQLite's.
    Sqlite(WriteTurn),
    /// PostgreSQL's.
    Postgres(postgres::Transaction),
}

impl From<DatabaseConnection> for Pool {
    fn from(connection: DatabaseConnection) -> Self {
        match connection.get_database_backend() {
            DbBackend::Postgres => Self::Postgres(postgres::Pool::new(
                connection.get_postgres_connection_pool().clone(),
            )),
            _ => Self::Sqlite(connection),
        }
    }
}

impl From<DatabaseConnection> for Writer {
    fn from(connection: DatabaseConnection) -> Self {
        match Pool::from(connection) {
            Pool::Sqlite(connection) => Self::Sqlite(Group::new(connection)),
            Pool::Postgres(pool) => Self::Postgres(pool),
        }
    }
}

impl Writer {
    /// Begins a transaction. On SQLite it holds the one writer until it ends.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        Ok(match self {
            Self::Sqlite(group) => Transaction::Sqlite(group.begin(ACQUIRE_TIMEOUT).await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }
}

impl Pool {
    /// Connection counts; `None` on SQLite, which has no network connection.
    pub fn figures(&self) -> Option<postgres::Figures> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(pool) => Some(pool.figures()),
        }
    }

    /// Checks that the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(connection) => connection.ping().await,
            Self::Postgres(pool) => pool.ping().await,
        }
    }
}

impl Transaction {
    /// Commits the changes durably.
    ///
    /// # Errors
    /// When the database refuses, or its answer is lost.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(turn) => turn.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

/// Implements [`ConnectionTrait`] by delegating to the variant's connection.
macro_rules! delegate {
    ($kind:ty, |$sqlite:ident| $connection:expr) => {
        #[async_trait]
        impl ConnectionTrait for $kind {
            fn get_database_backend(&self) -> DbBackend {
                match self {
                    Self::Sqlite(_) => DbBackend::Sqlite,
                    Self::Postgres(_) => DbBackend::Postgres,
                }
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                match self {
                    Self::Sqlite($sqlite) => $connection.execute_raw(statement).await,
                    Self::Postgres(connection) => connection.execute_raw(statement).await,
                }
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                match self {
                    Self::Sqlite($sqlite) => $connection.execute_unprepared(sql).await,
                    Self::Postgres(connection) => connection.execute_unprepared(sql).await,
                }
            }

            async fn query_one_raw(
                &self,
                statement: Statement,
            ) -> Result<Option<QueryResult>, DbErr> {
                match self {
                    Self::Sqlite($sqlite) => $connection.query_one_raw(statement).await,
                    Self::Postgres(connection) => connection.query_one_raw(statement).await,
                }
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                match self {
                    Self::Sqlite($sqlite) => $connection.query_all_raw(statement).await,
                    Self::Postgres(connection) => connection.query_all_raw(statement).await,
                }
            }
        }
    };
}

delegate!(Pool, |pool| pool);
delegate!(Transaction, |turn| turn.db());
