//! Lines into inboxes and out of them again, for one recipient or for hundreds, in a fixed number of statements.

use std::collections::{BTreeMap, HashMap, HashSet};

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
    /// Puts a new line into an inbox for each of these. None of them may have been told of its occasion yet, and if there are several
    /// inboxes, the caller holds them locked.
    pub(super) async fn deliver(&self, txn: &mut Txn, arrivals: &[(&Occasion, i64)]) -> Result<()> {
        let mut more: BTreeMap<i64, i64> = BTreeMap::new();
        for (_, user) in arrivals {
            *more.entry(*user).or_default() += 1;
        }
        let changes = more.iter().map(|(user, n)| (*user, (*n, *n, *n)));
        let inboxes: HashMap<i64, recipient::Model> =
            count_in(txn, changes).await?.into_iter().map(|inbox| (inbox.account_id, inbox)).collect();
        // An inbox that takes several lines passes through as many numbers.
        let mut numbered = Vec::with_capacity(arrivals.len());
        for (occasion, user) in arrivals {
            let (Some(inbox), Some(left)) = (inboxes.get(user), more.get_mut(user)) else { continue };
            *left -= 1;
            let (seq, unseen, unread) = (inbox.seq - *left, inbox.unseen - *left, inbox.unread - *left);
            numbered.push((*occasion, recipient::Model { seq, unseen, unread, ..inbox.clone() }));
        }
        if numbered.is_empty() {
            return Ok(());
        }
        let now = clock::now();
        let mut rows = Vec::with_capacity(numbered.len());
        for (occasion, inbox) in &numbered {
            rows.push(ActiveModel {
                recipient_id: Set(inbox.account_id),
                kind: Set(occasion.kind_word()?),
                actor_id: Set(occasion.actor),
                artwork_id: Set(occasion.artwork.id.0),
                critique_id: Set(occasion.critique),
                dedupe_key: Set(occasion.dedupe_key()),
                arrived_seq: Set(inbox.seq),
                changed_seq: Set(inbox.seq),
                created_at: Set(now),
                ..Default::default()
            });
        }
        let rows = Entity::insert_many(rows).exec_with_returning(txn.db()).await?;
        let rows: HashMap<(i64, i64), Model> = rows.into_iter().map(|row| ((row.recipient_id, row.arrived_seq), row)).collect();
        let mut lines = Vec::with_capacity(numbered.len());
        for (occasion, inbox) in &numbered {
            let row = rows.get(&(inbox.account_id, inbox.seq)).ok_or_else(|| Error::internal("a line that was just written"))?;
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
        let news: Vec<_> = locked.into_iter().filter(|user| !told.contains(user)).map(|user| (occasion, user)).collect();
        self.deliver(txn, &news).await
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
        let changes = taken.iter().map(|(user, rows)| {
            let less =
                |flag: fn(&Model) -> bool| rows.iter().filter(|row| row.archived_at.is_none() && flag(row)).fold(0, |n, _| n - 1);
            (*user, (1, less(|row| row.seen_at.is_none()), less(|row| row.read_at.is_none())))
        });
        let inboxes = count_in(txn, changes).await?;
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
}

/// Moves inboxes on by changes to `seq`, `unseen` and `unread`, which are few kinds for any number of inboxes. Gives those that are
/// there, as they are then.
async fn count_in(txn: &Txn, changes: impl Iterator<Item = (i64, (i64, i64, i64))>) -> Result<Vec<recipient::Model>> {
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
