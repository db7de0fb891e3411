//! PostgreSQL connections with a deadline on every use.
//!
//! A connection can die silently, as when a firewall drops its state: nothing sent arrives, and no
//! error comes back. sqlx waits for answers without a timeout, and also pings a returned connection
//! without one, while the connection still counts against the pool. Here every use of a connection
//! has a deadline; a connection that misses it is dropped without a ping, and the pool opens
//! another.

use std::{str::FromStr, time::Duration};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    Statement,
    sqlx::{
        self, AssertSqlSafe, Connection, Executor, PgConnection, PgPool, Postgres,
        pool::PoolConnection,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::{sync::Mutex, time::timeout};

use crate::store::ACQUIRE_TIMEOUT;

/// Maximum connections per process.
const MAX_CONNECTIONS: u32 = 16;
/// Longer than `statement_timeout` below, so that only a silent connection misses it.
const STATEMENT_DEADLINE: Duration = Duration::from_secs(9);
/// Deadline of a ping, of the rollback of an abandoned transaction, and of the return to the pool.
const PING_DEADLINE: Duration = Duration::from_secs(1);
/// A connection that was idle for less is used without a ping.
const NO_PING_WITHIN: Duration = Duration::from_secs(1);
/// Server-side settings of each connection. The server, too, detects a dead connection only by
/// timeouts, and until then its open transaction keeps its locks.
const SETTINGS: [(&str, &str); 7] = [
    ("statement_timeout", "8s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "10s"),
];

/// Opens a pool for the database at `url`, with one connection.
pub async fn connect(url: &str) -> Result<PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("artcritique")
        .options(SETTINGS);
    PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, last| {
            Box::pin(async move {
                if last.idle_for < NO_PING_WITHIN {
                    return Ok(true);
                }
                with_deadline(PING_DEADLINE, connection.ping())
                    .await
                    .map(|()| true)
            })
        })
        .connect_with(options)
        .await
}

/// Awaits an answer until the deadline.
async fn with_deadline<T>(
    deadline: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(deadline, answer).await.unwrap_or_else(|_| {
        metrics::counter!("artcritique_db_silent_total").increment(1);
        Err(sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::TimedOut,
            "PostgreSQL is silent; the connection is dropped",
        )))
    })
}

/// Connection counts of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Maximum connections.
    pub max: u32,
    /// Open connections, idle or in use.
    pub open: u32,
    /// Idle connections.
    pub idle: u32,
}

/// A pool with a deadline on every use.
#[derive(Clone)]
pub struct Pool(PgPool);

impl Pool {
    pub const fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    pub fn figures(&self) -> Figures {
        let idle = u32::try_from(self.0.num_idle()).unwrap_or(u32::MAX);
        Figures {
            max: self.0.options().get_max_connections(),
            open: self.0.size(),
            idle,
        }
    }

    async fn lease(&self) -> Result<Lease, DbErr> {
        let connection = self.0.acquire().await.map_err(unacquired)?;
        Ok(Lease {
            connection: Some(connection),
            link: Link::Idle,
            in_transaction: false,
        })
    }

    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        let mut lease = self.lease().await?;
        lease.in_transaction = true;
        lease.execute_unprepared("BEGIN").await?;
        Ok(Transaction(Mutex::new(lease)))
    }

    pub async fn ping(&self) -> Result<(), DbErr> {
        let mut lease = self.lease().await?;
        lease
            .ask(|connection| Box::pin(connection.ping()))
            .await
            .map_err(failed_query)
    }
}

/// The state of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    /// No answer is outstanding.
    Idle,
    /// An answer is outstanding.
    Waiting,
    /// Broken, or silent past the deadline.
    Lost,
}

/// A connection on loan from the pool.
struct Lease {
    connection: Option<PoolConnection<Postgres>>,
    link: Link,
    /// Whether to roll back when the lease ends.
    in_transaction: bool,
}

impl Lease {
    /// Sends a request to the server and awaits the answer.
    async fn ask<T>(
        &mut self,
        request: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let connection = self
            .connection
            .as_deref_mut()
            .filter(|_| self.link == Link::Idle);
        let connection = connection
            .ok_or_else(|| sqlx::Error::Protocol("the connection was lost before".into()))?;
        self.link = Link::Waiting;
        let answer = with_deadline(STATEMENT_DEADLINE, request(connection)).await;
        let lost = matches!(
            &answer,
            Err(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))
        );
        self.link = if lost { Link::Lost } else { Link::Idle };
        answer
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let done = self
            .ask(|connection| Box::pin(async move { query(&statement).execute(connection).await }));
        done.await.map(Into::into).map_err(failed)
    }

    async fn execute_unprepared(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let sql = sql.to_owned();
        let done = self.ask(|connection| Box::pin(connection.execute(AssertSqlSafe(sql))));
        done.await.map(Into::into).map_err(failed)
    }

    async fn query_one(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let row = self.ask(|connection| {
            Box::pin(async move { query(&statement).fetch_optional(connection).await })
        });
        Ok(row.await.map_err(failed_query)?.map(Into::into))
    }

    async fn query_all(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = self.ask(|connection| {
            Box::pin(async move { query(&statement).fetch_all(connection).await })
        });
        Ok(rows
            .await
            .map_err(failed_query)?
            .into_iter()
            .map(Into::into)
            .collect())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if self.link == Link::Lost {
            // Frees the pool's permit at once and closes the socket without a protocol goodbye.
            drop(connection.detach());
        } else {
            tokio::spawn(hand_back(connection, self.in_transaction));
        }
    }
}

/// Returns a connection to the pool. If its user was cancelled, the rest of the answer is read and
/// the transaction rolled back first. A connection that misses the deadline is closed.
async fn hand_back(mut connection: PoolConnection<Postgres>, in_transaction: bool) {
    if in_transaction
        && with_deadline(PING_DEADLINE, connection.execute("ROLLBACK"))
            .await
            .is_err()
    {
        drop(connection.detach());
        return;
    }
    // As sqlx does when a connection is dropped, but with a deadline.
    let returned = connection.return_to_pool();
    let _ = with_deadline(PING_DEADLINE, async move {
        returned.await;
        Ok(())
    })
    .await;
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn failed_query(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn unacquired(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        error => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
    }
}

fn query(statement: &Statement) -> sqlx::query::Query<'_, Postgres, SqlxValues> {
    let values = statement
        .values
        .clone()
        .unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.lease().await?.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.lease().await?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.lease().await?.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.lease().await?.query_all(statement).await
    }
}

/// A transaction. Dropping it rolls it back.
pub struct Transaction(Mutex<Lease>);

impl Transaction {
    pub async fn commit(self) -> Result<(), DbErr> {
        let mut lease = self.0.into_inner();
        // Whatever the outcome, there is nothing to roll back afterwards.
        lease.in_transaction = false;
        lease.execute_unprepared("COMMIT").await.map(drop)
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.lock().await.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.lock().await.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.lock().await.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.lock().await.query_all(statement).await
    }
}
