//! HTTP requests over kept-alive connections, with little overhead.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, ensure};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::{net::TcpStream, time::timeout};

/// Time limit for a response.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

type Sender = http1::SendRequest<Full<Bytes>>;

/// The connections to one node: one for each concurrent request, the most recently used first.
pub struct Lane {
    address: SocketAddr,
    idle: Mutex<Vec<Sender>>,
}

/// A response.
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

impl Lane {
    pub const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Sends a request and reads the whole response.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        timeout(REQUEST_TIMEOUT, self.exchange(request))
            .await
            .context("no answer in time")?
    }

    async fn exchange(&self, mut request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        loop {
            let (mut sender, kept) = match self.kept().await {
                Some(sender) => (sender, true),
                None => (self.connect().await?, false),
            };
            match sender.try_send_request(request).await {
                Ok(response) => {
                    let answer = Answer::read(response).await?;
                    self.idle
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(sender);
                    return Ok(answer);
                }
                // The server closed the idle connection before anything was sent.
                Err(mut error) => match error.take_message() {
                    Some(unsent) if kept => request = unsent,
                    _ => return Err(error.into_error().into()),
                },
            }
        }
    }

    async fn kept(&self) -> Option<Sender> {
        loop {
            let mut sender = self
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop()?;
            if sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    async fn connect(&self) -> anyhow::Result<Sender> {
        let stream = TcpStream::connect(self.address)
            .await
            .with_context(|| format!("connecting to {}", self.address))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

impl Answer {
    async fn read(response: Response<Incoming>) -> anyhow::Result<Self> {
        let status = response.status().as_u16();
        Ok(Self {
            status,
            body: response.into_body().collect().await?.to_bytes(),
        })
    }

    /// Returns the response if it has this status.
    ///
    /// # Errors
    /// Otherwise, with the beginning of the body.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        let said = || {
            String::from_utf8_lossy(&self.body)
                .chars()
                .take(300)
                .collect::<String>()
        };
        ensure!(
            self.status == status,
            "{} instead of {status}: {}",
            self.status,
            said()
        );
        Ok(self)
    }

    pub fn json<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        serde_json::from_slice(&self.body).context("an answer that can't be read")
    }
}
