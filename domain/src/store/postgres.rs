//! PostgreSQL connections of which no use waits for ever.
//!
//! A link can die without a word, as when a firewall forgets it: nothing that is sent arrives, and
//! no error comes back. sqlx waits for an answer without a limit, and pings a connection that is
//! given back without one, while that still counts against the pool. So here every use of a
//! connection has a deadline. One that misses it is dropped, not asked, and the pool opens another
//! in its place.

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

use super::PATIENCE;

/// Connections of one process.
const CONNECTIONS: u32 = 16;
/// Longer than the server lets a statement run (`statement_timeout` below), so that only silence
/// misses it.
const STATEMENT_DEADLINE: Duration = Duration::from_secs(9);
/// How long a connection may take to say that it lives.
const PING_DEADLINE: Duration = Duration::from_secs(1);
/// A connection that was used within this time is not pinged before it is used again.
const FRESH: Duration = Duration::from_secs(1);
/// What the server is to hold each connection to. It, too, learns of a dead link by deadlines only,
/// and until then a transaction that was under way keeps its locks.
const SETTINGS: [(&str, &str); 7] = [
    ("statement_timeout", "8s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "10s"),
];

/// A pool for the database at `url`, with one connection made.
pub async fn connect(url: &str) -> Result<PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("artcritique")
        .options(SETTINGS);
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, last| {
            Box::pin(async move {
                if last.idle_for < FRESH {
                    return Ok(true);
                }
                answer(PING_DEADLINE, connection.ping())
                    .await
                    .map(|()| true)
            })
        })
        .connect_with(options)
        .await
}

/// Awaits an answer, but not for ever.
async fn answer<T>(
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

/// How many connections there are, and how many of them are not in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The most there may be.
    pub max: u32,
    /// Those that are open.
    pub open: u32,
    /// Those of them that nobody uses.
    pub idle: u32,
}

/// A pool each use of which has a deadline.
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

/// What is known of a link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    /// All that was asked has been answered.
    Idle,
    /// An answer is due.
    Waiting,
    /// Broken, or silent past the deadline.
    Lost,
}

/// A connection on loan from the pool.
struct Lease {
    connection: Option<PoolConnection<Postgres>>,
    link: Link,
    /// Whether there is something to roll back when it ends.
    in_transaction: bool,
}

impl Lease {
    /// Asks something and awaits the answer.
    async fn ask<T>(
        &mut self,
        question: impl for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let connection = self
            .connection
            .as_deref_mut()
            .filter(|_| self.link == Link::Idle);
        let connection = connection
            .ok_or_else(|| sqlx::Error::Protocol("the connection was lost before".into()))?;
        self.link = Link::Waiting;
        let answer = answer(STATEMENT_DEADLINE, question(connection)).await;
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
            // Its place in the pool is free at once, and the socket is closed without a word.
            drop(connection.detach());
        } else {
            tokio::spawn(hand_back(connection, self.in_transaction));
        }
    }
}

/// Gives a connection back to the pool. Its user may have gone in the middle of something: then the
/// rest of the answer is read first, and the transaction rolled back. A connection that is not
/// through with that in time is closed.
async fn hand_back(mut connection: PoolConnection<Postgres>, in_transaction: bool) {
    if in_transaction
        && answer(PING_DEADLINE, connection.execute("ROLLBACK"))
            .await
            .is_err()
    {
        drop(connection.detach());
        return;
    }
    // What sqlx does by itself when a connection is dropped, but for the deadline.
    let returned = connection.return_to_pool();
    let _ = answer(PING_DEADLINE, async move {
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
        // Whatever comes of it, there is nothing to roll back after it.
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
