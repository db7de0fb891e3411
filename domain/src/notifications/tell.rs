//! Turns events into notifications, and retracts them when an event is undone.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::Expr};
use shared::{
    ArtworkId, NotificationId, UserId,
    dto::{NotificationKind, Subject, Viewer},
    live::{ServerFrame, State},
};

use crate::{
    Result,
    entities::{
        artwork, critique,
        notification::{Column, Entity, Model},
        recipient,
    },
    markdown,
    notifications::{
        Notifications, count,
        deliver::{Event, lock_all},
        inbox::{Change, advance, lock, log_all, update},
    },
    store::Txn,
};

/// A critique that was just written.
pub(crate) struct Posted<'a> {
    pub critique: &'a critique::Model,
    pub artwork: &'a artwork::Model,
    pub author: &'a Viewer,
}

impl Posted<'_> {
    fn event(&self) -> Event {
        let subject = Subject {
            id: ArtworkId(self.artwork.id),
            title: self.artwork.title.clone(),
        };
        Event::new(
            NotificationKind::Critique,
            self.author,
            subject,
            self.critique.id,
            excerpt(self.critique),
        )
    }
}

/// The excerpt of a critique, rendered here if an older version of the program stored none.
pub(super) fn excerpt(critique: &critique::Model) -> String {
    critique
        .excerpt
        .clone()
        .unwrap_or_else(|| markdown::render(&critique.body).excerpt)
}

impl Notifications {
    /// Notifies artists of new critiques of their artworks.
    pub(crate) async fn critiques_posted(
        &self,
        txn: &mut Txn,
        posted: &[Posted<'_>],
    ) -> Result<()> {
        let told = posted
            .iter()
            .filter(|posted| posted.artwork.artist_id != posted.author.id.0);
        let events: Vec<(Event, i64)> = told
            .map(|posted| (posted.event(), posted.artwork.artist_id))
            .collect();
        let arrivals: Vec<(&Event, i64)> = events
            .iter()
            .map(|(event, artist)| (event, *artist))
            .collect();
        let artists: BTreeSet<i64> = arrivals.iter().map(|(_, artist)| *artist).collect();
        // A single inbox is locked by the update that takes its `seq`.
        if artists.len() > 1 {
            lock_all(txn, &artists.into_iter().collect::<Vec<_>>()).await?;
        }
        // A critique is posted once, so no notification of it can exist yet.
        self.deliver(txn, &arrivals).await
    }

    /// Notifies the author that a critique was marked as helpful. Repeated marks by the same person
    /// yield one notification.
    pub(crate) async fn found_helpful(
        &self,
        txn: &mut Txn,
        critique: &critique::Model,
        of: &artwork::Model,
        by: &Viewer,
    ) -> Result<()> {
        let subject = Subject {
            id: ArtworkId(of.id),
            title: of.title.clone(),
        };
        let event = Event::new(
            NotificationKind::Helpful,
            by,
            subject,
            critique.id,
            excerpt(critique),
        );
        lock(txn, critique.author_id).await?;
        let known = Entity::find()
            .filter(Column::RecipientId.eq(critique.author_id))
            .filter(Column::DedupeKey.eq(event.dedupe_key()))
            .one(txn.db())
            .await?;
        match known {
            None => self.deliver(txn, &[(&event, critique.author_id)]).await,
            Some(row) if row.retracted_at.is_some() => self.restore(txn, row, &event).await,
            Some(_) => Ok(()),
        }
    }

    /// Retracts the notification of a withdrawn helpful mark.
    pub(crate) async fn no_longer_helpful(
        &self,
        txn: &mut Txn,
        critique: &critique::Model,
        by: UserId,
    ) -> Result<()> {
        let which = Condition::all()
            .add(Column::RecipientId.eq(critique.author_id))
            .add(Column::DedupeKey.eq(format!("helpful:{}:{by}", critique.id)));
        self.retract(txn, which, None).await.map(drop)
    }

    /// Retracts all notifications of a deleted critique.
    pub(crate) async fn critique_deleted(&self, txn: &mut Txn, critique: i64) -> Result<()> {
        self.retract(
            txn,
            Condition::all().add(Column::CritiqueId.eq(critique)),
            None,
        )
        .await
        .map(drop)
    }

    /// Restores a retracted notification with its seen and read state, so that it is not announced
    /// again.
    async fn restore(&self, txn: &mut Txn, row: Model, event: &Event) -> Result<()> {
        let counts = |flag: Option<i64>| i64::from(flag.is_none() && row.archived_at.is_none());
        let inbox = advance(
            txn,
            row.recipient_id,
            counts(row.seen_at),
            counts(row.read_at),
        )
        .await?;
        let columns = vec![
            (Column::RetractedAt, Expr::value(None::<i64>)),
            (Column::ArrivedSeq, Expr::value(inbox.seq)),
            (Column::ChangedSeq, Expr::value(inbox.seq)),
        ];
        update(txn, Condition::all().add(Column::Id.eq(row.id)), columns).await?;
        let row = Model {
            retracted_at: None,
            arrived_seq: inbox.seq,
            changed_seq: inbox.seq,
            ..row
        };
        let what = Change::Ids(State::Restored, vec![NotificationId(row.id)]);
        self.changed(txn, &inbox, what, vec![event.notification(&row)])
            .await
    }

    /// Logs and publishes a change of state.
    pub(super) async fn changed(
        &self,
        txn: &mut Txn,
        inbox: &recipient::Model,
        what: Change,
        items: Vec<shared::dto::Notification>,
    ) -> Result<()> {
        log_all(txn, std::iter::once((inbox, &what))).await?;
        if let Some(frame) = self.changed_frame(inbox.seq, inbox.unseen, inbox.unread, what, items)
        {
            Self::publish(txn, inbox, &frame)?;
        }
        Ok(())
    }

    /// The frame for a change of state; `None` for an arrival, which has its own frame.
    pub(super) fn changed_frame(
        &self,
        seq: i64,
        unseen: i64,
        unread: i64,
        what: Change,
        items: Vec<shared::dto::Notification>,
    ) -> Option<ServerFrame> {
        let (state, ids, through) = match what {
            Change::Arrived(_) => return None,
            Change::Ids(state, ids) => (state, Some(ids), None),
            Change::Through(state, through) => (state, None, Some(self.cursor(through))),
        };
        let cursor = self.cursor(seq);
        Some(ServerFrame::Changed {
            cursor,
            unseen: count(unseen),
            unread: count(unread),
            ids,
            through,
            state,
            items,
        })
    }
}
