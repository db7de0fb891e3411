//! Opens the database, migrated to the current schema, for a server or for a command that runs
//! beside one.

use std::sync::Arc;

use anyhow::{Context, bail};
use domain::{
    Domain, SiteId, Store,
    accounts::Passwords,
    artworks::media::Media,
    bus::{Bus, MemoryBus, PostgresTransport, RedisTransport, Relay, Transport},
    channels::mail::Mailer,
    store::{self, Guard, Identity, Lease, Sharing},
};
use migration::Schema;
use tokio::net::TcpListener;

use crate::{
    config::{BusKind, Config, secret_url::SecretUrl},
    net::serve,
};

/// What a serving node needs.
pub struct Opened {
    /// The domain services.
    pub domain: Domain,
    /// The lease on the SQLite file; `None` with PostgreSQL.
    pub lease: Option<Lease>,
    /// Listens on the configured address, since mails name the port that the system chose.
    pub listener: TcpListener,
}

/// Opens the database for a serving node, then listens.
pub async fn for_serving(config: &Config) -> anyhow::Result<Opened> {
    make_data_folder(config)?;
    let file = store::sqlite_file(&config.database_url())?;
    let sharing = if config.bus == BusKind::Memory {
        Sharing::Alone
    } else {
        Sharing::WithOthers
    };
    let lease = file
        .as_deref()
        .map(|file| store::take(file, sharing))
        .transpose()?;
    bring_up_to_date(config).await?;
    let pools = store::connect(&config.database_url())
        .await
        .with_context(|| named(config))?;
    let bus = bus(
        config,
        &Identity::read(&pools.0).await?.site,
        Presence::Node,
    )?;
    let store = Store::new(pools, bus.clone()).await?;
    if let (Some(file), Some(lease)) = (&file, &lease) {
        store
            .presence()
            .guard(Guard::over(file, lease.alone).await?);
    }
    let media = Media::folder(&config.media_dir())?;
    let listener =
        serve::listen(config.addr).with_context(|| format!("listening on {}", config.addr))?;
    let domain = Domain::new(
        store,
        media,
        &bus,
        Passwords::new()?,
        Mailer::new(config.mail(listener.local_addr()?)),
        config.lazy_followers,
    );
    domain
        .accounts
        .renew_email_keys()
        .await
        .context("renewing the keys of e-mail addresses")?;
    Ok(Opened {
        domain,
        lease,
        listener,
    })
}

/// The domain for a one-off command. The command is not a node: running servers learn of its
/// changes through the database.
pub async fn for_command(config: &Config) -> anyhow::Result<Domain> {
    make_data_folder(config)?;
    bring_up_to_date(config).await?;
    let pools = store::connect(&config.database_url())
        .await
        .with_context(|| named(config))?;
    let store = Store::of_command(pools).await?;
    let media = Media::folder(&config.media_dir())?;
    Ok(Domain::new(
        store,
        media,
        &MemoryBus::shared(),
        Passwords::new()?,
        Mailer::new(config.mail(config.addr)),
        config.lazy_followers,
    ))
}

/// Migrates the database to the current schema, over a dedicated connection.
pub async fn bring_up_to_date(config: &Config) -> anyhow::Result<()> {
    make_data_folder(config)?;
    let database = store::lone_connection(&config.database_url())
        .await
        .with_context(|| named(config))?;
    let schema = Schema::current();
    schema
        .upgrade(&database)
        .await
        .context("migrating the database")?;
    if let Some(newer) = schema.status(&database).await?.newer {
        tracing::warn!(
            "ArtCritique {newer} has migrated the database further than this older program, which is compatible with the newer schema"
        );
    }
    Ok(database.close().await?)
}

fn make_data_folder(config: &Config) -> anyhow::Result<()> {
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("the data folder {}", config.data_dir.display()))
}

/// Names the database in an error, without its password.
fn named(config: &Config) -> String {
    format!("the database {}", SecretUrl::from(config.database_url()))
}

/// How a process takes part in the bus.
#[derive(Clone, Copy)]
pub enum Presence {
    /// As a node of the site.
    Node,
    /// As a short-lived process from which the nodes expect no heartbeats.
    Visitor,
}

/// The configured bus between the nodes of a site.
pub fn bus(config: &Config, site: &SiteId, presence: Presence) -> anyhow::Result<Arc<dyn Bus>> {
    fn relay(transport: impl Transport, site: &SiteId, presence: Presence) -> Arc<dyn Bus> {
        match presence {
            Presence::Node => Relay::start(transport, site),
            Presence::Visitor => Relay::visit(transport, site),
        }
    }
    Ok(match config.bus {
        BusKind::Memory => MemoryBus::shared(),
        BusKind::Redis => {
            let url = config
                .redis_url
                .as_deref()
                .context("ARTCRITIQUE_BUS=redis needs REDIS_URL, such as redis://127.0.0.1:6379")?;
            relay(RedisTransport::new(url, site)?, site, presence)
        }
        BusKind::Postgres => {
            let url = config.database_url();
            if !url.starts_with("postgres") {
                bail!(
                    "ARTCRITIQUE_BUS=postgres needs a DATABASE_URL of PostgreSQL; with SQLite, run one process with the memory bus"
                );
            }
            relay(PostgresTransport::new(url, site), site, presence)
        }
    })
}
