//! Reads inboxes: pages, changes since a cursor, and the frames that a socket missed.

use std::sync::Arc;

use bytes::Bytes;
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, JoinType, Order, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, SelectStatement},
};
use shared::{
    AppError, NotificationId, Thing, UserId,
    dto::{Counts, InboxPage, Notification},
    live::{Cursor, ServerFrame, State},
};

use crate::{
    Result,
    entities::{
        inbox_change,
        notification::{Column, Entity},
        recipient,
    },
    notifications::{
        Notifications, count,
        inbox::{Change, listed},
        items::{Item, with_subjects},
        json, signed, unsigned,
    },
    policy::{self, Actor},
    store::Subject,
};

/// Changes a client may be behind. Beyond that it receives a fresh page instead.
const MAX_CHANGES_BEHIND: u64 = 500;
/// Maximum notifications per page.
pub const PAGE_MAX: u64 = 100;

/// The first page of an inbox, unfiltered.
pub(super) struct FirstPage {
    /// The inbox's row: seq and counts.
    inbox: recipient::Model,
    /// The page size that was requested.
    limit: u64,
    page: InboxPage,
}

/// Which notifications of an inbox to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All, except archived and retracted ones.
    #[default]
    All,
    /// Unread ones.
    Unread,
    /// Archived ones.
    Archived,
}

/// The changes that a socket missed.
pub enum Replay {
    /// The frames in order, and the `seq` of the last.
    Frames(u64, Vec<Bytes>),
    /// One reset frame, and its `seq`: the cursor is too far behind or of another epoch.
    Reset(u64, Bytes),
}

impl Notifications {
    /// The cursor and the counts of an inbox.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn counts(&self, user: UserId) -> Result<Counts> {
        if let Some(known) = self.cached_first_page(user).await? {
            return Ok(self.counts_of(&known.inbox));
        }
        let nothing = Entity::find()
            .filter(Column::RecipientId.eq(user.0))
            .limit(0);
        Ok(self.counts_of(
            &self
                .read_notifications(user, nothing, &[], Order::Asc)
                .await?
                .0,
        ))
    }

    /// The `seq` of each inbox.
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
        Ok(rows
            .into_iter()
            .map(|(user, seq)| (UserId(user), unsigned(seq)))
            .collect())
    }

    /// A page of an inbox, newest first, with the counts and the cursor of the same snapshot.
    ///
    /// # Errors
    /// [`shared::Kind::Forbidden`] by [`policy::use_inbox`], or when the database can't be read.
    pub async fn page(
        &self,
        actor: &Actor,
        filter: Filter,
        before: Option<NotificationId>,
        limit: u64,
    ) -> Result<InboxPage> {
        policy::use_inbox(actor)?;
        self.page_of(actor.id, filter, before, limit).await
    }

    async fn page_of(
        &self,
        user: UserId,
        filter: Filter,
        before: Option<NotificationId>,
        limit: u64,
    ) -> Result<InboxPage> {
        let limit = limit.clamp(1, PAGE_MAX);
        if filter != Filter::All || before.is_some() {
            return Ok(self.read_page(user, filter, before, limit).await?.1);
        }
        if let Some(known) = self
            .cached_first_page(user)
            .await?
            .filter(|known| known.limit == limit)
        {
            return Ok(known.page.clone());
        }
        let seen = self.first_pages.note(&[Subject::Inbox(user)]);
        let (inbox, page) = self.read_page(user, filter, before, limit).await?;
        let first = FirstPage {
            inbox,
            limit,
            page: page.clone(),
        };
        self.first_pages.put(user, Arc::new(first), seen);
        Ok(page)
    }

    /// The cached first page, if it is still valid and no lazy broadcast may be waiting.
    async fn cached_first_page(&self, user: UserId) -> Result<Option<Arc<FirstPage>>> {
        Ok(match self.first_pages.get(&user) {
            Some(known) if !self.may_be_behind(&known.inbox).await? => Some(known),
            _ => None,
        })
    }

    async fn read_page(
        &self,
        user: UserId,
        filter: Filter,
        before: Option<NotificationId>,
        limit: u64,
    ) -> Result<(recipient::Model, InboxPage)> {
        let mut query = Entity::find().order_by_desc(Column::Id).limit(limit + 1);
        query = match filter {
            Filter::All => query.filter(listed(user.0)),
            Filter::Unread => query
                .filter(listed(user.0))
                .filter(Column::ReadAt.is_null()),
            Filter::Archived => query
                .filter(Column::RecipientId.eq(user.0))
                .filter(Column::ArchivedAt.is_not_null())
                .filter(Column::RetractedAt.is_null()),
        };
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before.0));
        }
        let (inbox, mut items) = self
            .read_notifications(user, query, &["id"], Order::Desc)
            .await?;
        let more = items.len() as u64 > limit;
        items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = items
            .last()
            .filter(|_| more)
            .map(|item| item.id.to_string());
        let Counts {
            cursor,
            unseen,
            unread,
        } = self.counts_of(&inbox);
        Ok((
            inbox,
            InboxPage {
                cursor,
                unseen,
                unread,
                items,
                next,
                reset: false,
            },
        ))
    }

    /// Every notification that changed after the cursor, oldest change first, tombstones included;
    /// or a fresh first page if the cursor is too old, too far behind, or of another epoch.
    ///
    /// # Errors
    /// [`shared::Kind::Forbidden`] by [`policy::use_inbox`], or when the database can't be read.
    pub async fn changes(&self, actor: &Actor, after: &Cursor, limit: u64) -> Result<InboxPage> {
        policy::use_inbox(actor)?;
        let user = actor.id;
        let changed = Entity::find()
            .filter(Column::RecipientId.eq(user.0))
            .filter(Column::ChangedSeq.gt(signed(after.seq)))
            .order_by_asc(Column::ChangedSeq)
            .order_by_asc(Column::Id)
            .limit(MAX_CHANGES_BEHIND + 1);
        let (inbox, items) = self
            .read_notifications(user, changed, &["changed_seq", "id"], Order::Asc)
            .await?;
        if !self.log_covers(&inbox, after) || items.len() as u64 > MAX_CHANGES_BEHIND {
            return Ok(InboxPage {
                reset: true,
                ..self.page_of(user, Filter::All, None, limit).await?
            });
        }
        let Counts {
            cursor,
            unseen,
            unread,
        } = self.counts_of(&inbox);
        Ok(InboxPage {
            cursor,
            unseen,
            unread,
            items,
            next: None,
            reset: false,
        })
    }

    /// Whether the change log still holds every change after the cursor.
    fn log_covers(&self, inbox: &recipient::Model, after: &Cursor) -> bool {
        after.epoch == self.store.epoch()
            && (inbox.pruned_seq..=inbox.seq).contains(&signed(after.seq))
    }

    /// The frames that a socket at this cursor missed, one for each change.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn replay(&self, user: UserId, after: &Cursor) -> Result<Replay> {
        let log = inbox_change::Entity::find()
            .filter(inbox_change::Column::RecipientId.eq(user.0))
            .filter(inbox_change::Column::Seq.gt(signed(after.seq)))
            .order_by_asc(inbox_change::Column::Seq)
            .limit(MAX_CHANGES_BEHIND + 1);
        let (inbox, log) = self
            .beside_inbox::<Logged>(user, logged(log).into_query(), &["log_seq"], Order::Asc)
            .await?;
        if !self.log_covers(&inbox, after) || log.len() as u64 > MAX_CHANGES_BEHIND {
            return self.reset(user).await;
        }
        let log: Vec<inbox_change::Model> = log.into_iter().map(|Logged { row }| row).collect();
        let whats: Vec<Option<Change>> = log.iter().map(Change::of).collect();
        let named: Vec<i64> = whats.iter().flatten().flat_map(carried).collect();
        let notifications = if named.is_empty() {
            Vec::new()
        } else {
            self.notifications_by_id(&named).await?
        };
        let find = |id: i64| notifications.iter().find(|found| found.id.0 == id).cloned();
        let mut frames = Vec::with_capacity(log.len());
        for (row, what) in log.iter().zip(whats) {
            let frame = match what {
                Some(Change::Arrived(id)) => {
                    find(id)
                        .map(as_arrived)
                        .map(|notification| ServerFrame::Notification {
                            cursor: self.cursor(row.seq),
                            unseen: count(row.unseen),
                            unread: count(row.unread),
                            notification,
                        })
                }
                Some(what) => {
                    let items = carried(&what).into_iter().filter_map(find).collect();
                    self.changed_frame(row.seq, row.unseen, row.unread, what, items)
                }
                None => None,
            };
            let Some(frame) = frame else {
                tracing::error!(
                    user = user.0,
                    seq = row.seq,
                    "a change log row can't be read; sending the first page instead"
                );
                return self.reset(user).await;
            };
            frames.push(json(&frame)?);
        }
        if frames.len() as u64 != unsigned(inbox.seq) - after.seq {
            return self.reset(user).await;
        }
        Ok(Replay::Frames(unsigned(inbox.seq), frames))
    }

    /// These notifications in their current state.
    async fn notifications_by_id(&self, ids: &[i64]) -> Result<Vec<Notification>> {
        let rows = with_subjects(Entity::find().filter(Column::Id.is_in(ids.iter().copied())));
        Ok(rows
            .into_model::<Item>()
            .all(self.store.readers())
            .await?
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// Notifications of an inbox, with the inbox in the same snapshot.
    async fn read_notifications(
        &self,
        user: UserId,
        rows: Select<Entity>,
        by: &[&'static str],
        order: Order,
    ) -> Result<(recipient::Model, Vec<Notification>)> {
        let (inbox, items) = self
            .beside_inbox::<Item>(user, with_subjects(rows).into_query(), by, order)
            .await?;
        Ok((inbox, items.into_iter().map(Into::into).collect()))
    }

    /// An inbox after its waiting lazy broadcasts were delivered, with related rows. One statement
    /// reads both, so they are of the same snapshot.
    async fn beside_inbox<T: FromQueryResult>(
        &self,
        user: UserId,
        rows: SelectStatement,
        by: &[&'static str],
        order: Order,
    ) -> Result<(recipient::Model, Vec<T>)> {
        let (rows_alias, mut select) = ("beside", recipient::Entity::find_by_id(user.0));
        let query = QueryTrait::query(&mut select);
        query.column((rows_alias, Asterisk)).join_subquery(
            JoinType::LeftJoin,
            rows,
            rows_alias,
            Expr::value(true),
        );
        for column in by {
            query.order_by((rows_alias, *column), order.clone());
        }
        let mut found = select
            .clone()
            .into_model::<Beside<T>>()
            .all(self.store.readers())
            .await?;
        let first = found
            .first()
            .ok_or_else(|| AppError::not_found(Thing::Person))?;
        if self.may_be_behind(&first.inbox).await? {
            self.catch_up(&[user]).await?;
            found = select.into_model().all(self.store.readers()).await?;
        }
        let mut found = found.into_iter();
        let first = found
            .next()
            .ok_or_else(|| AppError::not_found(Thing::Person))?;
        Ok((
            first.inbox,
            first
                .row
                .into_iter()
                .chain(found.filter_map(|beside| beside.row))
                .collect(),
        ))
    }

    async fn reset(&self, user: UserId) -> Result<Replay> {
        let InboxPage {
            cursor,
            unseen,
            unread,
            items,
            next,
            ..
        } = self.page_of(user, Filter::All, None, 20).await?;
        let seq = cursor.seq;
        Ok(Replay::Reset(
            seq,
            json(&ServerFrame::Reset {
                cursor,
                unseen,
                unread,
                items,
                next,
            })?,
        ))
    }
}

/// Ids of the notifications that a frame carries in full.
fn carried(what: &Change) -> Vec<i64> {
    match what {
        Change::Arrived(id) => vec![*id],
        Change::Ids(State::Restored | State::Edited, ids) => ids.iter().map(|id| id.0).collect(),
        _ => Vec::new(),
    }
}

/// A notification as it is replayed on arrival. Its flags are the current ones, and later frames
/// repeat them. A notification that is now retracted or archived arrives as listed, so that a later
/// frame can remove it; it counts as seen, so that it is not announced.
fn as_arrived(notification: Notification) -> Notification {
    let seen = notification.seen || !notification.listed();
    Notification {
        retracted: false,
        archived: false,
        seen,
        ..notification
    }
}

/// The inbox row, repeated beside each row of the subquery.
#[derive(FromQueryResult)]
struct Beside<T: FromQueryResult> {
    #[sea_orm(nested)]
    inbox: recipient::Model,
    #[sea_orm(nested)]
    row: Option<T>,
}

/// A row of the change log; the prefix avoids column names of the inbox.
#[derive(FromQueryResult)]
struct Logged {
    #[sea_orm(nested(prefix = "log_"))]
    row: inbox_change::Model,
}

fn logged(log: Select<inbox_change::Entity>) -> Select<inbox_change::Entity> {
    inbox_change::Column::iter().fold(log.select_only(), |log, column| {
        log.column_as(column, format!("log_{}", column.as_str()))
    })
}
