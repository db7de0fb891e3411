//! LISTEN and NOTIFY on the site's own database, over two dedicated connections, separate from the
//! transactions of requests.

use async_trait::async_trait;
use sea_orm::sqlx::{
    self, Connection, PgConnection,
    postgres::{PgListener, PgPoolOptions},
};

use crate::{
    Error, Result,
    bus::{Inlet, Outlet, Transport},
    site_id::SiteId,
};

/// PostgreSQL rejects payloads of 8,000 bytes and more (its documentation on NOTIFY).
const MAX_PAYLOAD_BYTES: usize = 7_900;

/// Connects nodes through PostgreSQL.
pub struct PostgresTransport {
    url: String,
    channel: String,
}

impl PostgresTransport {
    /// A transport over the database at `url`.
    pub fn new(url: String, site: &SiteId) -> Self {
        Self {
            url,
            channel: format!("artcritique_{site}"),
        }
    }
}

#[async_trait]
impl Transport for PostgresTransport {
    async fn connect(&self) -> Result<(Box<dyn Outlet>, Box<dyn Inlet>)> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect(&self.url)
            .await
            .map_err(Error::internal)?;
        let mut listener = PgListener::connect_with(&pool)
            .await
            .map_err(Error::internal)?;
        // A lost connection must surface as an error: messages sent meanwhile are lost, and the
        // relay has to know.
        listener.eager_reconnect(false);
        listener
            .listen(&self.channel)
            .await
            .map_err(Error::internal)?;
        let connection = PgConnection::connect(&self.url)
            .await
            .map_err(Error::internal)?;
        Ok((
            Box::new(Notifying(connection, self.channel.clone())),
            Box::new(Listening(listener)),
        ))
    }

    fn kind(&self) -> &'static str {
        "postgres"
    }

    fn longest(&self) -> usize {
        MAX_PAYLOAD_BYTES
    }
}

struct Notifying(PgConnection, String);

#[async_trait]
impl Outlet for Notifying {
    async fn send(&mut self, texts: Vec<String>) -> Result<()> {
        let notify = sqlx::query("SELECT pg_notify($1, text) FROM unnest($2::text[]) AS text")
            .bind(&self.1)
            .bind(texts);
        notify
            .execute(&mut self.0)
            .await
            .map(drop)
            .map_err(Error::internal)
    }
}

struct Listening(PgListener);

#[async_trait]
impl Inlet for Listening {
    async fn next(&mut self) -> Result<String> {
        let notification = self.0.try_recv().await.map_err(Error::internal)?;
        notification
            .map(|notification| notification.payload().to_owned())
            .ok_or_else(|| Error::internal("the connection is gone"))
    }
}
