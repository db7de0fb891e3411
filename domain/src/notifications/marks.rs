//! Marks by the recipient: read, unread, seen, archived, restored.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use shared::{
    AppError, Kind, NotificationId, Phrase, Thing, UserId,
    dto::{Counts, Marked},
    live::State,
};

use crate::{
    Result, clock,
    entities::notification::{Column, Entity},
    notifications::{
        Notifications,
        inbox::{Change, advance, listed, lock, tally, update},
        items::{Item, with_subjects},
        signed,
    },
    policy::{self, Actor},
    store::{Txn, change},
    work_rows::on_first_page,
};

/// Ids per request.
const MAX_IDS: usize = 500;

impl Notifications {
    /// Marks notifications of an inbox. Skips those of other people, retracted ones and those
    /// already in that state. If nothing changes, no `seq` is taken.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] by [`policy::use_inbox`], [`Kind::Invalid`] for too many ids,
    /// [`Kind::Conflict`] for a cursor of another epoch.
    pub async fn mark(&self, actor: &Actor, marked: &Marked, state: State) -> Result<Counts> {
        policy::use_inbox(actor)?;
        change!(self.store, true, |txn| self
            .mark_in(txn, actor.id, marked, state)
            .await)
    }

    async fn mark_in(
        &self,
        txn: &mut Txn,
        user: UserId,
        marked: &Marked,
        state: State,
    ) -> Result<Counts> {
        let inbox = lock(txn, user.0).await?;
        let chosen = match marked {
            Marked::Ids(ids) if ids.len() > MAX_IDS => {
                let phrase = Phrase::new("notifications-too-many").with("max", MAX_IDS);
                return Err(AppError::field("ids", phrase).into());
            }
            Marked::Ids(ids) => Condition::all().add(Column::Id.is_in(ids.iter().map(|id| id.0))),
            Marked::Through(cursor) if cursor.epoch != self.store.epoch() => {
                return Err(AppError::new(Kind::Conflict, "cursor-outdated").into());
            }
            Marked::Through(cursor) => Condition::all()
                .add(Column::ArrivedSeq.lte(std::cmp::min(signed(cursor.seq), inbox.seq))),
        };
        // Restored notifications are sent in full, so they must be named by id.
        let without_ids = state == State::Restored && matches!(marked, Marked::Through(_));
        let Some(which) = affected(user.0, state)
            .filter(|_| !without_ids)
            .map(|affected| affected.add(chosen))
        else {
            return Err(AppError::new(Kind::Invalid, "notifications-state").into());
        };
        let (all, unseen, unread) = tally(txn, which.clone()).await?;
        if all == 0 {
            return Ok(self.counts_of(&inbox));
        }
        let ids: Vec<NotificationId> = match marked {
            Marked::Ids(_) => {
                let ids = Entity::find()
                    .select_only()
                    .column(Column::Id)
                    .filter(which.clone())
                    .order_by_asc(Column::Id);
                ids.into_tuple::<i64>()
                    .all(txn.db())
                    .await?
                    .into_iter()
                    .map(NotificationId)
                    .collect()
            }
            Marked::Through(_) => Vec::new(),
        };
        let (unseen, unread) = match state {
            State::Read | State::Archived => (-unseen, -unread),
            State::Unread => (0, all),
            State::Seen => (-unseen, 0),
            State::Restored => (unseen, unread),
            State::Edited | State::Retracted | State::Unknown => (0, 0),
        };
        let inbox = advance(txn, user.0, unseen, unread).await?;
        let mut columns = columns(state);
        columns.push((Column::ChangedSeq, Expr::value(inbox.seq)));
        update(txn, which, columns).await?;
        let what = match marked {
            Marked::Ids(_) => Change::Ids(state, ids.clone()),
            Marked::Through(cursor) => {
                Change::Through(state, std::cmp::min(signed(cursor.seq), inbox.seq))
            }
        };
        let restored = if state == State::Restored {
            let rows = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.0)));
            let rows = with_subjects(rows)
                .into_model::<Item>()
                .all(txn.db())
                .await?;
            rows.into_iter().map(Into::into).collect()
        } else {
            Vec::new()
        };
        self.changed(txn, &inbox, what, restored).await?;
        Ok(self.counts_of(&inbox))
    }

    /// Marks one notification as read, if `mark` is set, and returns its link. Used by links that
    /// work without JavaScript.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] by [`policy::use_inbox`]; [`Kind::NotFound`] if the notification belongs
    /// to another person or was retracted.
    pub async fn open(&self, actor: &Actor, id: NotificationId, mark: bool) -> Result<String> {
        policy::use_inbox(actor)?;
        let item = with_subjects(Entity::find_by_id(id.0).filter(listed(actor.id.0)))
            .into_model::<Item>()
            .one(self.store.readers())
            .await?;
        let item = item.ok_or_else(|| AppError::not_found(Thing::Notification))?;
        if mark && !item.is_read() {
            self.mark(actor, &Marked::Ids(vec![id]), State::Read)
                .await?;
        }
        let artwork = item.artwork();
        let Some(critique) = item.critique() else {
            return Ok(shared::paths::artwork(artwork));
        };
        let first = on_first_page(self.store.readers(), artwork, critique).await?;
        Ok(shared::paths::critique(artwork, critique, !first))
    }
}

/// Matches the notifications that this state would change; `None` for a state that a recipient
/// can't set.
fn affected(user: i64, state: State) -> Option<Condition> {
    let listed_here = listed(user);
    Some(match state {
        State::Read => listed_here.add(Column::ReadAt.is_null()),
        State::Unread => listed_here.add(Column::ReadAt.is_not_null()),
        State::Seen => listed_here.add(Column::SeenAt.is_null()),
        State::Archived => listed_here,
        State::Restored => Condition::all()
            .add(Column::RecipientId.eq(user))
            .add(Column::ArchivedAt.is_not_null())
            .add(Column::RetractedAt.is_null()),
        State::Edited | State::Retracted | State::Unknown => return None,
    })
}

fn columns(state: State) -> Vec<(Column, sea_orm::sea_query::SimpleExpr)> {
    let now = || Expr::value(clock::now());
    let seen = || {
        (
            Column::SeenAt,
            Expr::col(Column::SeenAt).if_null(clock::now()),
        )
    };
    match state {
        State::Read => vec![(Column::ReadAt, now()), seen()],
        State::Unread => vec![(Column::ReadAt, Expr::value(None::<i64>))],
        State::Seen => vec![seen()],
        State::Archived => vec![(Column::ArchivedAt, now())],
        State::Restored => vec![(Column::ArchivedAt, Expr::value(None::<i64>))],
        State::Edited | State::Retracted | State::Unknown => Vec::new(),
    }
}
