//! Redis Pub/Sub: one channel per site, over one RESP3 connection. The site is part of the channel
//! name, because Pub/Sub is not separated by the numbered databases of Redis.

use std::sync::Arc;

use async_trait::async_trait;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, aio::MultiplexedConnection};
use tokio::sync::mpsc;

use crate::{
    Error, Result,
    bus::{Inlet, Outlet, Transport},
    site_id::SiteId,
};

/// Connects nodes through Redis.
pub struct RedisTransport {
    client: Client,
    channel: Arc<str>,
}

impl RedisTransport {
    /// A transport over the server at `url`, such as `redis://127.0.0.1:6379`.
    ///
    /// # Errors
    /// When the URL is invalid.
    pub fn new(url: &str, site: &SiteId) -> Result<Self> {
        let joint = if url.contains('?') { '&' } else { '?' };
        let url = if url.contains("protocol=") {
            url.to_owned()
        } else {
            format!("{url}{joint}protocol=resp3")
        };
        let client =
            Client::open(url).map_err(|error| Error::internal(format!("REDIS_URL: {error}")))?;
        Ok(Self {
            client,
            channel: format!("artcritique:{site}").into(),
        })
    }
}

#[async_trait]
impl Transport for RedisTransport {
    async fn connect(&self) -> Result<(Box<dyn Outlet>, Box<dyn Inlet>)> {
        // Bounded by the output buffer that Redis keeps for a slow subscriber; the relay drains the
        // channel at once.
        let (sender, pushed) = mpsc::unbounded_channel();
        let config = AsyncConnectionConfig::new().set_push_sender(sender);
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(Error::internal)?;
        connection
            .subscribe(&*self.channel)
            .await
            .map_err(Error::internal)?;
        Ok((
            Box::new(Publishing(connection.clone(), self.channel.clone())),
            Box::new(Pushed {
                pushed,
                _connection: connection,
            }),
        ))
    }

    fn kind(&self) -> &'static str {
        "redis"
    }
}

struct Publishing(MultiplexedConnection, Arc<str>);

#[async_trait]
impl Outlet for Publishing {
    async fn send(&mut self, texts: Vec<String>) -> Result<()> {
        let mut pipeline = redis::pipe();
        for text in &texts {
            pipeline.publish(&*self.1, text).ignore();
        }
        pipeline
            .query_async(&mut self.0)
            .await
            .map_err(Error::internal)
    }
}

struct Pushed {
    pushed: mpsc::UnboundedReceiver<PushInfo>,
    _connection: MultiplexedConnection,
}

#[async_trait]
impl Inlet for Pushed {
    async fn next(&mut self) -> Result<String> {
        loop {
            let PushInfo { kind, data } = self
                .pushed
                .recv()
                .await
                .ok_or_else(|| Error::internal("the connection is gone"))?;
            match kind {
                PushKind::Message => {
                    let text = data
                        .into_iter()
                        .nth(1)
                        .ok_or_else(|| Error::internal("a message without a payload"))?;
                    return redis::from_redis_value(text).map_err(Error::internal);
                }
                PushKind::Disconnection => return Err(Error::internal("the connection is gone")),
                _ => {}
            }
        }
    }
}
