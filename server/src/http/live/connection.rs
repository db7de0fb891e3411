//! One open socket, whatever its purpose: deadlines, heartbeats, limits, and the closing handshake
//! (RFC 6455, section 7). A [`Conversation`] provides the messages. The `echo` example includes
//! this file, so that a fuzzing client tests this very code.

use std::{convert::Infallible, time::Duration};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::SinkExt;
use shared::live::{ServerFrame, close};
use tokio::time::{Instant, sleep_until, timeout};

use super::upgrade;

/// Longest time between heartbeats, in seconds, as the hello frame states.
pub const HEARTBEAT_SECS: u32 = 25;
/// A client that has sent nothing for this long, not even a pong, is gone.
const SILENCE: Duration = Duration::from_secs(70);
/// A write that takes longer means that the client does not read.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// How long the closing handshake may take.
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);
const LIFE: Duration = Duration::from_hours(1);
/// Frames a client may send at once; the allowance refills at [`FRAMES_PER_SEC`].
const BURST: f64 = 40.0;
const FRAMES_PER_SEC: f64 = 4.0;
/// Clients told to reconnect spread their reconnects over this time, in milliseconds.
const RETURN_MS: u32 = 5_000;

/// What one socket sends and receives.
pub trait Conversation: Send {
    /// Sends the first frames.
    fn open(&mut self, out: &mut Outgoing<'_>) -> impl Future<Output = Result<(), End>> + Send;

    /// Sends all pending frames, or ends the socket.
    fn catch_up(&mut self, out: &mut Outgoing<'_>) -> impl Future<Output = Result<(), End>> + Send;

    /// Resolves when there may be something to send, or a reason to end.
    fn wait(&self) -> impl Future<Output = ()> + Send;

    /// The heartbeat frame, if the socket sends one besides the ping.
    fn beat(&self) -> Option<ServerFrame>;

    /// Whether a draining socket sends a frame with a reconnect delay before it closes.
    fn says_goodbye(&self) -> bool {
        true
    }

    /// Handles a text message.
    fn received(&mut self, text: &str) -> Result<(), End>;

    /// Handles a binary message, which the site's own protocol does not have.
    fn hear_binary(&mut self, _: Bytes) -> Result<(), End> {
        Err(End::Code(close::BAD_FRAME))
    }
}

/// Why a socket ends.
pub enum End {
    /// The server ends it with this close code.
    Code(u16),
    /// The client closed it; its close frame needs an answer.
    ByClient,
    /// The connection is lost; nothing can be sent.
    Gone,
}

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

/// The sending half of a socket. Every write has a deadline.
pub struct Outgoing<'a>(&'a mut WebSocket);

impl Outgoing<'_> {
    /// Sends a frame.
    pub async fn frame(&mut self, frame: &ServerFrame) -> Result<(), End> {
        let text = serde_json::to_string(frame).map_err(|_| End::Gone)?;
        self.messages([Message::Text(text.into())]).await
    }

    /// Sends serialised frames with one flush.
    pub async fn texts(&mut self, frames: Vec<Bytes>) -> Result<(), End> {
        let mut messages = Vec::with_capacity(frames.len());
        for frame in frames {
            messages.push(
                Utf8Bytes::try_from(frame)
                    .map(Message::Text)
                    .map_err(|_| End::Gone)?,
            );
        }
        self.messages(messages).await
    }

    /// Sends messages with one flush.
    pub async fn messages(
        &mut self,
        messages: impl IntoIterator<Item = Message> + Send,
    ) -> Result<(), End> {
        let write = async {
            for message in messages {
                self.0.feed(message).await?;
            }
            self.0.flush().await.map_err(End::from)
        };
        timeout(WRITE_DEADLINE, write)
            .await
            .map_err(|_| End::Code(close::TOO_SLOW))?
    }
}

/// Serves a socket until it ends.
pub async fn run(mut socket: WebSocket, mut conversation: impl Conversation) {
    let Err(end) = serve(&mut socket, &mut conversation).await;
    let code = match end {
        End::Code(code) => Some(code),
        End::ByClient => None,
        End::Gone => return closed("gone".into()),
    };
    closed(code.map_or_else(|| "client".into(), |code| code.to_string()));
    let goodbye = async {
        if code == Some(close::DRAINING) && conversation.says_goodbye() {
            let bye = ServerFrame::Bye {
                reason: "draining".into(),
                retry_after_ms: RETURN_MS,
            };
            Outgoing(&mut socket).frame(&bye).await.ok();
        }
        if let Some(code) = code {
            socket
                .send(Message::Close(Some(CloseFrame {
                    code,
                    reason: Utf8Bytes::from_static(""),
                })))
                .await
                .ok();
        }
        // Reading on answers the client's close frame, or waits for the client to answer the
        // server's.
        while let Some(Ok(_)) = socket.recv().await {}
    };
    Box::pin(timeout(CLOSE_DEADLINE, goodbye)).await.ok();
}

async fn serve(
    socket: &mut WebSocket,
    conversation: &mut impl Conversation,
) -> Result<Infallible, End> {
    // Boxed, so that rare work takes memory only while it runs: most sockets are idle.
    Box::pin(conversation.open(&mut Outgoing(socket))).await?;
    let beat_at = || {
        Instant::now()
            + spread(
                Duration::from_secs(HEARTBEAT_SECS.into()).mul_f64(0.85),
                0.15,
            )
    };
    let (mut next_beat, end_of_life) = (beat_at(), Instant::now() + spread(LIFE, 0.25));
    let (mut heard_at, mut pace) = (Instant::now(), Pace::new());
    loop {
        conversation.catch_up(&mut Outgoing(socket)).await?;
        tokio::select! {
            () = conversation.wait() => {}
            () = sleep_until(next_beat.min(end_of_life)) => {
                if Instant::now() >= end_of_life {
                    return Err(End::Code(close::DRAINING));
                }
                if heard_at.elapsed() > SILENCE {
                    return Err(End::Code(close::SILENT));
                }
                if let Some(beat) = conversation.beat() {
                    Outgoing(socket).frame(&beat).await?;
                }
                Outgoing(socket).messages([Message::Ping(Bytes::new())]).await?;
                next_beat = beat_at();
            }
            message = socket.recv() => {
                heard_at = Instant::now();
                let message = message.ok_or(End::Gone)?.map_err(|error| upgrade::code_for(error).map_or(End::Gone, End::Code))?;
                pace.count()?;
                match message {
                    Message::Text(text) => conversation.received(&text)?,
                    Message::Binary(bytes) => conversation.hear_binary(bytes)?,
                    Message::Close(_) => return Err(End::ByClient),
                    Message::Ping(_) | Message::Pong(_) => {}
                }
            }
        }
    }
}

/// Token bucket for the client's frames.
struct Pace {
    left: f64,
    at: Instant,
}

impl Pace {
    fn new() -> Self {
        Self {
            left: BURST,
            at: Instant::now(),
        }
    }

    /// Counts a frame; ends the socket if the bucket is empty.
    fn count(&mut self) -> Result<(), End> {
        self.left = (self.left + FRAMES_PER_SEC * self.at.elapsed().as_secs_f64()).min(BURST) - 1.0;
        self.at = Instant::now();
        if self.left < 0.0 {
            Err(End::Code(close::FLOOD))
        } else {
            Ok(())
        }
    }
}

/// A random duration within `middle` ± the fraction `by`, so that sockets opened together do not
/// act together.
fn spread(middle: Duration, by: f64) -> Duration {
    middle.mul_f64(1.0 - by + 2.0 * by * rand::random::<f64>())
}

/// Counts a socket's end by its close code.
fn closed(code: String) {
    metrics::counter!("artcritique_socket_closes_total", "code" => code).increment(1);
}
