//! Notifies followers of a new artwork: a few at once, many by a resumable job, very many lazily
//! when they come online.
//!
//! The checkpoint of the job moves in the same transaction that notifies a chunk of followers, so
//! each follower is notified once even if the job is killed. Above [`Notifications::lazy_from`]
//! followers, posting writes a single row, and the notification of a follower is written when the
//! follower opens the inbox or has a socket open (`lazy`).

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, JoinType,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict},
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
    entities::{account, artwork, broadcast, event, follow, notification, withdrawal},
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
    store::Txn,
    work_rows::hold,
};

/// Number of followers up to which the post itself notifies them.
const MAX_IMMEDIATE_FOLLOWERS: i64 = 50;
/// Inboxes per transaction of a broadcast.
pub const CHUNK: u64 = 500;
/// The advisory lock of [`commit_in_id_order`] (PostgreSQL).
const LAZY_LOCK: i64 = 0x6c61_7a79;

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

    /// Retracts all events about a deleted artwork and their notifications: the first chunk at
    /// once, the rest by a job. The broadcast was deleted with the artwork.
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

    /// Retracts a chunk of the notifications about an artwork. Returns true if that was the last
    /// chunk.
    async fn withdraw(&self, txn: &mut Txn, artwork: i64) -> Result<bool> {
        // In every chunk, since a node of the previous release may have deleted the artwork.
        let events = Condition::all().add(event::Column::ArtworkId.eq(artwork));
        events::retract(txn, events).await?;
        let about = Condition::all().add(notification::Column::ArtworkId.eq(artwork));
        self.retract_chunk(txn, about).await
    }

    /// Runs one step of the broadcast of an artwork. Returns true if nothing is left to do.
    pub(super) async fn broadcast_step(&self, txn: &mut Txn, artwork: i64) -> Result<bool> {
        // So that a change of the title waits until these notifications exist and updates them
        // too, and a deletion retracts them.
        hold(txn, [artwork]).await?;
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

/// What a broadcast announces; `None` if the artwork was deleted. The caller holds the artwork.
pub async fn announcement(txn: &Txn, job: &broadcast::Model) -> Result<Option<Announcement>> {
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
