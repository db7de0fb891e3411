//! New works to followers: a few at once, many by a job that can be killed and resumed, very many
//! when they are next here.
//!
//! The job's checkpoint moves in the transaction that tells a chunk of followers, so that each of
//! them is told once wherever it stops. Past [`Notifications::lazy_from`] followers the post writes
//! one row however many they are, and each follower's own line is written when they open their
//! inbox or have a socket open.

use std::sync::atomic::{AtomicI64, Ordering};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, FromQueryResult, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType, OnConflict},
};
use shared::{
    ArtworkId, UserId,
    dto::{NotificationKind, Subject, Viewer},
};

use super::{
    Notifications,
    deliver::{Event, lock_all},
};
use crate::{
    Result,
    artworks::hold,
    clock,
    entities::{
        account, artwork, broadcast, follow, notification, recipient, rewording, withdrawal,
    },
    live::Message,
    people::{Name, with_name},
    store::{Txn, change},
};

/// Followers who are told within the post itself.
const AT_ONCE: i64 = 50;
/// Inboxes written in one transaction of the job.
const CHUNK: u64 = 500;
/// Waiting works a person is given at once.
const WAITING: u64 = 100;
/// The newest lazy broadcast is asked for this often, in milliseconds, when no hint told of one.
const FRESH_FOR: i64 = 1_000;

/// The newest broadcast that waits for its followers to come by, as far as this process knows.
#[derive(Default)]
pub struct Latest {
    id: AtomicI64,
    asked_at: AtomicI64,
}

impl Notifications {
    /// A work was posted: its artist's followers are told, or will be.
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
        if followers <= AT_ONCE {
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

    /// An artwork was deleted, its broadcast with it: what it gave rise to is taken back, from more
    /// than a few inboxes by a job.
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

    /// Takes lines about a work back from a chunk of inboxes; whether that was the last.
    async fn withdraw(&self, txn: &mut Txn, artwork: i64) -> Result<bool> {
        let about = Condition::all().add(notification::Column::ArtworkId.eq(artwork));
        Ok((self.retract(txn, about, Some(CHUNK)).await? as u64) < CHUNK)
    }

    /// Does a piece of the work that waits for a job; whether there was any. Any number of
    /// processes may do so at once.
    ///
    /// # Errors
    /// When the database refuses; the piece is then as undone as before.
    pub async fn jobs_waiting(&self) -> Result<bool> {
        change!(self.store, |txn| self.errand_in(txn).await)
    }

    async fn errand_in(&self, txn: &mut Txn) -> Result<bool> {
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

    /// Jobs that are not done: broadcasts, withdrawals and rewordings.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn errands_waiting(&self) -> Result<u64> {
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

    /// Whether there may be works waiting for somebody whose inbox stands like this.
    pub(super) async fn may_be_behind(&self, inbox: &recipient::Model) -> Result<bool> {
        Ok(inbox.broadcast_seen < self.latest_lazy(false).await?)
    }

    async fn latest_lazy(&self, ask: bool) -> Result<i64> {
        let (latest, now) = (&self.latest, clock::now());
        if ask || now - latest.asked_at.load(Ordering::Relaxed) > FRESH_FOR {
            latest.asked_at.store(now, Ordering::Relaxed);
            let newest: Option<i64> = broadcast::Entity::find()
                .select_only()
                .column(broadcast::Column::Id)
                .filter(broadcast::Column::Lazy.eq(true))
                .order_by_desc(broadcast::Column::Id)
                .into_tuple()
                .one(self.store.readers())
                .await?;
            latest.id.fetch_max(newest.unwrap_or(0), Ordering::Relaxed);
        }
        Ok(latest.id.load(Ordering::Relaxed))
    }

    /// Whether any work waits for its followers to come by, or ever did.
    pub(crate) async fn anything_lazy(&self) -> Result<bool> {
        Ok(self.latest_lazy(true).await? > 0)
    }

    /// Gives these people, who are here, the lines that waited for them.
    ///
    /// # Errors
    /// When the database refuses; nobody has then been given anything.
    pub async fn catch_up(&self, users: &[UserId]) -> Result<()> {
        let latest = self.latest_lazy(true).await?;
        let ids: Vec<i64> = users.iter().map(|user| user.0).collect();
        if waiting(&ids).all(self.store.readers()).await?.is_empty() {
            return Ok(());
        }
        change!(self.store, |txn| {
            // Held so that a work that is being deleted meanwhile takes these lines with it.
            let pairs = waiting(&ids).all(txn.db()).await?;
            let jobs = broadcast::Entity::find()
                .filter(broadcast::Column::Id.lte(latest))
                .filter(broadcast::Column::Id.is_in(pairs.iter().map(|(_, job)| *job)))
                .order_by_asc(broadcast::Column::Id)
                .limit(WAITING)
                .lock_shared()
                .all(txn.db())
                .await?;
            let locked = lock_all(txn, &ids).await?;
            for job in &jobs {
                if let Some(event) = event(txn, job).await? {
                    let for_them = pairs
                        .iter()
                        .filter(|(user, of)| *of == job.id && locked.contains(user));
                    let for_them: Vec<i64> = for_them.map(|(user, _)| *user).collect();
                    self.deliver_once(txn, &event, &for_them).await?;
                }
            }
            let through = if (jobs.len() as u64) < WAITING {
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

/// Who of these people is waited for by which broadcast.
fn waiting(ids: &[i64]) -> sea_orm::Selector<sea_orm::SelectGetableTuple<(i64, i64)>> {
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
        .limit(CHUNK * WAITING)
        .into_tuple()
}

/// What a broadcast tells of; nothing if the work is gone.
async fn event(txn: &Txn, job: &broadcast::Model) -> Result<Option<Event>> {
    // Held so that a new title waits until these lines are there to be told of it.
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
