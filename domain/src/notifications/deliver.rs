//! Writes notifications into inboxes and retracts them, for one recipient or for hundreds, in a
//! fixed number of statements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Query, SimpleExpr},
};
use shared::{
    NotificationId,
    live::{ServerFrame, State},
};

use crate::{
    Error, Result, clock,
    entities::{
        notification::{ActiveModel, Column, Entity, Model},
        recipient,
    },
    notifications::{
        Notifications,
        announcement::{Announcement, Arrival, arrivals},
        compat, count,
        inbox::{Change, log_all, update},
        items::Entry,
        routing::Relation,
    },
    store::Txn,
};

/// Notifications retracted by one statement, and so by one frame.
const MAX_RETRACTED: u64 = 500;

/// The row of an arrival in an inbox that has taken its `seq`. The database assigns the id.
fn row(arrival: &Arrival<'_>, inbox: &recipient::Model, now: i64) -> Result<ActiveModel> {
    let Announcement {
        event_id, event, ..
    } = arrival.announcement;
    Ok(ActiveModel {
        recipient_id: Set(inbox.account_id),
        event_id: Set(Some(*event_id)),
        group_key: Set(Some(event.group_key())),
        routing: Set(Some(arrival.routing()?)),
        dedupe_key: Set(event.dedupe_key()),
        arrived_seq: Set(inbox.seq),
        changed_seq: Set(inbox.seq),
        created_at: Set(now),
        // The event says this too; nodes of the previous release read it here.
        kind: Set(event.what.word().into()),
        actor_id: Set(event.actor.0),
        artwork_id: Set(event.artwork.0),
        critique_id: Set(compat::stored(event.what.critique())),
        ..Default::default()
    })
}

impl Notifications {
    /// Writes the notification of each arrival. No recipient may have a notification of the same
    /// event yet. With several recipients, the caller holds their inbox locks.
    pub(super) async fn deliver(&self, txn: &mut Txn, arrivals: &[Arrival<'_>]) -> Result<()> {
        let mut remaining: BTreeMap<i64, i64> = BTreeMap::new();
        for arrival in arrivals {
            *remaining.entry(arrival.recipient).or_default() += 1;
        }
        let changes = remaining.iter().map(|(user, n)| (*user, (*n, *n, *n)));
        let inboxes: HashMap<i64, recipient::Model> = count_in(txn, changes)
            .await?
            .into_iter()
            .map(|inbox| (inbox.account_id, inbox))
            .collect();
        let now = clock::now();
        // An inbox that receives several notifications takes one `seq` for each.
        let (mut rows, mut pending) = (Vec::new(), Vec::with_capacity(arrivals.len()));
        for arrival in arrivals {
            let (Some(inbox), Some(left)) = (
                inboxes.get(&arrival.recipient),
                remaining.get_mut(&arrival.recipient),
            ) else {
                continue;
            };
            *left -= 1;
            let inbox = recipient::Model {
                seq: inbox.seq - *left,
                unseen: inbox.unseen - *left,
                unread: inbox.unread - *left,
                ..inbox.clone()
            };
            rows.push(row(arrival, &inbox, now)?);
            pending.push((inbox, &arrival.announcement.content));
        }
        if pending.is_empty() {
            return Ok(());
        }
        let ids = insert(txn, rows).await?;
        let mut arrived = Vec::with_capacity(pending.len());
        for (inbox, content) in pending {
            let id = ids
                .get(&(inbox.account_id, inbox.seq))
                .ok_or_else(|| Error::internal("a notification that was just written"))?;
            let entry = Entry {
                id: *id,
                recipient_id: inbox.account_id,
                arrived_seq: inbox.seq,
                created_at: now,
                seen_at: None,
                read_at: None,
                archived_at: None,
                retracted_at: None,
            };
            arrived.push((
                inbox,
                Change::Arrived(*id),
                content.clone().notification(&entry),
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

    /// Delivers an event to those followers of the artist who have no notification of it yet. Locks
    /// their inboxes in ascending order of id.
    pub(super) async fn deliver_once(
        &self,
        txn: &mut Txn,
        announcement: &Announcement,
        followers: &[i64],
    ) -> Result<()> {
        let locked = lock_all(txn, followers).await?;
        let delivered: HashSet<i64> = Entity::find()
            .select_only()
            .column(Column::RecipientId)
            .filter(Column::RecipientId.is_in(locked.iter().copied()))
            .filter(Column::DedupeKey.eq(announcement.event.dedupe_key()))
            .into_tuple()
            .all(txn.db())
            .await?
            .into_iter()
            .collect();
        let waiting = locked.into_iter().filter(|user| !delivered.contains(user));
        let arrivals: Vec<_> = arrivals(announcement, Relation::Follower, waiting).collect();
        self.deliver(txn, &arrivals).await
    }

    /// Retracts the matching notifications. The caller holds their artwork, so that no further one
    /// arrives meanwhile.
    pub(super) async fn retract(&self, txn: &mut Txn, which: Condition) -> Result<()> {
        while !self.retract_chunk(txn, which.clone()).await? {}
        Ok(())
    }

    /// Retracts at most [`MAX_RETRACTED`] of the matching notifications, so that no frame and no
    /// row of the change log grows without limit. Returns true if those were the last ones.
    pub(super) async fn retract_chunk(&self, txn: &mut Txn, which: Condition) -> Result<bool> {
        let found: Vec<(i64, i64)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::RecipientId])
            .filter(which.add(Column::RetractedAt.is_null()))
            // All of one inbox together, so that it takes few `seq`s.
            .order_by_asc(Column::RecipientId)
            .order_by_asc(Column::Id)
            .limit(MAX_RETRACTED)
            .into_tuple()
            .all(txn.db())
            .await?;
        let is_last = (found.len() as u64) < MAX_RETRACTED;
        let recipients: BTreeSet<i64> = found.iter().map(|(_, recipient)| *recipient).collect();
        let recipients: Vec<i64> = recipients.into_iter().collect();
        let users = lock_all(txn, &recipients).await?;
        if users.is_empty() {
            return Ok(true);
        }
        // One may have been retracted before its inbox was locked.
        let live_rows = Condition::all()
            .add(Column::Id.is_in(found.iter().map(|(id, _)| *id)))
            .add(Column::RetractedAt.is_null());
        let mut taken: BTreeMap<i64, Vec<Model>> = BTreeMap::new();
        for row in Entity::find()
            .filter(live_rows.clone())
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
        update(txn, live_rows, columns).await?;
        let what = |inbox: &recipient::Model| {
            let rows = taken.get(&inbox.account_id).into_iter().flatten();
            Change::Ids(
                State::Retracted,
                rows.map(|row| NotificationId(row.id)).collect(),
            )
        };
        let changes: Vec<(&recipient::Model, Change)> =
            inboxes.iter().map(|inbox| (inbox, what(inbox))).collect();
        if !changes.is_empty() {
            log_all(txn, changes.iter().map(|(inbox, what)| (*inbox, what))).await?;
        }
        for (inbox, what) in changes {
            if let Some(frame) =
                self.changed_frame(inbox.seq, inbox.unseen, inbox.unread, what, Vec::new())
            {
                Self::publish(txn, inbox, &frame)?;
            }
        }
        // Without progress, a further chunk would be the same.
        Ok(is_last || taken.is_empty())
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
async fn insert(txn: &Txn, rows: Vec<ActiveModel>) -> Result<HashMap<(i64, i64), i64>> {
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
