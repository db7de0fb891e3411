//! Updates notifications when the text that they show was edited. Each affected notification is
//! sent to its recipient again under the next `seq`: the first chunk within the edit, the rest by a
//! job whose checkpoint moves in the same transaction as each chunk.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use shared::{CritiqueId, NotificationId, dto::Notification, live::State};

use crate::{
    Result,
    entities::{
        critique,
        notification::{Column, Entity},
        rewording,
    },
    jobs::Jobs,
    notifications::{
        Notifications, compat,
        deliver::{at_own_seq, count_in, lock_all},
        fan_out::Rewording,
        inbox::{Change, log_all, update},
        items::{Item, with_subjects},
        tell::excerpt,
    },
    store::Txn,
    work_rows::hold,
};

/// Notifications per transaction.
const CHUNK: u64 = 200;

impl Notifications {
    /// Updates the notifications that show the excerpt of a critique, if `shown`, its new excerpt,
    /// differs.
    pub(crate) async fn critique_edited(
        &self,
        txn: &mut Txn,
        critique: &critique::Model,
        shown: &str,
    ) -> Result<()> {
        if excerpt(critique) == shown {
            return Ok(());
        }
        self.reworded(txn, critique.artwork_id, Some(CritiqueId(critique.id)))
            .await
    }

    /// Updates the notifications that show the title of an artwork.
    pub(crate) async fn artwork_retitled(&self, txn: &mut Txn, artwork: i64) -> Result<()> {
        self.reworded(txn, artwork, None).await
    }

    /// Updates the first chunk of notifications at once, and leaves the rest to a job.
    async fn reworded(
        &self,
        txn: &mut Txn,
        artwork: i64,
        critique: Option<CritiqueId>,
    ) -> Result<()> {
        let told = self.reword(txn, about(artwork, critique), 0).await?;
        let Some(told_through) = told else {
            // Everything is up to date, so a job for an earlier edit has nothing left to do.
            rewording::Entity::delete_by_id((artwork, compat::stored(critique)))
                .exec(txn.db())
                .await?;
            return Ok(());
        };
        let row = rewording::ActiveModel {
            artwork_id: Set(artwork),
            critique_id: Set(compat::stored(critique)),
            told_through: Set(told_through),
        };
        let mut again =
            OnConflict::columns([rewording::Column::ArtworkId, rewording::Column::CritiqueId]);
        again.update_column(rewording::Column::ToldThrough);
        rewording::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(txn.db())
            .await?;
        Jobs::enqueue(txn, &Rewording { artwork, critique }).await
    }

    /// Runs one step of the update about a critique, or about an artwork. Returns true if nothing
    /// is left to do.
    pub(super) async fn reword_step(
        &self,
        txn: &mut Txn,
        artwork: i64,
        critique: Option<CritiqueId>,
    ) -> Result<bool> {
        // As an edit does, which locks the inboxes before the checkpoint.
        hold(txn, [artwork]).await?;
        let job = rewording::Entity::find_by_id((artwork, compat::stored(critique)))
            .lock_exclusive()
            .one(txn.db())
            .await?;
        match job {
            Some(job) => self.reword_more(txn, job).await,
            None => Ok(true),
        }
    }

    async fn reword_more(&self, txn: &mut Txn, job: rewording::Model) -> Result<bool> {
        let about = about(job.artwork_id, compat::parsed(job.critique_id));
        let key = (job.artwork_id, job.critique_id);
        match self.reword(txn, about, job.told_through).await? {
            Some(through) => {
                rewording::Entity::update_many()
                    .col_expr(rewording::Column::ToldThrough, Expr::value(through))
                    .filter(rewording::Column::ArtworkId.eq(key.0))
                    .filter(rewording::Column::CritiqueId.eq(key.1))
                    .exec(txn.db())
                    .await?;
                Ok(false)
            }
            None => {
                rewording::Entity::delete_by_id(key).exec(txn.db()).await?;
                Ok(true)
            }
        }
    }

    /// Updates a chunk of notifications with ids above `after`. Returns the id of the last one;
    /// `None` after the last chunk.
    async fn reword(&self, txn: &mut Txn, about: Condition, after: i64) -> Result<Option<i64>> {
        let which = about
            .add(Column::RetractedAt.is_null())
            .add(Column::Id.gt(after));
        let found: Vec<(i64, i64)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::RecipientId])
            .filter(which)
            .order_by_asc(Column::Id)
            .limit(CHUNK)
            .into_tuple()
            .all(txn.db())
            .await?;
        let mut ids_by_recipient: BTreeMap<i64, Vec<NotificationId>> = BTreeMap::new();
        for (id, recipient) in &found {
            ids_by_recipient
                .entry(*recipient)
                .or_default()
                .push(NotificationId(*id));
        }
        let locked = lock_all(txn, &ids_by_recipient.keys().copied().collect::<Vec<_>>()).await?;
        // A notification may have been retracted before its inbox was locked. It stays retracted;
        // restoring it sends the new text.
        let ids = || {
            Condition::all()
                .add(Column::Id.is_in(found.iter().map(|(id, _)| *id)))
                .add(Column::RetractedAt.is_null())
        };
        let inboxes = count_in(txn, locked.into_iter().map(|user| (user, (1, 0, 0)))).await?;
        update(txn, ids(), vec![at_own_seq()]).await?;
        let mut items: HashMap<i64, Vec<Notification>> = HashMap::new();
        for item in with_subjects(Entity::find().filter(ids()))
            .into_model::<Item>()
            .all(txn.db())
            .await?
        {
            items.entry(item.recipient()).or_default().push(item.into());
        }
        let changes: Vec<_> = inboxes
            .iter()
            .filter_map(|inbox| {
                Some((
                    inbox,
                    Change::Ids(State::Edited, ids_by_recipient.remove(&inbox.account_id)?),
                ))
            })
            .collect();
        if !changes.is_empty() {
            log_all(txn, changes.iter().map(|(inbox, what)| (*inbox, what))).await?;
        }
        for (inbox, what) in changes {
            let items = items.remove(&inbox.account_id).unwrap_or_default();
            if let Some(frame) =
                self.changed_frame(inbox.seq, inbox.unseen, inbox.unread, what, items)
            {
                Self::publish(txn, inbox, &frame)?;
            }
        }
        Ok(found
            .last()
            .filter(|_| found.len() as u64 == CHUNK)
            .map(|(id, _)| *id))
    }
}

/// Matches the notifications about a critique, or, without one, about an artwork.
fn about(artwork: i64, critique: Option<CritiqueId>) -> Condition {
    Condition::all()
        .add(Column::ArtworkId.eq(artwork))
        .add_option(critique.map(|critique| Column::CritiqueId.eq(critique.0)))
}
