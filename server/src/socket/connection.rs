//! One open socket, whatever it is for: its deadlines, its beats, its limits, and the closing
//! handshake (RFC 6455, section 7). What is said over it is a [`Conversation`]'s. Also built into
//! the echo that a fuzzing client tries, so that it tries this very path.

use std::{convert::Infallible, time::Duration};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::SinkExt;
use shared::live::{ServerFrame, close};
use tokio::time::{Instant, sleep_until, timeout};

use super::upgrade;

/// A beat comes at least this often; in seconds, as the hello says.
pub const HEARTBEAT_SECS: u32 = 25;
/// A client that has not even answered a ping for this long is gone.
const SILENCE: Duration = Duration::from_secs(70);
/// A write that takes longer has nobody reading at the other end.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// How long the closing handshake may take.
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);
const LIFE: Duration = Duration::from_hours(1);
/// Frames a client may send at once, and how fast it earns more.
const BURST: f64 = 40.0;
const FRAMES_PER_SEC: f64 = 4.0;
/// Where clients that are sent away may spread their return, in milliseconds.
const RETURN_MS: u32 = 5_000;

/// What is said over one socket.
pub trait Conversation: Send {
    /// Says what comes first.
    fn greet(&mut self, out: &mut Outgoing<'_>) -> impl Future<Output = Result<(), End>> + Send;

    /// Sends all there is to send, or ends the socket.
    fn catch_up(&mut self, out: &mut Outgoing<'_>) -> impl Future<Output = Result<(), End>> + Send;

    /// Resolves when there may be something to send, or a reason to end.
    fn woken(&self) -> impl Future<Output = ()> + Send;

    /// The sign of life, if there is one besides the ping.
    fn beat(&self) -> Option<ServerFrame>;

    /// Whether a client that is sent away is told in a frame when to come back.
    fn says_goodbye(&self) -> bool {
        true
    }

    /// Takes what the client says.
    fn hear(&mut self, text: &str) -> Result<(), End>;

    /// Takes a binary message, which the site's own protocol does not have.
    fn hear_binary(&mut self, _: Bytes) -> Result<(), End> {
        Err(End::Code(close::BAD_FRAME))
    }
}

/// Why a socket ends.
pub enum End {
    /// For a reason of ours: a close code to send.
    Code(u16),
    /// The client closed it; its close frame is to be answered.
    ByClient,
    /// There is nobody left to send anything to.
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

    /// Sends frames that are serialised already, with one flush.
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

/// Serves a socket to its end.
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
        // Reading on sends the answer to the client's close frame, or awaits its answer to ours.
        while let Some(Ok(_)) = socket.recv().await {}
    };
    Box::pin(timeout(CLOSE_DEADLINE, goodbye)).await.ok();
}

async fn serve(
    socket: &mut WebSocket,
    conversation: &mut impl Conversation,
) -> Result<Infallible, End> {
    // What is done once or seldom is kept beside the socket only while it is done: most of them are
    // idle.
    Box::pin(conversation.greet(&mut Outgoing(socket))).await?;
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
            () = conversation.woken() => {}
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
                    Message::Text(text) => conversation.hear(&text)?,
                    Message::Binary(bytes) => conversation.hear_binary(bytes)?,
                    Message::Close(_) => return Err(End::ByClient),
                    Message::Ping(_) | Message::Pong(_) => {}
                }
            }
        }
    }
}

/// How many frames a client may still send.
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

    /// Counts a frame; too many end the socket.
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

/// A duration spread by up to so much either way, so that sockets opened together don't act
/// together.
fn spread(middle: Duration, by: f64) -> Duration {
    middle.mul_f64(1.0 - by + 2.0 * by * rand::random::<f64>())
}

/// Counts how a socket ended.
fn closed(code: String) {
    metrics::counter!("artcritique_socket_closes_total", "code" => code).increment(1);
}
