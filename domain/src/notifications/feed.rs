//! Reading inboxes: pages, what changed since a cursor, and the frames a socket missed.

use std::sync::Arc;

use bytes::Bytes;
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, JoinType, Order, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, SelectStatement},
};
use shared::{
    AppError, NotificationId, UserId,
    dto::{Counts, InboxPage, Notification},
    live::{Cursor, ServerFrame, State},
};

use super::{
    Notifications, count,
    inbox::{Change, listed},
    items::{Item, with_subjects},
    json, signed, unsigned,
};
use crate::{
    Result,
    entities::{
        inbox_change,
        notification::{Column, Entity},
        recipient,
    },
    read_cache::FirstPage,
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
        if let Some(known) = self.known(user).await? {
            return Ok(self.counts_of(&known.inbox));
        }
        let nothing = Entity::find()
            .filter(Column::RecipientId.eq(user.0))
            .limit(0);
        Ok(self.counts_of(&self.lines(user, nothing, &[], Order::Asc).await?.0))
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
        Ok(rows
            .into_iter()
            .map(|(user, seq)| (UserId(user), unsigned(seq)))
            .collect())
    }

    /// A page of an inbox, newest first, with the counts and the cursor of the same instant.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn page(
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
        if let Some(known) = self.known(user).await?.filter(|known| known.limit == limit) {
            return Ok(known.page.clone());
        }
        let memory = self
            .store
            .known()
            .map(|memory| (memory, memory.generation()));
        let (inbox, page) = self.read_page(user, filter, before, limit).await?;
        if let Some((memory, generation)) = memory {
            memory.remember_inbox(
                FirstPage {
                    inbox,
                    limit,
                    page: page.clone(),
                },
                generation,
            );
        }
        Ok(page)
    }

    /// The first page as it was a moment ago, if nothing has changed since.
    async fn known(&self, user: UserId) -> Result<Option<Arc<FirstPage>>> {
        Ok(
            match self.store.known().and_then(|memory| memory.inbox(user)) {
                Some(known) if !self.may_be_behind(&known.inbox).await? => Some(known),
                _ => None,
            },
        )
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
        let (inbox, mut items) = self.lines(user, query, &["id"], Order::Desc).await?;
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

    /// Every line that changed after the cursor, oldest change first, with tombstones; or a fresh
    /// first page if the cursor is too old, of another history, or of no history at all.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn changes(&self, user: UserId, after: &Cursor, limit: u64) -> Result<InboxPage> {
        let changed = Entity::find()
            .filter(Column::RecipientId.eq(user.0))
            .filter(Column::ChangedSeq.gt(signed(after.seq)))
            .order_by_asc(Column::ChangedSeq)
            .order_by_asc(Column::Id)
            .limit(FAR_BEHIND + 1);
        let (inbox, items) = self
            .lines(user, changed, &["changed_seq", "id"], Order::Asc)
            .await?;
        if !self.reaches(&inbox, after) || items.len() as u64 > FAR_BEHIND {
            return Ok(InboxPage {
                reset: true,
                ..self.page(user, Filter::All, None, limit).await?
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

    /// Whether the log still holds every change after the cursor.
    fn reaches(&self, inbox: &recipient::Model, after: &Cursor) -> bool {
        after.epoch == self.store.epoch()
            && (inbox.pruned_seq..=inbox.seq).contains(&signed(after.seq))
    }

    /// The frames a socket at this cursor missed, exactly as they were sent.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn replay(&self, user: UserId, after: &Cursor) -> Result<Replay> {
        let log = inbox_change::Entity::find()
            .filter(inbox_change::Column::RecipientId.eq(user.0))
            .filter(inbox_change::Column::Seq.gt(signed(after.seq)))
            .order_by_asc(inbox_change::Column::Seq)
            .limit(FAR_BEHIND + 1);
        let (inbox, log) = self
            .beside_inbox::<Logged>(user, logged(log).into_query(), &["log_seq"], Order::Asc)
            .await?;
        if !self.reaches(&inbox, after) || log.len() as u64 > FAR_BEHIND {
            return self.reset(user).await;
        }
        let log: Vec<inbox_change::Model> = log.into_iter().map(|Logged { row }| row).collect();
        let whats: Vec<Option<Change>> = log.iter().map(Change::of).collect();
        let named: Vec<i64> = whats.iter().flatten().flat_map(carried).collect();
        let lines = if named.is_empty() {
            Vec::new()
        } else {
            self.named(&named).await?
        };
        let line = |id: i64| lines.iter().find(|line| line.id.0 == id).cloned();
        let mut frames = Vec::with_capacity(log.len());
        for (row, what) in log.iter().zip(whats) {
            let frame = match what {
                Some(Change::Arrived(id)) => {
                    line(id)
                        .map(as_arrived)
                        .map(|notification| ServerFrame::Notification {
                            cursor: self.cursor(row.seq),
                            unseen: count(row.unseen),
                            unread: count(row.unread),
                            notification,
                        })
                }
                Some(what) => {
                    let items = carried(&what).into_iter().filter_map(line).collect();
                    self.changed_frame(row.seq, row.unseen, row.unread, what, items)
                }
                None => None,
            };
            let Some(frame) = frame else {
                tracing::error!(
                    user = user.0,
                    seq = row.seq,
                    "a line of the log can't be read; sending the first page instead"
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

    /// These lines, as they are by now.
    async fn named(&self, ids: &[i64]) -> Result<Vec<Notification>> {
        let rows = with_subjects(Entity::find().filter(Column::Id.is_in(ids.iter().copied())));
        Ok(rows
            .into_model::<Item>()
            .all(self.store.readers())
            .await?
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// Lines of somebody's inbox, and how it stands at the same instant.
    async fn lines(
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

    /// Somebody's inbox, all that waited for them let in, and rows about them: read at once, to be
    /// of the same instant.
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
        let first = found.first().ok_or_else(|| AppError::not_found("person"))?;
        if self.may_be_behind(&first.inbox).await? {
            self.catch_up(&[user]).await?;
            found = select.into_model().all(self.store.readers()).await?;
        }
        let mut found = found.into_iter();
        let first = found.next().ok_or_else(|| AppError::not_found("person"))?;
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
        } = self.page(user, Filter::All, None, 20).await?;
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

/// The lines a change carries whole.
fn carried(what: &Change) -> Vec<i64> {
    match what {
        Change::Arrived(id) => vec![*id],
        Change::Ids(State::Restored | State::Edited, ids) => ids.iter().map(|id| id.0).collect(),
        _ => Vec::new(),
    }
}

/// A line for replaying its arrival. What became of it since is in its flags, and the frames that
/// follow say it again, save that one now retracted or archived has to arrive before they can take
/// it away; nobody is told of that one.
fn as_arrived(line: Notification) -> Notification {
    let seen = line.seen || !line.listed();
    Notification {
        retracted: false,
        archived: false,
        seen,
        ..line
    }
}

/// An inbox, repeated beside each row that was asked for with it.
#[derive(FromQueryResult)]
struct Beside<T: FromQueryResult> {
    #[sea_orm(nested)]
    inbox: recipient::Model,
    #[sea_orm(nested)]
    row: Option<T>,
}

/// A line of the log, under names that the inbox does not have.
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
