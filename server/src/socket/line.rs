use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use domain::{
    Domain, clock,
    live::{Seat, Standing, Tail},
    notifications::Replay,
};
use futures_util::SinkExt;
use shared::{
    UserId,
    dto::Counts,
    live::{ClientFrame, Cursor, ServerFrame, close},
};
use tokio::time::{Instant, sleep_until, timeout};

use super::{spread, upgrade};

/// A beat comes at least this often; in seconds, as the hello says.
const HEARTBEAT_SECS: u32 = 25;
/// A client that has not even answered a ping for this long is gone.
const SILENCE: Duration = Duration::from_secs(70);
/// A write that takes longer has nobody reading at the other end.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// How long the other end may take to close its side.
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);
const LIFE: Duration = Duration::from_hours(1);
/// Frames a client may send at once, and how fast it earns more.
const BURST: f64 = 40.0;
const FRAMES_PER_SEC: f64 = 4.0;
/// Where clients that are sent away may spread their return, in milliseconds.
const RETURN_MS: u32 = 5_000;

/// One socket: where it is in the inbox, and what may wake it.
pub struct Line {
    domain: Domain,
    user: UserId,
    seat: Seat,
    /// The client's own cursor, until it has been served.
    asked: Option<Cursor>,
    /// The last change sent.
    at: u64,
    /// Frames the client may still send.
    allowance: f64,
    earned_at: Instant,
}

/// Why a socket ends: a close code to send, or nobody left to send it to.
enum End {
    Code(u16),
    Gone,
}

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

impl Line {
    pub fn new(domain: Domain, user: UserId, seat: Seat, asked: Option<Cursor>) -> Self {
        Self { domain, user, seat, asked, at: 0, allowance: BURST, earned_at: Instant::now() }
    }

    /// Serves the socket to its end.
    pub async fn run(mut self, mut socket: WebSocket) {
        let Err(end) = self.serve(&mut socket).await;
        let End::Code(code) = end else { return closed("gone".into()) };
        closed(code.to_string());
        let goodbye = async {
            if code == close::DRAINING {
                send(&mut socket, &ServerFrame::Bye { reason: "draining".into(), retry_after_ms: RETURN_MS }).await.ok();
            }
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static("") };
            socket.send(Message::Close(Some(frame))).await.ok();
            while let Some(Ok(_)) = socket.recv().await {}
        };
        Box::pin(timeout(CLOSE_DEADLINE, goodbye)).await.ok();
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> Result<std::convert::Infallible, End> {
        // What is done once or seldom is kept beside the socket only while it is done: most of them are idle.
        Box::pin(self.greet(socket)).await?;
        let beat = || Instant::now() + spread(Duration::from_secs(HEARTBEAT_SECS.into()).mul_f64(0.85), 0.15);
        let (mut next_beat, end_of_life) = (beat(), Instant::now() + spread(LIFE, 0.25));
        let mut heard_at = Instant::now();
        loop {
            self.catch_up(socket).await?;
            for id in self.seat.touched() {
                send(socket, &ServerFrame::Artwork { id }).await?;
            }
            if let Some(code) = self.seat.ended() {
                return Err(End::Code(code));
            }
            tokio::select! {
                () = self.seat.woken() => {}
                () = sleep_until(next_beat.min(end_of_life)) => {
                    if Instant::now() >= end_of_life {
                        return Err(End::Code(close::DRAINING));
                    }
                    if heard_at.elapsed() > SILENCE {
                        return Err(End::Code(close::SILENT));
                    }
                    let head = self.seat.head().max(self.at);
                    send(socket, &ServerFrame::Beat { cursor: self.cursor(head) }).await?;
                    deliver(socket, Message::Ping(Bytes::new())).await?;
                    next_beat = beat();
                }
                message = socket.recv() => {
                    heard_at = Instant::now();
                    self.hear(message.ok_or(End::Gone)?.map_err(|error| upgrade::code_for(error).map_or(End::Gone, End::Code))?)?;
                }
            }
        }
    }

    fn cursor(&self, seq: u64) -> Cursor {
        Cursor::new(self.domain.store.epoch(), seq)
    }

    /// Says where the inbox is, and sets out from the client's cursor, or from there if it has none. Where nothing is new and how the
    /// inbox stands is known here, that asks the database nothing.
    async fn greet(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let epoch = self.domain.store.epoch();
        // One that comes from another node may know of changes that no message has told this one of yet.
        let ahead = |head| self.asked.as_ref().is_some_and(|asked| asked.epoch == epoch && asked.seq > head);
        let Standing { head, unseen, unread } = match self.seat.standing() {
            Some(standing) if !ahead(standing.head) => standing,
            _ => self.read_standing().await?,
        };
        self.at = head;
        let hello = ServerFrame::Hello { cursor: self.cursor(head), unseen, unread, heartbeat_secs: HEARTBEAT_SECS };
        send(socket, &hello).await?;
        let epoch = self.domain.store.epoch();
        match self.asked.take() {
            Some(asked) if asked.epoch == epoch && asked.seq == head => resumed("nothing"),
            // From there on it is as any other socket that has fallen behind.
            Some(asked) if asked.epoch == epoch && asked.seq < head => self.at = asked.seq,
            Some(asked) => self.replay(socket, &asked).await?,
            None => {}
        }
        Ok(())
    }

    async fn read_standing(&self) -> Result<Standing, End> {
        let Counts { cursor, unseen, unread } = self.domain.notifications.counts(self.user).await.map_err(failed)?;
        let standing = Standing { head: cursor.seq, unseen, unread };
        self.seat.learn(standing);
        Ok(standing)
    }

    /// Sends what comes after the cursor until there is no more.
    async fn catch_up(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        loop {
            match self.seat.after(self.at) {
                Tail::Nothing => return Ok(()),
                Tail::Frames { last, frames, since } => {
                    resumed("ring");
                    self.send_all(socket, last, frames).await?;
                    // Of the frame that waited longest.
                    metrics::histogram!("artcritique_commit_to_flush_seconds").record(seconds_since(since));
                }
                Tail::Missing => {
                    let cursor = self.cursor(self.at);
                    Box::pin(self.replay(socket, &cursor)).await?;
                }
            }
        }
    }

    /// Sends what comes after a cursor from the database.
    async fn replay(&mut self, socket: &mut WebSocket, after: &Cursor) -> Result<(), End> {
        let (last, frames) = match self.domain.notifications.replay(self.user, after).await.map_err(failed)? {
            Replay::Frames(last, frames) => {
                resumed("database");
                (last, frames)
            }
            Replay::Reset(last, frame) => {
                resumed("reset");
                (last, vec![frame])
            }
        };
        self.seat.learn_head(last);
        self.send_all(socket, last, frames).await
    }

    async fn send_all(&mut self, socket: &mut WebSocket, last: u64, frames: Vec<Bytes>) -> Result<(), End> {
        let write = async {
            for frame in frames {
                socket.feed(text(frame)?).await?;
            }
            socket.flush().await.map_err(End::from)
        };
        timeout(WRITE_DEADLINE, write).await.map_err(|_| End::Code(close::TOO_SLOW))??;
        self.at = last;
        Ok(())
    }

    /// Takes what the client says. Everything that changes state goes over HTTP, so there is little to say.
    fn hear(&mut self, message: Message) -> Result<(), End> {
        self.allowance = (self.allowance + FRAMES_PER_SEC * self.earned_at.elapsed().as_secs_f64()).min(BURST) - 1.0;
        self.earned_at = Instant::now();
        if self.allowance < 0.0 {
            return Err(End::Code(close::FLOOD));
        }
        match message {
            Message::Text(text) => match serde_json::from_str(&text) {
                Ok(ClientFrame::Watch { artwork_id }) => self.seat.watch(artwork_id),
                Ok(ClientFrame::Unwatch { artwork_id }) => self.seat.unwatch(artwork_id),
                Ok(ClientFrame::Ack { cursor }) => self.note_lag(&cursor),
                Err(_) => return Err(End::Code(close::BAD_FRAME)),
            },
            Message::Binary(_) => return Err(End::Code(close::BAD_FRAME)),
            Message::Close(_) => return Err(End::Gone),
            Message::Ping(_) | Message::Pong(_) => {}
        }
        Ok(())
    }

    /// Notes how far behind the inbox the client says it is.
    fn note_lag(&self, applied: &Cursor) {
        if applied.epoch == self.domain.store.epoch() {
            let lag = self.seat.head().max(self.at).saturating_sub(applied.seq);
            metrics::histogram!("artcritique_cursor_lag").record(u32::try_from(lag).unwrap_or(u32::MAX));
        }
    }
}

/// Counts how a socket ended.
fn closed(code: String) {
    metrics::counter!("artcritique_socket_closes_total", "code" => code).increment(1);
}

/// Counts where a socket found what it had not had.
fn resumed(from: &'static str) {
    metrics::counter!("artcritique_resumes_total", "from" => from).increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "a measured time of far fewer than 2^52 microseconds")]
fn seconds_since(micros: i64) -> f64 {
    (clock::micros() - micros).max(0) as f64 / 1e6
}

/// The database could not be read: the client comes back, to this node or another.
fn failed(error: domain::Error) -> End {
    tracing::warn!(%error, "a socket could not be served");
    End::Code(close::DRAINING)
}

fn text(frame: Bytes) -> Result<Message, End> {
    Utf8Bytes::try_from(frame).map(Message::Text).map_err(|_| End::Gone)
}

async fn send(socket: &mut WebSocket, frame: &ServerFrame) -> Result<(), End> {
    let frame = serde_json::to_string(frame).map_err(|_| End::Gone)?;
    deliver(socket, Message::Text(frame.into())).await
}

async fn deliver(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    timeout(WRITE_DEADLINE, socket.send(message)).await.map_err(|_| End::Code(close::TOO_SLOW))?.map_err(End::from)
}
