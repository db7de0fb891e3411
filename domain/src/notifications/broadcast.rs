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
    JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType, OnConflict},
};
use shared::{
    ArtworkId, UserId,
    dto::{NotificationKind, Subject, Viewer},
};

use crate::{
    Result,
    accounts::people::{Name, with_name},
    bus::Message,
    clock,
    entities::{
        account, artwork, broadcast, follow, notification, recipient, rewording, withdrawal,
    },
    notifications::{
        Notifications,
        deliver::{Event, lock_all},
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
    /// Notifies the followers of the artist of a new artwork, or schedules it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn artwork_posted(
        &self,
        txn: &mut Txn,
        artwork: &artwork::Model,
        artist: &Viewer,
    ) -> Result<()> {
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
            let subject = Subject {
                id: ArtworkId(artwork.id),
                title: artwork.title.clone(),
            };
            let event = Event::new(NotificationKind::Artwork, artist, subject, 0, String::new());
            let all: Vec<i64> = follow::Entity::find()
                .select_only()
                .column(follow::Column::FollowerId)
                .filter(follow::Column::ArtistId.eq(artist.id.0))
                .into_tuple()
                .all(txn.db())
                .await?;
            let arrivals: Vec<_> = lock_all(txn, &all)
                .await?
                .into_iter()
                .map(|user| (&event, user))
                .collect();
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
        txn.publish(Message::JobsWaiting);
        Ok(())
    }

    /// Retracts all notifications about a deleted artwork: the first chunk of inboxes at once, the
    /// rest by a job. The broadcast was deleted with the artwork.
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
        txn.publish(Message::JobsWaiting);
        Ok(())
    }

    /// Retracts the notifications about an artwork from a chunk of inboxes. Returns true if that
    /// was the last chunk.
    async fn withdraw(&self, txn: &mut Txn, artwork: i64) -> Result<bool> {
        let about = Condition::all().add(notification::Column::ArtworkId.eq(artwork));
        Ok((self.retract(txn, about, Some(CHUNK)).await? as u64) < CHUNK)
    }

    /// Runs one step of the waiting jobs, in one transaction. Returns false if no job was waiting.
    /// Any number of processes may call this concurrently.
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
        if self.withdraw(txn, artwork_id).await? {
            withdrawal::Entity::delete_by_id(artwork_id)
                .exec(txn.db())
                .await?;
        }
        Ok(true)
    }

    async fn broadcast_chunk(&self, txn: &mut Txn, job: broadcast::Model) -> Result<()> {
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
        if let Some(event) = event(txn, &job).await? {
            self.deliver_once(txn, &event, &followers).await?;
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
        Ok(())
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
            let locked = lock_all(txn, &ids).await?;
            for job in &jobs {
                if let Some(event) = event(txn, job).await? {
                    let recipients = pairs
                        .iter()
                        .filter(|(user, of)| *of == job.id && locked.contains(user));
                    let recipients: Vec<i64> = recipients.map(|(user, _)| *user).collect();
                    self.deliver_once(txn, &event, &recipients).await?;
                }
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

/// The event of a broadcast; `None` if the artwork was deleted.
async fn event(txn: &Txn, job: &broadcast::Model) -> Result<Option<Event>> {
    // Locked, so that a change of the title waits until these notifications exist and updates them
    // too.
    hold(txn, job.artwork_id).await?;
    let titled = artwork::Entity::find_by_id(job.artwork_id)
        .select_only()
        .column(artwork::Column::Title);
    let titled = with_name(titled, artwork::Column::ArtistId)
        .into_model::<Titled>()
        .one(txn.db())
        .await?;
    Ok(titled.map(|Titled { title, artist }| Event {
        kind: NotificationKind::Artwork,
        actor: job.artist_id,
        actor_is: artist.into(),
        artwork: Subject {
            id: ArtworkId(job.artwork_id),
            title,
        },
        critique: 0,
        excerpt: String::new(),
    }))
}

#[derive(FromQueryResult)]
struct Titled {
    title: String,
    #[sea_orm(nested)]
    artist: Name,
}
