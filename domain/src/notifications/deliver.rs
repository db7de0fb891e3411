//! Writes notifications into inboxes and retracts them, for one recipient or for hundreds, in a
//! fixed number of statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::NotSet,
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Query, SimpleExpr},
};
use shared::{
    NotificationId,
    dto::{NotificationKind, Person, Subject, Viewer},
    live::{ServerFrame, State},
};

use crate::{
    Error, Result, clock,
    entities::{
        notification::{ActiveModel, Column, Entity, Model},
        recipient,
    },
    notifications::{
        Notifications, count,
        inbox::{Change, log_all, update},
        items::notification,
    },
    store::Txn,
};

/// Something that happened and that recipients are notified of.
pub struct Event {
    pub kind: NotificationKind,
    pub actor: i64,
    pub actor_is: Person,
    pub artwork: Subject,
    /// The critique; 0 if there is none.
    pub critique: i64,
    /// The critique's first words.
    pub excerpt: String,
}

impl Event {
    pub fn new(
        kind: NotificationKind,
        actor: &Viewer,
        artwork: Subject,
        critique: i64,
        excerpt: String,
    ) -> Self {
        Self {
            kind,
            actor: actor.id.0,
            actor_is: actor.person(),
            artwork,
            critique,
            excerpt,
        }
    }

    /// The deduplication key: repeating an event, even after it was undone, yields the same key and
    /// thus the same notification.
    pub fn dedupe_key(&self) -> String {
        match self.kind {
            NotificationKind::Critique | NotificationKind::Other => {
                format!("critique:{}", self.critique)
            }
            NotificationKind::Helpful => format!("helpful:{}:{}", self.critique, self.actor),
            NotificationKind::Artwork => format!("artwork:{}", self.artwork.id),
        }
    }

    fn kind_word(&self) -> Result<String> {
        let word = serde_json::to_value(self.kind).map_err(Error::internal)?;
        Ok(word.as_str().unwrap_or_default().to_owned())
    }

    /// A new row for an inbox that has taken its `seq`. The database assigns the id.
    fn row(&self, inbox: &recipient::Model, now: i64) -> Result<Model> {
        Ok(Model {
            id: 0,
            recipient_id: inbox.account_id,
            kind: self.kind_word()?,
            actor_id: self.actor,
            artwork_id: self.artwork.id.0,
            critique_id: self.critique,
            dedupe_key: self.dedupe_key(),
            arrived_seq: inbox.seq,
            changed_seq: inbox.seq,
            created_at: now,
            seen_at: None,
            read_at: None,
            archived_at: None,
            retracted_at: None,
        })
    }

    /// The notification for a row of this event.
    pub fn notification(&self, row: &Model) -> shared::dto::Notification {
        notification(
            row,
            self.actor_is.clone(),
            self.artwork.title.clone(),
            self.excerpt.clone(),
        )
    }
}

impl Notifications {
    /// Writes a notification for each pair of event and recipient. No recipient may have a
    /// notification of the same event yet. With several recipients, the caller holds their inbox
    /// locks.
    pub(super) async fn deliver(&self, txn: &mut Txn, arrivals: &[(&Event, i64)]) -> Result<()> {
        let mut remaining: BTreeMap<i64, i64> = BTreeMap::new();
        for (_, user) in arrivals {
            *remaining.entry(*user).or_default() += 1;
        }
        let changes = remaining.iter().map(|(user, n)| (*user, (*n, *n, *n)));
        let inboxes: HashMap<i64, recipient::Model> = count_in(txn, changes)
            .await?
            .into_iter()
            .map(|inbox| (inbox.account_id, inbox))
            .collect();
        let now = clock::now();
        // An inbox that receives several notifications takes one `seq` for each.
        let mut pending = Vec::with_capacity(arrivals.len());
        for (event, user) in arrivals {
            let (Some(inbox), Some(left)) = (inboxes.get(user), remaining.get_mut(user)) else {
                continue;
            };
            *left -= 1;
            let (seq, unseen, unread) = (
                inbox.seq - *left,
                inbox.unseen - *left,
                inbox.unread - *left,
            );
            let inbox = recipient::Model {
                seq,
                unseen,
                unread,
                ..inbox.clone()
            };
            pending.push((event.row(&inbox, now)?, inbox, *event));
        }
        if pending.is_empty() {
            return Ok(());
        }
        let ids = insert(txn, pending.iter().map(|(row, ..)| row)).await?;
        let mut arrived = Vec::with_capacity(pending.len());
        for (row, inbox, event) in pending {
            let id = ids
                .get(&(row.recipient_id, row.arrived_seq))
                .ok_or_else(|| Error::internal("a notification that was just written"))?;
            arrived.push((
                inbox,
                Change::Arrived(*id),
                event.notification(&Model { id: *id, ..row }),
            ));
        }
        log_all(txn, arrived.iter().map(|(inbox, what, _)| (inbox, what))).await?;
        for (inbox, _, notification) in arrived {
            let (cursor, unseen, unread) = (
                self.cursor(inbox.seq),
                count(inbox.unseen),
                count(inbox.unread),
            );
            Self::publish(
                txn,
                &inbox,
                &ServerFrame::Notification {
                    cursor,
                    unseen,
                    unread,
                    notification,
                },
            )?;
        }
        Ok(())
    }

    /// Delivers to those recipients that have no notification of this event yet. Locks their
    /// inboxes in ascending order of id.
    pub(super) async fn deliver_once(
        &self,
        txn: &mut Txn,
        event: &Event,
        recipients: &[i64],
    ) -> Result<()> {
        let locked = lock_all(txn, recipients).await?;
        let delivered: HashSet<i64> = Entity::find()
            .select_only()
            .column(Column::RecipientId)
            .filter(Column::RecipientId.is_in(locked.iter().copied()))
            .filter(Column::DedupeKey.eq(event.dedupe_key()))
            .into_tuple()
            .all(txn.db())
            .await?
            .into_iter()
            .collect();
        let news: Vec<_> = locked
            .into_iter()
            .filter(|user| !delivered.contains(user))
            .map(|user| (event, user))
            .collect();
        self.deliver(txn, &news).await
    }

    /// Retracts the matching notifications, in at most `at_most` inboxes. Returns the number of
    /// inboxes changed.
    pub(super) async fn retract(
        &self,
        txn: &mut Txn,
        which: Condition,
        at_most: Option<u64>,
    ) -> Result<usize> {
        let live_rows = which.add(Column::RetractedAt.is_null());
        let recipients: Vec<i64> = Entity::find()
            .select_only()
            .column(Column::RecipientId)
            .distinct()
            .filter(live_rows.clone())
            .order_by_asc(Column::RecipientId)
            .limit(at_most)
            .into_tuple()
            .all(txn.db())
            .await?;
        let users = lock_all(txn, &recipients).await?;
        if users.is_empty() {
            return Ok(0);
        }
        let live_rows = live_rows.add(Column::RecipientId.is_in(users.iter().copied()));
        let mut taken: BTreeMap<i64, Vec<Model>> = BTreeMap::new();
        for row in Entity::find()
            .filter(live_rows)
            .order_by_asc(Column::Id)
            .all(txn.db())
            .await?
        {
            taken.entry(row.recipient_id).or_default().push(row);
        }
        let changes = taken.iter().map(|(user, rows)| {
            let less = |flag: fn(&Model) -> bool| {
                rows.iter()
                    .filter(|row| row.archived_at.is_none() && flag(row))
                    .fold(0, |n, _| n - 1)
            };
            (
                *user,
                (
                    1,
                    less(|row| row.seen_at.is_none()),
                    less(|row| row.read_at.is_none()),
                ),
            )
        });
        let inboxes = count_in(txn, changes).await?;
        let columns = vec![
            (Column::RetractedAt, Expr::value(clock::now())),
            at_own_seq(),
        ];
        let ids = taken.values().flatten().map(|row| row.id);
        update(txn, Condition::all().add(Column::Id.is_in(ids)), columns).await?;
        let what = |inbox: &recipient::Model| {
            let rows = taken.get(&inbox.account_id).into_iter().flatten();
            Change::Ids(
                State::Retracted,
                rows.map(|row| NotificationId(row.id)).collect(),
            )
        };
        let changes: Vec<(&recipient::Model, Change)> =
            inboxes.iter().map(|inbox| (inbox, what(inbox))).collect();
        log_all(txn, changes.iter().map(|(inbox, what)| (*inbox, what))).await?;
        for (inbox, what) in changes {
            if let Some(frame) =
                self.changed_frame(inbox.seq, inbox.unseen, inbox.unread, what, Vec::new())
            {
                Self::publish(txn, inbox, &frame)?;
            }
        }
        Ok(inboxes.len())
    }
}

/// Sets `changed_seq` to the `seq` of each row's own inbox.
pub fn at_own_seq() -> (Column, SimpleExpr) {
    let seq = Query::select()
        .column(recipient::Column::Seq)
        .from(recipient::Entity)
        .and_where(
            Expr::col((recipient::Entity, recipient::Column::AccountId))
                .equals((Entity, Column::RecipientId)),
        )
        .to_owned();
    (
        Column::ChangedSeq,
        Expr::SubQuery(None, Box::new(seq.into())),
    )
}

/// Inserts rows. Returns only each id by recipient and `seq`, because every returned value costs.
async fn insert(txn: &Txn, rows: impl Iterator<Item = &Model>) -> Result<HashMap<(i64, i64), i64>> {
    let rows = rows.map(|row| ActiveModel {
        id: NotSet,
        ..row.clone().into_active_model().reset_all()
    });
    let mut insert = Entity::insert_many(rows).into_query();
    insert.returning(Query::returning().columns([
        Column::RecipientId,
        Column::ArrivedSeq,
        Column::Id,
    ]));
    let written = txn.db().query_all(&insert).await?;
    let ids = written.iter().map(|row| {
        row.try_get_many_by_index()
            .map(|(recipient, seq, id)| ((recipient, seq), id))
    });
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Adds to the `seq`, `unseen` and `unread` of inboxes, with one statement per distinct change.
/// Returns the updated inboxes that exist.
pub async fn count_in(
    txn: &Txn,
    changes: impl Iterator<Item = (i64, (i64, i64, i64))>,
) -> Result<Vec<recipient::Model>> {
    use recipient::Column::{AccountId, Seq, Unread, Unseen};
    let mut users_by_change: BTreeMap<(i64, i64, i64), Vec<i64>> = BTreeMap::new();
    for (user, change) in changes {
        users_by_change.entry(change).or_default().push(user);
    }
    let mut inboxes = Vec::new();
    for ((seq, unseen, unread), users) in users_by_change {
        let rows = recipient::Entity::update_many()
            .col_expr(Seq, Expr::col(Seq).add(seq))
            .col_expr(Unseen, Expr::col(Unseen).add(unseen))
            .col_expr(Unread, Expr::col(Unread).add(unread))
            .filter(AccountId.is_in(users))
            .exec_with_returning(txn.db())
            .await?;
        inboxes.extend(rows);
    }
    Ok(inboxes)
}

/// Locks these inboxes in ascending order of id. Returns those that exist; on SQLite, which has a
/// single writer, returns all without a lock.
pub async fn lock_all(txn: &Txn, users: &[i64]) -> Result<Vec<i64>> {
    if users.is_empty() || txn.db().get_database_backend() == DbBackend::Sqlite {
        return Ok(users.to_vec());
    }
    let rows = recipient::Entity::find()
        .select_only()
        .column(recipient::Column::AccountId)
        .filter(recipient::Column::AccountId.is_in(users.iter().copied()))
        .order_by_asc(recipient::Column::AccountId)
        .lock_exclusive()
        .into_tuple()
        .all(txn.db())
        .await?;
    Ok(rows)
}
