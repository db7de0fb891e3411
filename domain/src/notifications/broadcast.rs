//! Notifies followers of a new artwork: a few at once, many by a resumable job, very many lazily
//! when they come online.
//!
//! The checkpoint of the job moves in the same transaction that notifies a chunk of followers, so
//! each follower is notified once even if the job is killed. Above [`Notifications::lazy_from`]
//! followers, posting writes a single row, and the notification of a follower is written when the
//! follower opens the inbox or has a socket open.

use std::sync::atomic::{AtomicI64, Ordering};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, FromQueryResult,
    JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, LockBehavior, LockType, OnConflict},
};
use shared::{
    ArtworkId, UserId,
    dto::{Subject, Viewer},
};

use crate::{
    Result,
    accounts::people::{Name, with_name},
    bus::Message,
    clock,
    entities::{
        account, artwork, broadcast, event, follow, notification, recipient, rewording, withdrawal,
    },
    jobs::Jobs,
    notifications::{
        Notifications,
        announcement::{Announcement, arrivals},
        deliver::lock_all,
        events::{self, Event},
        fan_out::{Broadcast, Withdrawal},
        items::Content,
        routing::Relation,
    },
    store::{Txn, change},
    work_rows::hold,
};

/// Number of followers up to which the post itself notifies them.
const MAX_IMMEDIATE_FOLLOWERS: i64 = 50;
/// Inboxes per transaction of the job.
const CHUNK: u64 = 500;
/// Lazy broadcasts delivered per catch-up.
const MAX_CATCH_UP: u64 = 100;
/// The advisory lock of [`commit_in_id_order`] (PostgreSQL).
const LAZY_LOCK: i64 = 0x6c61_7a79;
/// Cache TTL of the newest lazy broadcast, in milliseconds.
const LATEST_TTL_MS: i64 = 1_000;

/// The newest lazy broadcast, as cached by this process.
#[derive(Default)]
pub struct Latest {
    id: AtomicI64,
    asked_at: AtomicI64,
}

impl Notifications {
    /// Records that an artwork was posted, and notifies the artist's followers or schedules it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn artwork_posted(
        &self,
        txn: &mut Txn,
        artwork: &artwork::Model,
        artist: &Viewer,
    ) -> Result<()> {
        let event = Event::posted(ArtworkId(artwork.id), artist.id, artwork.created_at);
        let event_id = events::record_one(txn, &event).await?;
        let followers: Option<i64> = account::Entity::find_by_id(artist.id.0)
            .select_only()
            .column(account::Column::FollowerCount)
            .into_tuple()
            .one(txn.db())
            .await?;
        let followers = followers.unwrap_or(0);
        if followers == 0 {
            return Ok(());
        }
        if followers <= MAX_IMMEDIATE_FOLLOWERS {
            let announcement = Announcement::new(event_id, event, artist, artwork, String::new());
            let all: Vec<i64> = follow::Entity::find()
                .select_only()
                .column(follow::Column::FollowerId)
                .filter(follow::Column::ArtistId.eq(artist.id.0))
                .into_tuple()
                .all(txn.db())
                .await?;
            let followers = lock_all(txn, &all).await?;
            let arrivals: Vec<_> = arrivals(&announcement, Relation::Follower, followers).collect();
            return self.deliver(txn, &arrivals).await;
        }
        let (now, lazy) = (clock::now(), followers > self.lazy_from);
        if lazy {
            commit_in_id_order(txn).await?;
        }
        let row = broadcast::ActiveModel {
            artwork_id: Set(artwork.id),
            artist_id: Set(artist.id.0),
            created_at: Set(now),
            lazy: Set(lazy),
            told_through: Set(0),
            done_at: Set(lazy.then_some(now)),
            ..Default::default()
        };
        broadcast::Entity::insert(row)
            .exec_without_returning(txn.db())
            .await?;
        if lazy {
            txn.publish(Message::JobsWaiting);
            return Ok(());
        }
        let artwork = artwork.id;
        Jobs::enqueue(txn, &Broadcast { artwork }).await
    }

    /// Retracts all events about a deleted artwork and their notifications: the first chunk of
    /// inboxes at once, the rest by a job. The broadcast was deleted with the artwork.
    pub(crate) async fn artwork_deleted(&self, txn: &mut Txn, artwork: i64) -> Result<()> {
        if self.withdraw(txn, artwork).await? {
            return Ok(());
        }
        withdrawal::Entity::insert(withdrawal::ActiveModel {
            artwork_id: Set(artwork),
        })
        .on_conflict(
            OnConflict::column(withdrawal::Column::ArtworkId)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(txn.db())
        .await?;
        Jobs::enqueue(txn, &Withdrawal { artwork }).await
    }

    /// Retracts the notifications about an artwork from a chunk of inboxes. Returns true if that
    /// was the last chunk.
    async fn withdraw(&self, txn: &mut Txn, artwork: i64) -> Result<bool> {
        // In every chunk, since a node of the previous release may have deleted the artwork.
        let events = Condition::all().add(event::Column::ArtworkId.eq(artwork));
        events::retract(txn, events).await?;
        let about = Condition::all().add(notification::Column::ArtworkId.eq(artwork));
        Ok((self.retract(txn, about, Some(CHUNK)).await? as u64) < CHUNK)
    }

    /// Runs one step of the unfinished fan-out, in one transaction, without the job queue. Returns
    /// false if nothing was left. Any number of processes may call this concurrently.
    ///
    /// # Errors
    /// When the database refuses; the step is then rolled back.
    pub async fn run_waiting_job(&self) -> Result<bool> {
        change!(self.store, |txn| self.run_step(txn).await)
    }

    async fn run_step(&self, txn: &mut Txn) -> Result<bool> {
        let job = broadcast::Entity::find()
            .filter(broadcast::Column::DoneAt.is_null())
            .order_by_asc(broadcast::Column::Id)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .one(txn.db())
            .await?;
        if let Some(job) = job {
            self.broadcast_chunk(txn, job).await?;
            return Ok(true);
        }
        let withdrawal = withdrawal::Entity::find()
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .one(txn.db())
            .await?;
        let Some(withdrawal::Model { artwork_id }) = withdrawal else {
            return self.reword_chunk(txn).await;
        };
        self.withdraw_chunk(txn, artwork_id).await?;
        Ok(true)
    }

    /// Runs one step of the broadcast of an artwork. Returns true if nothing is left to do.
    pub(super) async fn broadcast_step(&self, txn: &mut Txn, artwork: i64) -> Result<bool> {
        let job = broadcast::Entity::find()
            .filter(broadcast::Column::ArtworkId.eq(artwork))
            .filter(broadcast::Column::DoneAt.is_null())
            .lock_exclusive()
            .one(txn.db())
            .await?;
        match job {
            Some(job) => self.broadcast_chunk(txn, job).await,
            None => Ok(true),
        }
    }

    /// Runs one step of the withdrawal of an artwork. Returns true if nothing is left to do.
    pub(super) async fn withdraw_step(&self, txn: &mut Txn, artwork: i64) -> Result<bool> {
        let job = withdrawal::Entity::find_by_id(artwork)
            .lock_exclusive()
            .one(txn.db())
            .await?;
        match job {
            Some(_) => self.withdraw_chunk(txn, artwork).await,
            None => Ok(true),
        }
    }

    async fn withdraw_chunk(&self, txn: &mut Txn, artwork: i64) -> Result<bool> {
        let done = self.withdraw(txn, artwork).await?;
        if done {
            withdrawal::Entity::delete_by_id(artwork)
                .exec(txn.db())
                .await?;
        }
        Ok(done)
    }

    async fn broadcast_chunk(&self, txn: &mut Txn, job: broadcast::Model) -> Result<bool> {
        let followers: Vec<i64> = follow::Entity::find()
            .select_only()
            .column(follow::Column::FollowerId)
            .filter(follow::Column::ArtistId.eq(job.artist_id))
            .filter(follow::Column::FollowerId.gt(job.told_through))
            .filter(follow::Column::CreatedAt.lte(job.created_at))
            .order_by_asc(follow::Column::FollowerId)
            .limit(CHUNK)
            .into_tuple()
            .all(txn.db())
            .await?;
        if let Some(announcement) = announcement(txn, &job).await? {
            self.deliver_once(txn, &announcement, &followers).await?;
        }
        let done = (followers.len() as u64) < CHUNK;
        let through = followers.last().copied().unwrap_or(job.told_through);
        broadcast::Entity::update_many()
            .col_expr(broadcast::Column::ToldThrough, Expr::value(through))
            .col_expr(
                broadcast::Column::DoneAt,
                Expr::value(done.then(clock::now)),
            )
            .filter(broadcast::Column::Id.eq(job.id))
            .exec(txn.db())
            .await?;
        Ok(done)
    }

    /// The number of unfinished jobs: broadcasts, withdrawals and rewordings.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn waiting_jobs(&self) -> Result<u64> {
        let waiting = broadcast::Entity::find()
            .filter(broadcast::Column::DoneAt.is_null())
            .count(self.store.readers())
            .await?;
        let withdrawals = withdrawal::Entity::find()
            .count(self.store.readers())
            .await?;
        Ok(waiting
            + withdrawals
            + rewording::Entity::find()
                .count(self.store.readers())
                .await?)
    }

    /// Whether lazy broadcasts may be waiting for this inbox.
    pub(super) async fn may_be_behind(&self, inbox: &recipient::Model) -> Result<bool> {
        Ok(inbox.broadcast_seen < self.latest_lazy(false).await?)
    }

    async fn latest_lazy(&self, ask: bool) -> Result<i64> {
        let (latest, now) = (&self.latest, clock::now());
        if ask || now - latest.asked_at.load(Ordering::Relaxed) > LATEST_TTL_MS {
            latest.asked_at.store(now, Ordering::Relaxed);
            let newest: Option<i64> = broadcast::Entity::find()
                .select_only()
                .column(broadcast::Column::Id)
                .filter(broadcast::Column::Lazy.eq(true))
                .order_by_desc(broadcast::Column::Id)
                .into_tuple()
                .one(self.store.readers())
                .await?;
            // Not the maximum with the cached id: after a restore the newest id is a lower one.
            let newest = newest.unwrap_or(0);
            latest.id.store(newest, Ordering::Relaxed);
            return Ok(newest);
        }
        Ok(latest.id.load(Ordering::Relaxed))
    }

    /// Whether a lazy broadcast exists, delivered or not.
    pub(crate) async fn anything_lazy(&self) -> Result<bool> {
        Ok(self.latest_lazy(true).await? > 0)
    }

    /// Delivers the waiting lazy broadcasts to these people.
    ///
    /// # Errors
    /// When the database refuses; nothing has then been delivered.
    pub async fn catch_up(&self, users: &[UserId]) -> Result<()> {
        let latest = self.latest_lazy(true).await?;
        let ids: Vec<i64> = users.iter().map(|user| user.0).collect();
        if undelivered(&ids)
            .all(self.store.readers())
            .await?
            .is_empty()
        {
            return Ok(());
        }
        change!(self.store, |txn| {
            // Locked, so that deleting the artwork meanwhile retracts these notifications too.
            let pairs = undelivered(&ids).all(txn.db()).await?;
            let jobs = broadcast::Entity::find()
                .filter(broadcast::Column::Id.lte(latest))
                .filter(broadcast::Column::Id.is_in(pairs.iter().map(|(_, job)| *job)))
                .order_by_asc(broadcast::Column::Id)
                .limit(MAX_CATCH_UP)
                .lock_shared()
                .all(txn.db())
                .await?;
            // Before the inboxes are locked: a missing event is written here.
            let mut announced = Vec::with_capacity(jobs.len());
            for job in &jobs {
                if let Some(announcement) = announcement(txn, job).await? {
                    announced.push((job.id, announcement));
                }
            }
            let locked = lock_all(txn, &ids).await?;
            for (job, announcement) in &announced {
                let recipients = pairs
                    .iter()
                    .filter(|(user, of)| of == job && locked.contains(user));
                let recipients: Vec<i64> = recipients.map(|(user, _)| *user).collect();
                self.deliver_once(txn, announcement, &recipients).await?;
            }
            let through = if (jobs.len() as u64) < MAX_CATCH_UP {
                latest
            } else {
                jobs.last().map_or(latest, |job| job.id)
            };
            recipient::Entity::update_many()
                .col_expr(recipient::Column::BroadcastSeen, Expr::value(through))
                .filter(recipient::Column::AccountId.is_in(locked))
                .filter(recipient::Column::BroadcastSeen.lt(through))
                .exec(txn.db())
                .await?;
            Ok(())
        })
    }
}

/// Serializes the transactions that write lazy broadcasts, before they draw an id: a catch-up marks
/// everything up to the newest committed id as delivered, so no lower id may commit after it.
async fn commit_in_id_order(txn: &Txn) -> Result<()> {
    if txn.db().get_database_backend() == DbBackend::Postgres {
        txn.db()
            .execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LAZY_LOCK})"))
            .await?;
    }
    Ok(())
}

/// The pairs of follower and lazy broadcast that are not delivered yet.
fn undelivered(ids: &[i64]) -> sea_orm::Selector<sea_orm::SelectGetableTuple<(i64, i64)>> {
    let broadcasts = follow::Entity::belongs_to(broadcast::Entity)
        .from(follow::Column::ArtistId)
        .to(broadcast::Column::ArtistId);
    let inboxes = follow::Entity::belongs_to(recipient::Entity)
        .from(follow::Column::FollowerId)
        .to(recipient::Column::AccountId);
    let broadcast = |column| Expr::col((broadcast::Entity, column));
    follow::Entity::find()
        .select_only()
        .column(follow::Column::FollowerId)
        .column_as(broadcast::Column::Id, "broadcast_id")
        .join(JoinType::InnerJoin, broadcasts.into())
        .join(JoinType::InnerJoin, inboxes.into())
        .filter(follow::Column::FollowerId.is_in(ids.iter().copied()))
        .filter(broadcast::Column::Lazy.eq(true))
        .filter(broadcast(broadcast::Column::Id).gt(Expr::col((
            recipient::Entity,
            recipient::Column::BroadcastSeen,
        ))))
        .filter(
            broadcast(broadcast::Column::CreatedAt)
                .gte(Expr::col((follow::Entity, follow::Column::CreatedAt))),
        )
        .order_by_asc(broadcast::Column::Id)
        .limit(CHUNK * MAX_CATCH_UP)
        .into_tuple()
}

/// What a broadcast announces; `None` if the artwork was deleted.
async fn announcement(txn: &Txn, job: &broadcast::Model) -> Result<Option<Announcement>> {
    // Locked, so that a change of the title waits until these notifications exist and updates them
    // too.
    hold(txn, job.artwork_id).await?;
    let (artwork, artist) = (ArtworkId(job.artwork_id), UserId(job.artist_id));
    let event = Event::posted(artwork, artist, job.created_at);
    let titled = artwork::Entity::find_by_id(job.artwork_id)
        .select_only()
        .column(artwork::Column::Title);
    let mut titled =
        with_name(titled, artwork::Column::ArtistId).column_as(event::Column::Id, "event_id");
    QueryTrait::query(&mut titled).join(JoinType::LeftJoin, event::Entity, events::same(&event));
    let titled = titled.into_model::<Titled>().one(txn.db()).await?;
    let Some(Titled {
        title,
        event_id,
        artist,
    }) = titled
    else {
        return Ok(None);
    };
    let event_id = match event_id {
        Some(id) => id,
        // A node of the previous release posted the artwork.
        None => events::record_one(txn, &event).await?,
    };
    let content = Content {
        kind: event.what.kind(),
        actor: artist.into(),
        artwork: Subject { id: artwork, title },
        critique: None,
        excerpt: String::new(),
    };
    Ok(Some(Announcement {
        event_id,
        event,
        content,
    }))
}

#[derive(FromQueryResult)]
struct Titled {
    title: String,
    event_id: Option<i64>,
    #[sea_orm(nested)]
    artist: Name,
}
