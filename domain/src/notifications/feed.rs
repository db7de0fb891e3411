//! Reading inboxes: pages, what changed since a cursor, and the frames a socket missed.

use bytes::Bytes;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use shared::{
    AppError, NotificationId, UserId,
    dto::{Counts, InboxPage, Notification},
    live::{Cursor, ServerFrame, State},
};

use super::{
    Notifications, count,
    inbox::{What, listed},
    items::items,
    json, signed, unsigned,
};
use crate::{
    Result,
    entities::{
        inbox_change,
        notification::{Column, Entity},
        recipient,
    },
};

/// Changes a client may be behind by before it is given a fresh page instead.
const FAR_BEHIND: u64 = 500;
/// Lines on a page, at most.
pub const PAGE_MAX: u64 = 100;

/// Which lines of an inbox to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All that stand in it.
    #[default]
    All,
    /// Those not read.
    Unread,
    /// Those put away.
    Archived,
}

/// What a socket missed.
pub enum Replay {
    /// These frames, in order, the last one at this `seq`.
    Frames(u64, Vec<Bytes>),
    /// Too much, or of another history: one reset frame, at this `seq`.
    Reset(u64, Bytes),
}

impl Notifications {
    /// How somebody's inbox stands.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn counts(&self, user: UserId) -> Result<Counts> {
        let (_, inbox) = self.open_inbox(user).await?;
        Ok(self.counts_of(&inbox))
    }

    /// How far many inboxes are: the `seq` of each.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn heads(&self, users: &[UserId]) -> Result<Vec<(UserId, u64)>> {
        let rows: Vec<(i64, i64)> = recipient::Entity::find()
            .select_only()
            .columns([recipient::Column::AccountId, recipient::Column::Seq])
            .filter(recipient::Column::AccountId.is_in(users.iter().map(|user| user.0)))
            .into_tuple()
            .all(self.store.readers())
            .await?;
        Ok(rows.into_iter().map(|(user, seq)| (UserId(user), unsigned(seq))).collect())
    }

    /// A page of an inbox, newest first, with the counts and the cursor of the same instant.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn page(&self, user: UserId, filter: Filter, before: Option<NotificationId>, limit: u64) -> Result<InboxPage> {
        let (snapshot, inbox) = self.open_inbox(user).await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let mut query = Entity::find().order_by_desc(Column::Id).limit(limit + 1);
        query = match filter {
            Filter::All => query.filter(listed(user.0)),
            Filter::Unread => query.filter(listed(user.0)).filter(Column::ReadAt.is_null()),
            Filter::Archived => query
                .filter(Column::RecipientId.eq(user.0))
                .filter(Column::ArchivedAt.is_not_null())
                .filter(Column::RetractedAt.is_null()),
        };
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before.0));
        }
        let mut rows = query.all(&snapshot).await?;
        let more = rows.len() as u64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
        let Counts { cursor, unseen, unread } = self.counts_of(&inbox);
        Ok(InboxPage { cursor, unseen, unread, items: items(&snapshot, rows).await?, next, reset: false })
    }

    /// Every line that changed after the cursor, oldest change first, with tombstones; or a fresh first page if the
    /// cursor is too old, of another history, or of no history at all.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn changes(&self, user: UserId, after: &Cursor, limit: u64) -> Result<InboxPage> {
        let (snapshot, inbox) = self.open_inbox(user).await?;
        let rows = if self.reaches(&inbox, after) {
            let changed = Entity::find()
                .filter(Column::RecipientId.eq(user.0))
                .filter(Column::ChangedSeq.gt(signed(after.seq)))
                .order_by_asc(Column::ChangedSeq)
                .order_by_asc(Column::Id)
                .limit(FAR_BEHIND + 1)
                .all(&snapshot)
                .await?;
            Some(changed).filter(|rows| rows.len() as u64 <= FAR_BEHIND)
        } else {
            None
        };
        let Some(rows) = rows else {
            drop(snapshot);
            return Ok(InboxPage { reset: true, ..self.page(user, Filter::All, None, limit).await? });
        };
        let Counts { cursor, unseen, unread } = self.counts_of(&inbox);
        Ok(InboxPage { cursor, unseen, unread, items: items(&snapshot, rows).await?, next: None, reset: false })
    }

    /// Whether the log still holds every change after the cursor.
    fn reaches(&self, inbox: &recipient::Model, after: &Cursor) -> bool {
        after.epoch == self.store.epoch() && (inbox.pruned_seq..=inbox.seq).contains(&signed(after.seq))
    }

    /// The frames a socket at this cursor missed, exactly as they were sent.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn replay(&self, user: UserId, after: &Cursor) -> Result<Replay> {
        let (snapshot, inbox) = self.open_inbox(user).await?;
        if !self.reaches(&inbox, after) || unsigned(inbox.seq) - after.seq > FAR_BEHIND {
            drop(snapshot);
            return self.reset(user).await;
        }
        let log = inbox_change::Entity::find()
            .filter(inbox_change::Column::RecipientId.eq(user.0))
            .filter(inbox_change::Column::Seq.gt(signed(after.seq)))
            .order_by_asc(inbox_change::Column::Seq)
            .all(&snapshot)
            .await?;
        let whats: Vec<Option<What>> = log.iter().map(What::of).collect();
        let rows = Entity::find().filter(Column::Id.is_in(whats.iter().flatten().flat_map(carried))).all(&snapshot).await?;
        let lines = items(&snapshot, rows).await?;
        let line = |id: i64| lines.iter().find(|line| line.id.0 == id).cloned();
        let mut frames = Vec::with_capacity(log.len());
        for (row, what) in log.iter().zip(whats) {
            let frame = match what {
                Some(What::Arrived(id)) => line(id).map(as_arrived).map(|notification| ServerFrame::Notification {
                    cursor: self.cursor(row.seq),
                    unseen: count(row.unseen),
                    unread: count(row.unread),
                    notification,
                }),
                Some(what) => {
                    let items = carried(&what).into_iter().filter_map(line).collect();
                    self.changed_frame(row.seq, row.unseen, row.unread, what, items)
                }
                None => None,
            };
            let Some(frame) = frame else {
                tracing::error!(user = user.0, seq = row.seq, "a line of the log can't be read; sending the first page instead");
                drop(snapshot);
                return self.reset(user).await;
            };
            frames.push(json(&frame)?);
        }
        if frames.len() as u64 != unsigned(inbox.seq) - after.seq {
            drop(snapshot);
            return self.reset(user).await;
        }
        Ok(Replay::Frames(unsigned(inbox.seq), frames))
    }

    /// A snapshot with somebody's inbox as it stands in it, all that waited for them let in.
    async fn open_inbox(&self, user: UserId) -> Result<(DatabaseTransaction, recipient::Model)> {
        let snapshot = self.store.snapshot().await?;
        let row = inbox(&snapshot, user).await?;
        if !self.may_be_behind(&row).await? {
            return Ok((snapshot, row));
        }
        drop(snapshot);
        self.catch_up(&[user]).await?;
        let snapshot = self.store.snapshot().await?;
        let row = inbox(&snapshot, user).await?;
        Ok((snapshot, row))
    }

    async fn reset(&self, user: UserId) -> Result<Replay> {
        let InboxPage { cursor, unseen, unread, items, next, .. } = self.page(user, Filter::All, None, 20).await?;
        let seq = cursor.seq;
        Ok(Replay::Reset(seq, json(&ServerFrame::Reset { cursor, unseen, unread, items, next })?))
    }
}

/// The lines a change carries whole.
fn carried(what: &What) -> Vec<i64> {
    match what {
        What::Arrived(id) => vec![*id],
        What::Ids(State::Restored, ids) => ids.iter().map(|id| id.0).collect(),
        _ => Vec::new(),
    }
}

/// A line for replaying its arrival. What became of it since is in its flags, and the frames that follow say it again, save
/// that one now retracted or archived has to arrive before they can take it away; nobody is told of that one.
fn as_arrived(line: Notification) -> Notification {
    let seen = line.seen || !line.listed();
    Notification { retracted: false, archived: false, seen, ..line }
}

async fn inbox(db: &impl ConnectionTrait, user: UserId) -> Result<recipient::Model> {
    Ok(recipient::Entity::find_by_id(user.0).one(db).await?.ok_or_else(|| AppError::not_found("person"))?)
}
