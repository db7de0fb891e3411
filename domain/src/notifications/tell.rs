//! Events into lines, and lines back out when an event is undone.

use std::collections::BTreeMap;

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use shared::{
    NotificationId, UserId,
    dto::NotificationKind,
    live::{ServerFrame, State},
};

use super::{
    Notifications, count,
    inbox::{What, advance, lock, log, update},
    items::items,
};
use crate::{
    Error, Result, clock,
    entities::{
        artwork, critique,
        notification::{ActiveModel, Column, Entity, Model},
        recipient,
    },
    store::Txn,
};

/// Something that happened to somebody.
struct Occasion {
    recipient: i64,
    actor: i64,
    kind: NotificationKind,
    artwork: i64,
    critique: i64,
}

impl Occasion {
    /// Names what can happen only once: doing it again, after undoing it or not, is the same line.
    fn dedupe_key(&self) -> String {
        match self.kind {
            NotificationKind::Critique | NotificationKind::Other => format!("critique:{}", self.critique),
            NotificationKind::Helpful => format!("helpful:{}:{}", self.critique, self.actor),
        }
    }

    fn kind_word(&self) -> Result<String> {
        let word = serde_json::to_value(self.kind).map_err(Error::internal)?;
        Ok(word.as_str().unwrap_or_default().to_owned())
    }
}

impl Notifications {
    /// A critique was posted: its artwork's artist is told.
    pub(crate) async fn critique_posted(
        &self,
        txn: &mut Txn,
        critique: &critique::Model,
        artwork: &artwork::Model,
    ) -> Result<()> {
        let (kind, actor) = (NotificationKind::Critique, critique.author_id);
        let occasion = Occasion { recipient: artwork.artist_id, actor, kind, artwork: artwork.id, critique: critique.id };
        self.tell(txn, occasion).await
    }

    /// A critique was found helpful: its author is told.
    pub(crate) async fn found_helpful(&self, txn: &mut Txn, critique: &critique::Model, by: UserId) -> Result<()> {
        let (kind, actor) = (NotificationKind::Helpful, by.0);
        let occasion =
            Occasion { recipient: critique.author_id, actor, kind, artwork: critique.artwork_id, critique: critique.id };
        self.tell(txn, occasion).await
    }

    /// A helpful mark was taken back.
    pub(crate) async fn no_longer_helpful(&self, txn: &mut Txn, critique: &critique::Model, by: UserId) -> Result<()> {
        let which = Condition::all()
            .add(Column::RecipientId.eq(critique.author_id))
            .add(Column::DedupeKey.eq(format!("helpful:{}:{by}", critique.id)));
        self.retract(txn, which).await
    }

    /// A critique was deleted, and with it all it gave rise to.
    pub(crate) async fn critique_deleted(&self, txn: &mut Txn, critique: i64) -> Result<()> {
        self.retract(txn, Condition::all().add(Column::CritiqueId.eq(critique))).await
    }

    /// An artwork was deleted, and with it all it gave rise to.
    pub(crate) async fn artwork_deleted(&self, txn: &mut Txn, artwork: i64) -> Result<()> {
        self.retract(txn, Condition::all().add(Column::ArtworkId.eq(artwork))).await
    }

    async fn tell(&self, txn: &mut Txn, occasion: Occasion) -> Result<()> {
        if occasion.recipient == occasion.actor {
            return Ok(());
        }
        let user = occasion.recipient;
        lock(txn, user).await?;
        let known = Entity::find()
            .filter(Column::RecipientId.eq(user))
            .filter(Column::DedupeKey.eq(occasion.dedupe_key()))
            .one(txn.db())
            .await?;
        match known {
            None => self.arrive(txn, occasion).await,
            Some(row) if row.retracted_at.is_some() => self.restore(txn, row).await,
            Some(_) => Ok(()),
        }
    }

    async fn arrive(&self, txn: &mut Txn, occasion: Occasion) -> Result<()> {
        let inbox = advance(txn, occasion.recipient, 1, 1).await?;
        let row = ActiveModel {
            recipient_id: Set(occasion.recipient),
            kind: Set(occasion.kind_word()?),
            actor_id: Set(occasion.actor),
            artwork_id: Set(occasion.artwork),
            critique_id: Set(occasion.critique),
            dedupe_key: Set(occasion.dedupe_key()),
            arrived_seq: Set(inbox.seq),
            changed_seq: Set(inbox.seq),
            created_at: Set(clock::now()),
            ..Default::default()
        };
        let row = Entity::insert(row).exec_with_returning(txn.db()).await?;
        log(txn, &inbox, &What::Arrived(row.id)).await?;
        let notification = self.one(txn, row).await?;
        let cursor = self.cursor(inbox.seq);
        let frame = ServerFrame::Notification { cursor, unseen: count(inbox.unseen), unread: count(inbox.unread), notification };
        Self::publish(txn, inbox.account_id, &frame)
    }

    /// Puts a retracted line back: the same line, as seen and read as it was, and no second notice.
    async fn restore(&self, txn: &mut Txn, row: Model) -> Result<()> {
        let counts = |flag: Option<i64>| i64::from(flag.is_none() && row.archived_at.is_none());
        let inbox = advance(txn, row.recipient_id, counts(row.seen_at), counts(row.read_at)).await?;
        let columns = vec![
            (Column::RetractedAt, Expr::value(None::<i64>)),
            (Column::ArrivedSeq, Expr::value(inbox.seq)),
            (Column::ChangedSeq, Expr::value(inbox.seq)),
        ];
        update(txn, Condition::all().add(Column::Id.eq(row.id)), columns).await?;
        let row = Model { retracted_at: None, arrived_seq: inbox.seq, changed_seq: inbox.seq, ..row };
        let id = row.id;
        let item = self.one(txn, row).await?;
        self.changed(txn, &inbox, What::Ids(State::Restored, vec![NotificationId(id)]), vec![item]).await
    }

    /// Takes lines back from everybody who has them, inbox by inbox in ascending order.
    async fn retract(&self, txn: &mut Txn, which: Condition) -> Result<()> {
        let standing = which.add(Column::RetractedAt.is_null());
        let rows =
            Entity::find().filter(standing).order_by_asc(Column::RecipientId).order_by_asc(Column::Id).all(txn.db()).await?;
        let mut inboxes: BTreeMap<i64, Vec<Model>> = BTreeMap::new();
        for row in rows {
            inboxes.entry(row.recipient_id).or_default().push(row);
        }
        for (user, rows) in inboxes {
            lock(txn, user).await?;
            let minus = |flag: fn(&Model) -> bool| {
                rows.iter().filter(|row| row.archived_at.is_none() && flag(row)).fold(0, |sum, _| sum - 1)
            };
            let inbox = advance(txn, user, minus(|row| row.seen_at.is_none()), minus(|row| row.read_at.is_none())).await?;
            let columns = vec![(Column::RetractedAt, Expr::value(clock::now())), (Column::ChangedSeq, Expr::value(inbox.seq))];
            update(txn, Condition::all().add(Column::Id.is_in(rows.iter().map(|row| row.id))), columns).await?;
            let ids = rows.iter().map(|row| NotificationId(row.id)).collect();
            self.changed(txn, &inbox, What::Ids(State::Retracted, ids), Vec::new()).await?;
        }
        Ok(())
    }

    async fn one(&self, txn: &Txn, row: Model) -> Result<shared::dto::Notification> {
        items(txn.db(), vec![row]).await?.pop().ok_or_else(|| Error::internal("a line that was just written"))
    }

    /// Logs and publishes a change of state.
    pub(super) async fn changed(
        &self,
        txn: &mut Txn,
        inbox: &recipient::Model,
        what: What,
        items: Vec<shared::dto::Notification>,
    ) -> Result<()> {
        log(txn, inbox, &what).await?;
        if let Some(frame) = self.changed_frame(inbox.seq, inbox.unseen, inbox.unread, what, items) {
            Self::publish(txn, inbox.account_id, &frame)?;
        }
        Ok(())
    }

    /// The frame for a change of state; an arrival has another.
    pub(super) fn changed_frame(
        &self,
        seq: i64,
        unseen: i64,
        unread: i64,
        what: What,
        items: Vec<shared::dto::Notification>,
    ) -> Option<ServerFrame> {
        let (state, ids, through) = match what {
            What::Arrived(_) => return None,
            What::Ids(state, ids) => (state, Some(ids), None),
            What::Through(state, through) => (state, None, Some(self.cursor(through))),
        };
        let cursor = self.cursor(seq);
        Some(ServerFrame::Changed { cursor, unseen: count(unseen), unread: count(unread), ids, through, state, items })
    }
}
