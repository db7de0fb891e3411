//! A client's socket, and an inbox that fails the test on anything missed, repeated or out of
//! order.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use shared::{
    NotificationId,
    dto::Notification,
    live::{Applied, Cursor, Inbox, ServerFrame},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

/// Time limit for any frame or response.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The parameters of a WebSocket handshake.
pub struct Handshake {
    pub address: SocketAddr,
    pub path: &'static str,
    pub origin: Option<String>,
    pub cookie: Option<String>,
    pub authorization: Option<String>,
    pub query: Option<String>,
    pub protocol: Option<String>,
    /// Size of the receive buffer, in bytes.
    pub buffer: Option<u32>,
}

impl Default for Handshake {
    fn default() -> Self {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        Self {
            address,
            path: "notifications",
            origin: None,
            cookie: None,
            authorization: None,
            query: None,
            protocol: Some("artcritique.v1".into()),
            buffer: None,
        }
    }
}

impl Handshake {
    pub fn origin(self, origin: Option<&str>) -> Self {
        Self {
            origin: origin.map(str::to_owned),
            ..self
        }
    }

    /// Opens a raw socket, to send single frames by hand.
    pub async fn open_raw(self) -> RawSocket {
        let mut stream = TcpStream::connect(self.address)
            .await
            .expect("a connection");
        let mut request = format!(
            "GET /ws/notifications HTTP/1.1\r\nhost: {}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            self.address
        );
        for (name, value) in [
            ("origin", self.origin),
            ("cookie", self.cookie),
            ("authorization", self.authorization),
            ("sec-websocket-protocol", self.protocol),
        ] {
            request.extend(value.map(|value| format!("{name}: {value}\r\n")));
        }
        stream
            .write_all((request + "\r\n").as_bytes())
            .await
            .expect("sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(
                timeout(TIMEOUT, stream.read_u8())
                    .await
                    .expect("in time")
                    .expect("an answer"),
            );
        }
        assert!(
            answer.starts_with(b"HTTP/1.1 101 "),
            "{}",
            String::from_utf8_lossy(&answer)
        );
        RawSocket(stream)
    }

    /// Opens a socket, or returns the status of the refusal.
    pub async fn open(self) -> Result<Socket, u16> {
        let query = self
            .query
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let mut request = format!("ws://{}/ws/{}{query}", self.address, self.path)
            .into_client_request()
            .expect("a request");
        for (name, value) in [
            ("origin", self.origin),
            ("cookie", self.cookie),
            ("authorization", self.authorization),
            ("sec-websocket-protocol", self.protocol),
        ] {
            if let Some(value) = value {
                request
                    .headers_mut()
                    .insert(name, value.parse().expect("a header"));
            }
        }
        let tcp = TcpSocket::new_v4().expect("a socket");
        if let Some(size) = self.buffer {
            tcp.set_recv_buffer_size(size).expect("a small buffer");
        }
        let stream = tcp.connect(self.address).await.expect("a connection");
        match timeout(TIMEOUT, client_async(request, stream))
            .await
            .expect("in time")
        {
            Ok((stream, response)) => {
                let protocol = response
                    .headers()
                    .get("sec-websocket-protocol")
                    .map(|value| value.to_str().expect("text").to_owned());
                Ok(Socket { stream, protocol })
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// What arrived over a socket.
#[derive(Debug)]
pub enum Heard {
    Frame(Box<ServerFrame>),
    /// Closed with this code, or without a close frame.
    Closed(Option<u16>),
}

/// An open socket. Dropping it closes the connection without a close frame.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// The subprotocol the server chose.
    pub protocol: Option<String>,
}

impl Socket {
    pub async fn hear(&mut self) -> Heard {
        self.hear_within(TIMEOUT).await
    }

    pub async fn hear_within(&mut self, patience: Duration) -> Heard {
        loop {
            match timeout(patience, self.stream.next())
                .await
                .expect("a frame in time")
            {
                Some(Ok(Message::Text(text))) => {
                    let frame = serde_json::from_str(&text)
                        .unwrap_or_else(|error| panic!("{error}: {text}"));
                    return Heard::Frame(Box::new(frame));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("{other:?} is not in the protocol"),
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }

    /// Waits for the next frame.
    pub async fn frame(&mut self) -> ServerFrame {
        match self.hear().await {
            Heard::Frame(frame) => *frame,
            Heard::Closed(code) => panic!("closed with {code:?}"),
        }
    }

    /// Reads until the end; returns the close code and the frames before it.
    pub async fn end(&mut self) -> (Option<u16>, Vec<ServerFrame>) {
        let mut frames = Vec::new();
        loop {
            match self.hear().await {
                Heard::Frame(frame) => frames.push(*frame),
                Heard::Closed(code) => return (code, frames),
            }
        }
    }

    /// Sends a message; ignores the error if the connection is already closed.
    pub async fn say(&mut self, message: Message) {
        self.stream.send(message).await.ok();
    }

    /// Watches an artwork's changes.
    pub async fn watch(&mut self, artwork: shared::ArtworkId) {
        self.say(Message::text(format!(
            r#"{{"type":"watch","artwork_id":{artwork}}}"#
        )))
        .await;
    }
}

/// A WebSocket without a library, for frames that no library would send.
pub struct RawSocket(TcpStream);

impl RawSocket {
    /// Sends a frame with this first byte.
    pub async fn say_frame(&mut self, head: u8, payload: &[u8]) {
        // The frame is masked, as a client's must be, with an all-zero mask.
        let mut frame = vec![head];
        match u8::try_from(payload.len()) {
            Ok(short @ ..126) => frame.push(0x80 | short),
            _ => {
                frame.push(0x80 | 0x7e);
                frame.extend(
                    u16::try_from(payload.len())
                        .expect("a small frame")
                        .to_be_bytes(),
                );
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        self.0.write_all(&frame).await.expect("sent");
    }

    /// Sends a close frame and reads until the end. Returns the code of the server's close frame,
    /// which may be absent; `None` without such a frame.
    pub async fn say_close(&mut self, payload: &[u8]) -> Option<Option<u16>> {
        self.say_frame(0x88, payload).await;
        let mut rest = Vec::new();
        timeout(TIMEOUT, self.0.read_to_end(&mut rest))
            .await
            .expect("the server closes")
            .expect("without a reset");
        let mut rest = rest.as_slice();
        while let [head, length, after @ ..] = rest {
            let (length, after) = match (*length, after) {
                (126, [high, low, after @ ..]) => {
                    (usize::from(u16::from_be_bytes([*high, *low])), after)
                }
                (length @ ..126, after) => (usize::from(length), after),
                _ => panic!("a longer frame than the site sends"),
            };
            let (payload, after) = after.split_at(length);
            if *head == 0x88 {
                assert!(after.is_empty(), "nothing follows a close frame");
                return Some(payload.first_chunk().map(|code| u16::from_be_bytes(*code)));
            }
            rest = after;
        }
        None
    }
}

/// An inbox that follows a socket and panics on a repeated, late or early frame.
pub struct Live {
    pub inbox: Inbox,
    /// Every notification that arrived, in order.
    pub news: Vec<Notification>,
    /// Every change that arrived.
    pub changes: Vec<ServerFrame>,
    pub resets: usize,
    /// `None` while the connection is cut.
    socket: Option<Socket>,
}

impl Live {
    pub fn new(inbox: Inbox, socket: Socket) -> Self {
        Self {
            inbox,
            news: Vec::new(),
            changes: Vec::new(),
            resets: 0,
            socket: Some(socket),
        }
    }

    /// Applies one frame; `None` once the socket has ended.
    pub async fn step(&mut self) -> Option<ServerFrame> {
        let frame = match self.socket.as_mut()?.hear().await {
            Heard::Frame(frame) => *frame,
            Heard::Closed(_) => return None,
        };
        let before = self.inbox.cursor.clone();
        let applied = self.inbox.apply(&frame);
        match &frame {
            ServerFrame::Notification { notification, .. } => {
                assert!(
                    matches!(applied, Applied::New(_) | Applied::Changed),
                    "{applied:?} at {before}: {frame:?}"
                );
                self.news.push(notification.clone());
                self.changes.push(frame.clone());
            }
            ServerFrame::Changed { .. } => {
                assert_eq!(applied, Applied::Changed, "at {before}: {frame:?}");
                self.changes.push(frame.clone());
            }
            ServerFrame::Reset { .. } => self.resets += 1,
            _ => {}
        }
        Some(frame)
    }

    /// Follows until the inbox reaches this cursor.
    pub async fn reach(&mut self, place: &Cursor) {
        while !self.inbox.reaches(place) {
            let (at, step) = (self.inbox.cursor.clone(), self.step().await);
            assert!(step.is_some(), "ended at {at}, short of {place}");
        }
    }

    /// Waits for the next change.
    pub async fn change(&mut self) -> ServerFrame {
        let seen = self.changes.len();
        while self.changes.len() == seen {
            assert!(
                self.step().await.is_some(),
                "ended at {}",
                self.inbox.cursor
            );
        }
        self.changes[seen].clone()
    }

    /// Waits for the next change, which must be a new notification.
    pub async fn told(&mut self) -> Notification {
        match self.change().await {
            ServerFrame::Notification { notification, .. } => notification,
            other => panic!("expected a new notification, not {other:?}"),
        }
    }

    /// Closes the connection without a close frame.
    pub fn cut(&mut self) {
        self.socket = None;
    }

    /// Continues the same inbox on another socket.
    pub fn resume(&mut self, socket: Socket) {
        self.socket = Some(socket);
    }

    /// The ids of the notifications that arrived; panics if any arrived twice.
    pub fn told_once(&self) -> Vec<NotificationId> {
        let ids: Vec<_> = self
            .news
            .iter()
            .map(|notification| notification.id)
            .collect();
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(
            once.len(),
            ids.len(),
            "a notification arrived twice: {ids:?}"
        );
        ids
    }
}
