//! The messages of a signed-in user's socket: changes to the inbox and to watched artworks.

use bytes::Bytes;
use domain::{
    Domain, clock,
    hub::{InboxHead, InboxRegistration, Tail},
    notifications::Replay,
    policy::{self, Actor},
};
use shared::{
    dto::Counts,
    live::{ClientFrame, Cursor, ServerFrame, close},
};

use crate::http::live::{
    connection::{Conversation, End, HEARTBEAT_SECS, Outgoing},
    expiry::Expiry,
};

/// A socket's position in the inbox, and its registration in the hub.
pub struct InboxFeed {
    domain: Domain,
    actor: Actor,
    registration: InboxRegistration,
    expiry: Expiry,
    /// The cursor sent by the client, until it has been served.
    asked: Option<Cursor>,
    /// Seq of the last change sent.
    at: u64,
}

impl InboxFeed {
    pub const fn new(
        domain: Domain,
        actor: Actor,
        registration: InboxRegistration,
        asked: Option<Cursor>,
        expiry: Expiry,
    ) -> Self {
        Self {
            domain,
            actor,
            registration,
            expiry,
            asked,
            at: 0,
        }
    }

    fn cursor(&self, seq: u64) -> Cursor {
        Cursor::new(self.domain.store.epoch(), seq)
    }

    async fn read_inbox_head(&self) -> Result<InboxHead, End> {
        let Counts {
            cursor,
            unseen,
            unread,
        } = self
            .domain
            .notifications
            .counts(self.actor.id)
            .await
            .map_err(failed)?;
        let inbox_head = InboxHead {
            head: cursor.seq,
            unseen,
            unread,
        };
        self.registration.learn(inbox_head);
        Ok(inbox_head)
    }

    /// Sends the changes after a cursor from the database.
    async fn replay(&mut self, out: &mut Outgoing<'_>, after: &Cursor) -> Result<(), End> {
        let (last, frames) = match self
            .domain
            .notifications
            .replay(self.actor.id, after)
            .await
            .map_err(failed)?
        {
            Replay::Frames(last, frames) => {
                resumed("database");
                (last, frames)
            }
            Replay::Reset(last, frame) => {
                resumed("reset");
                (last, vec![frame])
            }
        };
        self.registration.learn_head(last);
        self.send(out, last, frames).await
    }

    async fn send(
        &mut self,
        out: &mut Outgoing<'_>,
        last: u64,
        frames: Vec<Bytes>,
    ) -> Result<(), End> {
        out.texts(frames).await?;
        self.at = last;
        Ok(())
    }

    /// Records how far the client's acknowledged cursor lags behind the inbox.
    fn note_lag(&self, applied: &Cursor) {
        if applied.epoch == self.domain.store.epoch() {
            let lag = self
                .registration
                .head()
                .max(self.at)
                .saturating_sub(applied.seq);
            metrics::histogram!("artcritique_cursor_lag")
                .record(u32::try_from(lag).unwrap_or(u32::MAX));
        }
    }
}

impl Conversation for InboxFeed {
    /// Sends the hello frame with the inbox head, and starts from the client's cursor, or from the
    /// head if it sent none. Makes no database query if this node knows the head and nothing is
    /// new.
    async fn open(&mut self, out: &mut Outgoing<'_>) -> Result<(), End> {
        let epoch = self.domain.store.epoch();
        // A client that comes from another node may know of changes that this node has not heard of
        // yet.
        let ahead = |head| {
            self.asked
                .as_ref()
                .is_some_and(|asked| asked.epoch == epoch && asked.seq > head)
        };
        let InboxHead {
            head,
            unseen,
            unread,
        } = match self.registration.inbox_head() {
            Some(inbox_head) if !ahead(inbox_head.head) => inbox_head,
            _ => self.read_inbox_head().await?,
        };
        self.at = head;
        let hello = ServerFrame::Hello {
            cursor: self.cursor(head),
            unseen,
            unread,
            heartbeat_secs: HEARTBEAT_SECS,
        };
        out.frame(&hello).await?;
        let epoch = self.domain.store.epoch();
        match self.asked.take() {
            Some(asked) if asked.epoch == epoch && asked.seq == head => resumed("nothing"),
            // `catch_up` treats it like any other socket that has fallen behind.
            Some(asked) if asked.epoch == epoch && asked.seq < head => self.at = asked.seq,
            Some(asked) => self.replay(out, &asked).await?,
            None => {}
        }
        Ok(())
    }

    async fn catch_up(&mut self, out: &mut Outgoing<'_>) -> Result<(), End> {
        self.expiry.check()?;
        loop {
            match self.registration.after(self.at) {
                Tail::Nothing => break,
                Tail::Frames {
                    last,
                    frames,
                    since,
                } => {
                    resumed("ring");
                    self.send(out, last, frames).await?;
                    // The delay of the oldest frame.
                    metrics::histogram!("artcritique_commit_to_flush_seconds")
                        .record(seconds_since(since));
                }
                Tail::Missing => {
                    let cursor = self.cursor(self.at);
                    Box::pin(self.replay(out, &cursor)).await?;
                }
            }
        }
        crate::http::live::send_watched(&self.registration, out).await
    }

    async fn wait(&self) {
        tokio::select! {
            () = self.registration.woken() => {}
            () = self.expiry.reached() => {}
        }
    }

    fn beat(&self) -> Option<ServerFrame> {
        Some(ServerFrame::Beat {
            cursor: self.cursor(self.registration.head().max(self.at)),
            unverified: self.registration.unverified(),
        })
    }

    /// Clients change state over HTTP, so there are few messages.
    fn received(&mut self, text: &str) -> Result<(), End> {
        match serde_json::from_str(text) {
            Ok(ClientFrame::Watch { artwork_id }) => {
                policy::read(Some(&self.actor)).map_err(|_| End::Code(close::FORBIDDEN))?;
                self.registration.watch(artwork_id);
            }
            Ok(ClientFrame::Unwatch { artwork_id }) => self.registration.unwatch(artwork_id),
            Ok(ClientFrame::Ack { cursor }) => self.note_lag(&cursor),
            Err(_) => return Err(End::Code(close::BAD_FRAME)),
        }
        Ok(())
    }
}

/// Counts the source from which a socket got the changes that it had missed.
fn resumed(from: &'static str) {
    metrics::counter!("artcritique_resumes_total", "from" => from).increment(1);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a measured time of far fewer than 2^52 microseconds"
)]
fn seconds_since(micros: i64) -> f64 {
    (clock::micros() - micros).max(0) as f64 / 1e6
}

/// The database could not be read: close, so that the client reconnects to this node or another.
fn failed(error: domain::Error) -> End {
    tracing::warn!(%error, "a socket's inbox could not be read; closing the socket");
    End::Code(close::DRAINING)
}
