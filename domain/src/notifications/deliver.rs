//! Lines into inboxes and out of them again, for one recipient or for hundreds, in a fixed number
//! of statements.

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

use super::{
    Notifications, count,
    inbox::{Change, log_all, update},
    items::line,
};
use crate::{
    Error, Result, clock,
    entities::{
        notification::{ActiveModel, Column, Entity, Model},
        recipient,
    },
    store::Txn,
};

/// Something that happened to somebody.
pub struct Event {
    pub kind: NotificationKind,
    pub actor: i64,
    pub actor_is: Person,
    pub artwork: Subject,
    /// Its critique; 0 if it has none.
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

    /// Names what can happen only once: doing it again, after undoing it or not, is the same line.
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

    /// A new row of it, for an inbox that has taken its number; the database gives the id.
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

    /// The line for a row of this occasion.
    pub fn line(&self, row: &Model) -> shared::dto::Notification {
        line(
            row,
            self.actor_is.clone(),
            self.artwork.title.clone(),
            self.excerpt.clone(),
        )
    }
}

impl Notifications {
    /// Puts a new line into an inbox for each of these. None of them may have been told of its
    /// occasion yet, and if there are several inboxes, the caller holds them locked.
    pub(super) async fn deliver(&self, txn: &mut Txn, arrivals: &[(&Event, i64)]) -> Result<()> {
        let mut more: BTreeMap<i64, i64> = BTreeMap::new();
        for (_, user) in arrivals {
            *more.entry(*user).or_default() += 1;
        }
        let changes = more.iter().map(|(user, n)| (*user, (*n, *n, *n)));
        let inboxes: HashMap<i64, recipient::Model> = count_in(txn, changes)
            .await?
            .into_iter()
            .map(|inbox| (inbox.account_id, inbox))
            .collect();
        let now = clock::now();
        // An inbox that takes several lines passes through as many numbers.
        let mut lines = Vec::with_capacity(arrivals.len());
        for (event, user) in arrivals {
            let (Some(inbox), Some(left)) = (inboxes.get(user), more.get_mut(user)) else {
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
            lines.push((event.row(&inbox, now)?, inbox, *event));
        }
        if lines.is_empty() {
            return Ok(());
        }
        let ids = insert(txn, lines.iter().map(|(row, ..)| row)).await?;
        let mut arrived = Vec::with_capacity(lines.len());
        for (row, inbox, event) in lines {
            let id = ids
                .get(&(row.recipient_id, row.arrived_seq))
                .ok_or_else(|| Error::internal("a line that was just written"))?;
            arrived.push((
                inbox,
                Change::Arrived(*id),
                event.line(&Model { id: *id, ..row }),
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

    /// Tells those of them who have not been told yet, having waited for their inboxes in ascending
    /// order.
    pub(super) async fn deliver_once(
        &self,
        txn: &mut Txn,
        event: &Event,
        recipients: &[i64],
    ) -> Result<()> {
        let locked = lock_all(txn, recipients).await?;
        let told: HashSet<i64> = Entity::find()
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
            .filter(|user| !told.contains(user))
            .map(|user| (event, user))
            .collect();
        self.deliver(txn, &news).await
    }

    /// Takes lines back from the inboxes they are in. Gives how many inboxes that were.
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

/// Puts each line's change at its own inbox's `seq`.
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

/// Writes new rows. Gives the id of each by its recipient and number, and no more: each value that
/// comes back costs.
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

/// Moves inboxes on by changes to `seq`, `unseen` and `unread`, which are few kinds for any number
/// of inboxes. Gives those that are there, as they are then.
pub async fn count_in(
    txn: &Txn,
    changes: impl Iterator<Item = (i64, (i64, i64, i64))>,
) -> Result<Vec<recipient::Model>> {
    use recipient::Column::{AccountId, Seq, Unread, Unseen};
    let mut alike: BTreeMap<(i64, i64, i64), Vec<i64>> = BTreeMap::new();
    for (user, change) in changes {
        alike.entry(change).or_default().push(user);
    }
    let mut inboxes = Vec::new();
    for ((seq, unseen, unread), users) in alike {
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

/// Waits for these inboxes, lowest id first, and holds them. Gives those that are there, or, where
/// one writer holds everything anyway, all.
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
