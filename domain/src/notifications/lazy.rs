//! Delivers lazy broadcasts: the notification of a follower is written when the follower opens the
//! inbox or has a socket open.

use std::sync::atomic::{AtomicI64, Ordering};

use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use shared::UserId;

use crate::{
    Result, clock,
    entities::{broadcast, follow, recipient},
    notifications::{
        Notifications,
        broadcast::{CHUNK, announcement},
        deliver::lock_all,
    },
    store::change,
    work_rows::hold,
};

/// Lazy broadcasts delivered per catch-up.
const MAX_CATCH_UP: u64 = 100;
/// Cache TTL of the newest lazy broadcast, in milliseconds.
const LATEST_TTL_MS: i64 = 1_000;

/// The newest lazy broadcast, as cached by this process.
#[derive(Default)]
pub struct Latest {
    id: AtomicI64,
    asked_at: AtomicI64,
}

impl Notifications {
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

    /// The id of the newest lazy broadcast, delivered or not; 0 if there is none.
    pub(crate) async fn newest_lazy(&self) -> Result<i64> {
        self.latest_lazy(true).await
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
            let pairs = undelivered(&ids).all(txn.db()).await?;
            let jobs = broadcast::Entity::find()
                .filter(broadcast::Column::Id.lte(latest))
                .filter(broadcast::Column::Id.is_in(pairs.iter().map(|(_, job)| *job)))
                .order_by_asc(broadcast::Column::Id)
                .limit(MAX_CATCH_UP)
                .all(txn.db())
                .await?;
            // So that a change of a title or a deletion waits until these notifications exist. An
            // artwork that was deleted before is announced no more.
            let works: Vec<i64> = jobs.iter().map(|job| job.artwork_id).collect();
            hold(txn, works).await?;
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
