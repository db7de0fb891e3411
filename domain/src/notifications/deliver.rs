//! Lines into inboxes and out of them again, for one recipient or for hundreds, in a fixed number of statements.

use std::collections::{BTreeMap, HashSet};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use shared::{
    NotificationId,
    dto::{NotificationKind, Person, Subject, Viewer},
    live::{ServerFrame, State},
};

use super::{
    Notifications, count,
    inbox::{What, log_all, update},
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
pub struct Occasion {
    pub kind: NotificationKind,
    pub actor: i64,
    pub actor_is: Person,
    pub artwork: Subject,
    /// Its critique; 0 if it has none.
    pub critique: i64,
    /// The critique's words.
    pub body: String,
}

impl Occasion {
    pub fn new(kind: NotificationKind, actor: &Viewer, artwork: Subject, critique: i64, body: &str) -> Self {
        Self { kind, actor: actor.id.0, actor_is: actor.person(), artwork, critique, body: body.to_owned() }
    }

    /// Names what can happen only once: doing it again, after undoing it or not, is the same line.
    pub fn dedupe_key(&self) -> String {
        match self.kind {
            NotificationKind::Critique | NotificationKind::Other => format!("critique:{}", self.critique),
            NotificationKind::Helpful => format!("helpful:{}:{}", self.critique, self.actor),
            NotificationKind::Artwork => format!("artwork:{}", self.artwork.id),
        }
    }

    fn kind_word(&self) -> Result<String> {
        let word = serde_json::to_value(self.kind).map_err(Error::internal)?;
        Ok(word.as_str().unwrap_or_default().to_owned())
    }

    /// The line for a row of this occasion.
    pub fn line(&self, row: &Model) -> shared::dto::Notification {
        line(row, self.actor_is.clone(), self.artwork.title.clone(), &self.body)
    }
}

impl Notifications {
    /// Puts a new line into each of these inboxes. None of them may have one of this occasion yet, and if there are several, the
    /// caller holds them locked.
    pub(super) async fn deliver(&self, txn: &mut Txn, occasion: &Occasion, recipients: &[i64]) -> Result<()> {
        use recipient::Column::{AccountId, Seq, Unread, Unseen};
        if recipients.is_empty() {
            return Ok(());
        }
        let inboxes = recipient::Entity::update_many()
            .col_expr(Seq, Expr::col(Seq).add(1))
            .col_expr(Unseen, Expr::col(Unseen).add(1))
            .col_expr(Unread, Expr::col(Unread).add(1))
            .filter(AccountId.is_in(recipients.iter().copied()))
            .exec_with_returning(txn.db())
            .await?;
        let (kind, key, now) = (occasion.kind_word()?, occasion.dedupe_key(), clock::now());
        let rows = inboxes.iter().map(|inbox| ActiveModel {
            recipient_id: Set(inbox.account_id),
            kind: Set(kind.clone()),
            actor_id: Set(occasion.actor),
            artwork_id: Set(occasion.artwork.id.0),
            critique_id: Set(occasion.critique),
            dedupe_key: Set(key.clone()),
            arrived_seq: Set(inbox.seq),
            changed_seq: Set(inbox.seq),
            created_at: Set(now),
            ..Default::default()
        });
        let rows = Entity::insert_many(rows).exec_with_returning(txn.db()).await?;
        let by_recipient: BTreeMap<i64, Model> = rows.into_iter().map(|row| (row.recipient_id, row)).collect();
        let mut lines = Vec::with_capacity(inboxes.len());
        for inbox in &inboxes {
            let row = by_recipient.get(&inbox.account_id).ok_or_else(|| Error::internal("a line that was just written"))?;
            lines.push((inbox, What::Arrived(row.id), occasion.line(row)));
        }
        log_all(txn, lines.iter().map(|(inbox, what, _)| (*inbox, what))).await?;
        for (inbox, _, notification) in lines {
            let (cursor, unseen, unread) = (self.cursor(inbox.seq), count(inbox.unseen), count(inbox.unread));
            Self::publish(txn, inbox, &ServerFrame::Notification { cursor, unseen, unread, notification })?;
        }
        Ok(())
    }

    /// Tells those of them who have not been told yet, having waited for their inboxes in ascending order.
    pub(super) async fn deliver_once(&self, txn: &mut Txn, occasion: &Occasion, recipients: &[i64]) -> Result<()> {
        let locked = lock_all(txn, recipients).await?;
        let told: HashSet<i64> = Entity::find()
            .select_only()
            .column(Column::RecipientId)
            .filter(Column::RecipientId.is_in(locked.iter().copied()))
            .filter(Column::DedupeKey.eq(occasion.dedupe_key()))
            .into_tuple()
            .all(txn.db())
            .await?
            .into_iter()
            .collect();
        let news: Vec<i64> = locked.into_iter().filter(|user| !told.contains(user)).collect();
        self.deliver(txn, occasion, &news).await
    }

    /// Takes lines back from the inboxes they are in. Gives how many inboxes that were.
    pub(super) async fn retract(&self, txn: &mut Txn, which: Condition, at_most: Option<u64>) -> Result<usize> {
        let standing = which.add(Column::RetractedAt.is_null());
        let recipients: Vec<i64> = Entity::find()
            .select_only()
            .column(Column::RecipientId)
            .distinct()
            .filter(standing.clone())
            .order_by_asc(Column::RecipientId)
            .limit(at_most)
            .into_tuple()
            .all(txn.db())
            .await?;
        let users = lock_all(txn, &recipients).await?;
        if users.is_empty() {
            return Ok(0);
        }
        let standing = standing.add(Column::RecipientId.is_in(users.iter().copied()));
        let mut taken: BTreeMap<i64, Vec<Model>> = BTreeMap::new();
        for row in Entity::find().filter(standing).order_by_asc(Column::Id).all(txn.db()).await? {
            taken.entry(row.recipient_id).or_default().push(row);
        }
        let inboxes = self.discount(txn, &taken).await?;
        // Each line's change is at its own inbox's `seq`.
        let seq = Query::select()
            .column(recipient::Column::Seq)
            .from(recipient::Entity)
            .and_where(Expr::col((recipient::Entity, recipient::Column::AccountId)).equals((Entity, Column::RecipientId)))
            .to_owned();
        let columns = vec![
            (Column::RetractedAt, Expr::value(clock::now())),
            (Column::ChangedSeq, Expr::SubQuery(None, Box::new(seq.into()))),
        ];
        let ids = taken.values().flatten().map(|row| row.id);
        update(txn, Condition::all().add(Column::Id.is_in(ids)), columns).await?;
        let what = |inbox: &recipient::Model| {
            let rows = taken.get(&inbox.account_id).into_iter().flatten();
            What::Ids(State::Retracted, rows.map(|row| NotificationId(row.id)).collect())
        };
        let changes: Vec<(&recipient::Model, What)> = inboxes.iter().map(|inbox| (inbox, what(inbox))).collect();
        log_all(txn, changes.iter().map(|(inbox, what)| (*inbox, what))).await?;
        for (inbox, what) in changes {
            if let Some(frame) = self.changed_frame(inbox.seq, inbox.unseen, inbox.unread, what, Vec::new()) {
                Self::publish(txn, inbox, &frame)?;
            }
        }
        Ok(inboxes.len())
    }

    /// Counts lines out of their inboxes, which are few kinds of differences for any number of inboxes.
    async fn discount(&self, txn: &Txn, taken: &BTreeMap<i64, Vec<Model>>) -> Result<Vec<recipient::Model>> {
        use recipient::Column::{AccountId, Seq, Unread, Unseen};
        let mut alike: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
        for (user, rows) in taken {
            let less =
                |flag: fn(&Model) -> bool| rows.iter().filter(|row| row.archived_at.is_none() && flag(row)).fold(0, |n, _| n + 1);
            let difference = (less(|row| row.seen_at.is_none()), less(|row| row.read_at.is_none()));
            alike.entry(difference).or_default().push(*user);
        }
        let mut inboxes = Vec::with_capacity(taken.len());
        for ((unseen, unread), users) in alike {
            let rows = recipient::Entity::update_many()
                .col_expr(Seq, Expr::col(Seq).add(1))
                .col_expr(Unseen, Expr::col(Unseen).sub(unseen))
                .col_expr(Unread, Expr::col(Unread).sub(unread))
                .filter(AccountId.is_in(users))
                .exec_with_returning(txn.db())
                .await?;
            inboxes.extend(rows);
        }
        Ok(inboxes)
    }
}

/// Waits for these inboxes, lowest id first, and holds them. Gives those that are there.
pub async fn lock_all(txn: &Txn, users: &[i64]) -> Result<Vec<i64>> {
    if users.is_empty() {
        return Ok(Vec::new());
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
