//! The configuration, read once from the command line and the environment.

pub(crate) mod origin;
pub(crate) mod secret_url;
pub(crate) mod settings;

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};
use domain::channels::mail::{MailSettings, Relay, SEND_TIMEOUT, Sender};
use ipnet::IpNet;

use crate::config::{
    origin::{Origin, Origins},
    settings::Proxies,
};

/// Which header the proxies write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TrustedHeader {
    /// Either. Proxies commonly pass on the header that they do not write, so if both are present
    /// and disagree, neither is trusted.
    #[default]
    Either,
    /// `X-Forwarded-For` alone.
    XForwardedFor,
    /// `Forwarded` alone.
    Forwarded,
}

/// Default log filter: `info`, and for chatty libraries only warnings or errors.
const LOG: &str = "info,tower_sessions=error,sqlx=warn,sea_orm_migration=warn";

/// The bus that carries events between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BusKind {
    /// Within this process only.
    Memory,
    /// Redis Pub/Sub, at `REDIS_URL`.
    Redis,
    /// LISTEN and NOTIFY of the database, which must be PostgreSQL.
    Postgres,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human-readable text.
    Text,
    /// One JSON object per line.
    Json,
}

/// An on/off setting; also accepts true/false, yes/no and 1/0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    #[value(alias = "true", alias = "yes", alias = "1")]
    On,
    #[value(alias = "false", alias = "no", alias = "0")]
    Off,
}

/// Settings, each with its variable. Every value is read by a function of [`settings`], which trims
/// it and says what is wanted.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// The database URL: `sqlite://path` or `postgres://…`. The default is `artcritique.sqlite` in
    /// the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = settings::database_url, global = true)]
    pub database_url: Option<String>,

    /// The folder for the database, the pictures, and mails if there is no SMTP relay.
    #[arg(long, env = "ARTCRITIQUE_DATA_DIR", default_value = "data", value_parser = settings::folder, global = true)]
    pub data_dir: PathBuf,

    /// The address to listen on.
    #[arg(long, env = "ARTCRITIQUE_ADDR", default_value = "127.0.0.1:3000", value_parser = settings::address, global = true)]
    pub addr: SocketAddr,

    /// The site's public origin, such as `https://art.example`. The default, http on the listening
    /// address, works on one machine only.
    #[arg(long, env = "ARTCRITIQUE_ORIGIN", value_parser = Origin::from_str, global = true)]
    pub origin: Option<Origin>,

    /// The bus, which carries messages between nodes.
    #[arg(long, env = "ARTCRITIQUE_BUS", default_value = "memory", value_parser = settings::word::<BusKind>, global = true)]
    pub bus: BusKind,

    /// The URL of Redis, for the Redis bus.
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_parser = settings::redis_url, global = true)]
    pub redis_url: Option<String>,

    /// The SMTP relay that takes mails: `smtps://user:password@host`, or `smtp://host?tls=starttls`
    /// (or `tls=none`). Without it, mails are written to the folder `mail` in the data folder.
    #[arg(long, env = "SMTP_URL", hide_env_values = true, value_parser = settings::smtp_url, global = true)]
    pub smtp_url: Option<Relay>,

    /// The sender of mails, such as `Art <hello@art.example>`. The default is `artcritique` at the
    /// origin's host.
    #[arg(long, env = "ARTCRITIQUE_MAIL_FROM", value_parser = settings::mail_from, global = true)]
    pub mail_from: Option<Sender>,

    /// Proxies that are trusted to name their client: addresses (`10.0.0.1`) or networks
    /// (`10.0.0.0/8`), comma-separated.
    #[arg(long, env = "ARTCRITIQUE_TRUSTED_PROXIES", value_parser = settings::proxies, global = true)]
    pub trusted_proxies: Option<Proxies>,

    /// The header that those proxies write: `x-forwarded-for`, `forwarded` or `either`. With
    /// `either`, two headers that name different clients are both ignored.
    #[arg(
        long,
        env = "ARTCRITIQUE_FORWARDED_HEADER",
        default_value = "either",
        value_parser = settings::word::<TrustedHeader>,
        global = true
    )]
    pub forwarded_header: TrustedHeader,

    /// The address that serves metrics to Prometheus; off by default. Keep it private.
    #[arg(long, env = "ARTCRITIQUE_METRICS_ADDR", value_parser = settings::address, global = true)]
    pub metrics_addr: Option<SocketAddr>,

    /// A `tracing` filter for the log, such as `info` or `info,sqlx=warn`.
    #[arg(long, env = "ARTCRITIQUE_LOG", default_value = LOG, value_parser = settings::log_filter, global = true)]
    pub log: String,

    /// The format of log lines: text or json.
    #[arg(long, env = "ARTCRITIQUE_LOG_FORMAT", default_value = "text", value_parser = settings::word::<LogFormat>, global = true)]
    pub log_format: LogFormat,

    /// An artist with more followers than this has each of them notified of a new work at their
    /// next visit.
    #[arg(
        long,
        env = "ARTCRITIQUE_LAZY_FOLLOWERS",
        default_value_t = domain::notifications::LAZY_FROM,
        value_parser = settings::number(0..=i64::MAX),
        global = true
    )]
    pub lazy_followers: i64,

    /// Seconds for which a stopping server still answers requests, so that load balancers that poll
    /// `/readyz` have time to stop sending them.
    #[arg(
        long,
        env = "ARTCRITIQUE_DRAIN_NOTICE_SECS",
        default_value_t = 0,
        value_parser = settings::number(0..=10_u64),
        global = true
    )]
    pub drain_notice_secs: u64,

    /// Limits on what accounts and networks may do, on connections and on sockets; turn them off
    /// for load tests only.
    #[arg(long, env = "ARTCRITIQUE_RATE_LIMITS", default_value = "on", value_parser = settings::word::<Switch>, global = true)]
    pub rate_limits: Switch,

    /// A language for tests of the site: English made longer, accented and from right to left. Not
    /// for the public.
    #[arg(long, env = "ARTCRITIQUE_PSEUDO_LOCALE", default_value = "off", value_parser = settings::word::<Switch>, hide = true, global = true)]
    pub pseudo_locale: Switch,

    /// Allows commands and settings that only load tests need.
    #[arg(long, env = "ARTCRITIQUE_ALLOW_MINT", default_value = "off", value_parser = settings::word::<Switch>, hide = true, global = true)]
    pub allow_mint: Switch,

    /// For load tests: how many jobs that do nothing the server enqueues per minute.
    #[arg(long, env = "ARTCRITIQUE_LOAD_JOBS", value_parser = settings::number(1..=600_000_u32), hide = true, global = true)]
    pub load_jobs: Option<u32>,

    /// The folder with the built site (`pkg/` and the public files). By default, a released binary
    /// serves the site inside it; any other looks for a whole site beside the binary.
    #[arg(long, env = "ARTCRITIQUE_SITE_DIR", value_parser = settings::folder, global = true)]
    pub site_dir: Option<PathBuf>,
}

impl Config {
    /// The database URL; by default an SQLite file in the data folder.
    pub fn database_url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| {
            format!(
                "sqlite://{}",
                self.data_dir.join("artcritique.sqlite").display()
            )
        })
    }

    /// The folder for pictures.
    pub fn media_dir(&self) -> PathBuf {
        self.data_dir.join("media")
    }

    /// How mails are sent, with links to the public origin, else to the actual listening address.
    pub fn mail(&self, listening: SocketAddr) -> MailSettings {
        MailSettings {
            relay: self.smtp_url.clone(),
            folder: self.data_dir.join("mail"),
            from: self.mail_from.clone(),
            origin: self.origins(listening).canonical(),
            timeout: SEND_TIMEOUT,
        }
    }

    /// The origins whose pages may open sockets and send forms, given the actual listening address.
    pub fn origins(&self, listening: SocketAddr) -> Origins {
        Origins::new(self.origin.clone(), listening)
    }

    /// Networks of the trusted proxies.
    pub fn trusted_proxies(&self) -> &[IpNet] {
        self.trusted_proxies
            .as_ref()
            .map_or(&[], |proxies| &proxies.0)
    }
}
