//! Records what happened, has the event routed, and notifies the recipients; retracts both when it
//! is undone.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::Expr};
use shared::{
    NotificationId, UserId,
    dto::Viewer,
    live::{ServerFrame, State},
};

use crate::{
    Result, clock,
    entities::{
        artwork, critique,
        notification::{Column, Entity, Model},
        recipient,
    },
    markdown,
    notifications::{
        Notifications,
        announcement::{Announcement, Arrival, arrivals},
        count,
        deliver::lock_all,
        events::{self, Event},
        inbox::{Change, advance, lock, log_all, update},
        items::Entry,
        routing::Relation,
    },
    store::Txn,
};

/// A critique that was just written.
pub(crate) struct Posted<'a> {
    pub critique: &'a critique::Model,
    pub artwork: &'a artwork::Model,
    pub author: &'a Viewer,
}

/// The excerpt of a critique, rendered here if an older version of the program stored none.
pub(super) fn excerpt(critique: &critique::Model) -> String {
    critique
        .excerpt
        .clone()
        .unwrap_or_else(|| markdown::render(&critique.body).excerpt)
}

impl Notifications {
    /// Records that critiques were posted, and notifies the artists.
    pub(crate) async fn critiques_posted(
        &self,
        txn: &mut Txn,
        posted: &[Posted<'_>],
    ) -> Result<()> {
        let events: Vec<Event> = posted
            .iter()
            .map(|posted| Event::critiqued(posted.critique))
            .collect();
        let ids = events::record(txn, &events).await?;
        let announcements: Vec<Announcement> = posted
            .iter()
            .zip(ids.into_iter().zip(events))
            .map(|(posted, (id, event))| {
                let excerpt = excerpt(posted.critique);
                Announcement::new(id, event, posted.author, posted.artwork, excerpt)
            })
            .collect();
        let arrivals: Vec<Arrival<'_>> = posted
            .iter()
            .zip(&announcements)
            .flat_map(|(posted, announcement)| {
                let artist = posted.artwork.artist_id;
                arrivals(announcement, Relation::Artist, [artist])
            })
            .collect();
        let artists: BTreeSet<i64> = arrivals.iter().map(|arrival| arrival.recipient).collect();
        // A single inbox is locked by the update that takes its `seq`.
        if artists.len() > 1 {
            lock_all(txn, &artists.into_iter().collect::<Vec<_>>()).await?;
        }
        // A critique is posted once, so no notification of it can exist yet.
        self.deliver(txn, &arrivals).await
    }

    /// Records that a critique was marked as helpful, and notifies its author. Repeated marks by
    /// the same person are one event with one notification.
    pub(crate) async fn found_helpful(
        &self,
        txn: &mut Txn,
        critique: &critique::Model,
        of: &artwork::Model,
        by: &Viewer,
    ) -> Result<()> {
        let event = Event::marked_helpful(critique, by.id, clock::now());
        let id = events::record_one(txn, &event).await?;
        let announcement = Announcement::new(id, event, by, of, excerpt(critique));
        for arrival in arrivals(&announcement, Relation::Author, [critique.author_id]) {
            lock(txn, arrival.recipient).await?;
            let known = Entity::find()
                .filter(Column::RecipientId.eq(arrival.recipient))
                .filter(Column::DedupeKey.eq(event.dedupe_key()))
                .one(txn.db())
                .await?;
            match known {
                None => self.deliver(txn, &[arrival]).await?,
                Some(row) if row.retracted_at.is_some() => self.restore(txn, row, &arrival).await?,
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Retracts the event of a withdrawn helpful mark, and its notification.
    pub(crate) async fn no_longer_helpful(
        &self,
        txn: &mut Txn,
        critique: &critique::Model,
        by: UserId,
    ) -> Result<()> {
        let event = Event::marked_helpful(critique, by, clock::now());
        events::retract(txn, events::same(&event)).await?;
        let which = Condition::all()
            .add(Column::RecipientId.eq(critique.author_id))
            .add(Column::DedupeKey.eq(event.dedupe_key()));
        self.retract(txn, which).await
    }

    /// Retracts all events about a deleted critique, and their notifications.
    pub(crate) async fn critique_deleted(&self, txn: &mut Txn, critique: i64) -> Result<()> {
        events::retract(txn, events::about(events::CRITIQUE, critique)).await?;
        self.retract(txn, Condition::all().add(Column::CritiqueId.eq(critique)))
            .await
    }

    /// Restores a retracted notification with its seen and read state, so that it is not announced
    /// again.
    async fn restore(&self, txn: &mut Txn, row: Model, arrival: &Arrival<'_>) -> Result<()> {
        let counts = |flag: Option<i64>| i64::from(flag.is_none() && row.archived_at.is_none());
        let inbox = advance(
            txn,
            row.recipient_id,
            counts(row.seen_at),
            counts(row.read_at),
        )
        .await?;
        let Announcement {
            event_id,
            event,
            content,
        } = arrival.announcement;
        let columns = vec![
            (Column::RetractedAt, Expr::value(None::<i64>)),
            (Column::ArrivedSeq, Expr::value(inbox.seq)),
            (Column::ChangedSeq, Expr::value(inbox.seq)),
            // A node of the previous release may have written the notification without an event.
            (Column::EventId, Expr::value(*event_id)),
            (Column::GroupKey, Expr::value(event.group_key())),
            (Column::Routing, Expr::value(arrival.routing()?)),
        ];
        update(txn, Condition::all().add(Column::Id.eq(row.id)), columns).await?;
        let what = Change::Ids(State::Restored, vec![NotificationId(row.id)]);
        let entry = Entry {
            retracted_at: None,
            arrived_seq: inbox.seq,
            ..Entry::from(&row)
        };
        let notification = content.clone().notification(&entry);
        self.changed(txn, &inbox, what, vec![notification]).await
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
