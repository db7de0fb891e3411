//! The operator's view of the queue: counts, lists, retry and removal.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Select, sea_query::Expr,
};

use crate::{
    Result, Store, clock,
    entities::job::{Column, Entity, Model},
    jobs::{DEAD_RETENTION, DONE_RETENTION, Jobs, lease::ms},
    store::{Txn, change},
};

/// Maximum jobs per page of a list.
const MAX_PAGE: u64 = 200;
/// Jobs per transaction of a change to many.
const BATCH: u64 = 500;

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only dead letters.
    pub dead: bool,
}

/// The state of a job in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits until it is due, or for a runner.
    Waiting,
    /// A node runs it.
    Running,
    /// It has failed for good.
    Dead,
}

impl State {
    /// Its name in lists and metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Dead => "dead",
        }
    }
}

/// A job in a list. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// Its state.
    pub state: State,
    /// Tries begun since it last made progress.
    pub tries: i64,
    /// When it was enqueued.
    pub created_at: i64,
    /// When it is due.
    pub run_at: i64,
    /// The error of its last failed try.
    pub last_error: Option<String>,
}

impl From<Model> for Listed {
    fn from(job: Model) -> Self {
        let state = match (job.dead_at, job.lease) {
            (Some(_), _) => State::Dead,
            (None, Some(_)) => State::Running,
            (None, None) => State::Waiting,
        };
        Self {
            id: job.id,
            kind: job.kind,
            state,
            tries: job.tries,
            created_at: job.created_at,
            run_at: job.run_at,
            last_error: job.last_error,
        }
    }
}

/// A page of a list, by ascending id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The jobs.
    pub items: Vec<Listed>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<i64>,
}

/// The number of jobs of one kind in each state.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct KindFigures {
    /// The kind.
    pub kind: String,
    /// Waiting jobs, due or not.
    pub waiting: i64,
    /// Running jobs.
    pub running: i64,
    /// Dead letters.
    pub dead: i64,
    /// When the first of the waiting jobs is or was due, in milliseconds since 1970.
    pub next_due: Option<i64>,
}

impl KindFigures {
    /// For how many milliseconds the oldest due job has been waiting; `None` if none is due.
    pub fn lag_ms(&self, now: i64) -> Option<i64> {
        self.next_due.map(|due| now - due).filter(|lag| *lag >= 0)
    }
}

impl Jobs {
    /// A page of the queue: the jobs with ids above `after`, at most `limit` of them and 200.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn list(&self, filter: &Filter, after: i64, limit: u64) -> Result<Page> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut found = Entity::find()
            .filter(Column::DoneAt.is_null())
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(limit + 1);
        if let Some(kind) = &filter.kind {
            found = found.filter(Column::Kind.eq(kind));
        }
        if filter.dead {
            found = found.filter(Column::DeadAt.is_not_null());
        }
        let mut items: Vec<Listed> = found
            .all(self.0.store.readers())
            .await?
            .into_iter()
            .map(Into::into)
            .collect();
        let more = items.len() as u64 > limit;
        items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = items.last().filter(|_| more).map(|last| last.id);
        Ok(Page { items, next })
    }

    /// The number of jobs by kind and state.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn figures(&self) -> Result<Vec<KindFigures>> {
        figures(&self.0.store).await
    }

    /// Makes a dead letter or a job that waits for its next try due at once, with all its tries.
    /// Returns false if there is no such job or a node is running it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn retry(&self, id: i64) -> Result<bool> {
        let retried = change!(self.0.store, true, |txn| revive(txn, vec![id]).await)?;
        Ok(retried > 0)
    }

    /// As [`Self::retry`], for all dead letters of a kind. Returns their number.
    ///
    /// # Errors
    /// When the database refuses; batches changed before stay changed.
    pub async fn retry_dead(&self, kind: &str) -> Result<u64> {
        let mut retried = 0;
        loop {
            let batch = change!(self.0.store, |txn| {
                let ids = dead(kind).all(txn.db()).await?;
                revive(txn, ids.iter().map(|job| job.id).collect()).await
            })?;
            retried += batch;
            if batch < BATCH {
                return Ok(retried);
            }
        }
    }

    /// Removes a job from the queue. A run in progress can then no longer complete it. Returns
    /// false if there is no such job.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove(&self, id: i64) -> Result<bool> {
        let removed = change!(self.0.store, true, |txn| {
            Ok(Entity::delete_by_id(id).exec(txn.db()).await?)
        })?;
        Ok(removed.rows_affected > 0)
    }

    /// Removes all dead letters of a kind. Returns their number.
    ///
    /// # Errors
    /// When the database refuses; batches removed before stay removed.
    pub async fn remove_dead(&self, kind: &str) -> Result<u64> {
        remove_in_batches(&self.0.store, dead(kind)).await
    }
}

/// The number of jobs by kind and state.
///
/// # Errors
/// When the database can't be read.
pub async fn figures(store: &Store) -> Result<Vec<KindFigures>> {
    let count = |state: &str| Expr::cust(format!("SUM(CASE WHEN {state} THEN 1 ELSE 0 END)"));
    let waiting = "lease IS NULL AND dead_at IS NULL";
    // A schedule's first run may be due before the job was enqueued.
    let due = "CASE WHEN run_at > created_at THEN run_at ELSE created_at END";
    Ok(Entity::find()
        .select_only()
        .column(Column::Kind)
        .column_as(count(waiting), "waiting")
        .column_as(count("lease IS NOT NULL"), "running")
        .column_as(count("dead_at IS NOT NULL"), "dead")
        .column_as(
            Expr::cust(format!("MIN(CASE WHEN {waiting} THEN {due} END)")),
            "next_due",
        )
        .filter(Column::DoneAt.is_null())
        .group_by(Column::Kind)
        .order_by_asc(Column::Kind)
        .into_model()
        .all(store.readers())
        .await?)
}

/// Deletes the rows of completed jobs and of dead letters past their retention. Returns the number
/// of deleted rows.
///
/// # Errors
/// When the database refuses; batches deleted before stay deleted.
pub async fn tidy(store: &Store, now: i64) -> Result<u64> {
    let old = Condition::any()
        .add(Column::DoneAt.lt(now - ms(DONE_RETENTION)))
        .add(Column::DeadAt.lt(now - ms(DEAD_RETENTION)));
    remove_in_batches(store, Entity::find().filter(old).limit(BATCH)).await
}

/// A batch of the dead letters of a kind.
fn dead(kind: &str) -> Select<Entity> {
    Entity::find()
        .filter(Column::Kind.eq(kind))
        .filter(Column::DeadAt.is_not_null())
        .order_by_asc(Column::Id)
        .limit(BATCH)
}

async fn revive(txn: &mut Txn, ids: Vec<i64>) -> Result<u64> {
    let revived = Entity::update_many()
        .col_expr(Column::DeadAt, Expr::value(None::<i64>))
        .col_expr(Column::Tries, Expr::value(0))
        .col_expr(Column::RunAt, Expr::value(clock::now()))
        .filter(Column::Id.is_in(ids))
        .filter(Column::Lease.is_null())
        .filter(Column::DoneAt.is_null())
        .exec(txn.db())
        .await?
        .rows_affected;
    if revived > 0 {
        txn.publish_once(crate::bus::Message::JobsWaiting);
    }
    Ok(revived)
}

async fn remove_in_batches(store: &Store, batch: Select<Entity>) -> Result<u64> {
    let mut removed = 0;
    loop {
        let gone = change!(store, |txn| {
            let ids: Vec<i64> = batch
                .clone()
                .select_only()
                .column(Column::Id)
                .into_tuple()
                .all(txn.db())
                .await?;
            Ok(Entity::delete_many()
                .filter(Column::Id.is_in(ids))
                .exec(txn.db())
                .await?
                .rows_affected)
        })?;
        removed += gone;
        if gone < BATCH {
            return Ok(removed);
        }
    }
}
