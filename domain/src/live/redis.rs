//! Redis Pub/Sub: one channel that every node of a site listens to, over one RESP3 connection. The
//! channel is named by the site, since Redis's numbered databases don't part Pub/Sub.

use std::sync::Arc;

use async_trait::async_trait;
use redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, aio::MultiplexedConnection};
use tokio::sync::mpsc;

use super::{Inlet, Outlet, Transport};
use crate::{Error, Result, store::SiteId};

/// Connects nodes through Redis.
pub struct RedisTransport {
    client: Client,
    channel: Arc<str>,
}

impl RedisTransport {
    /// For a server at `url`, such as `redis://127.0.0.1:6379`.
    ///
    /// # Errors
    /// When the address can't be read.
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
        // Bounded by what Redis itself keeps for a slow subscriber; the relay empties it at once.
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
                        .ok_or_else(|| Error::internal("a message without a text"))?;
                    return redis::from_redis_value(text).map_err(Error::internal);
                }
                PushKind::Disconnection => return Err(Error::internal("the connection is gone")),
                _ => {}
            }
        }
    }
}
