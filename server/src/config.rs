//! All that is read from the environment, once.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};

/// What carries news between nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BusKind {
    /// Within this process only.
    Memory,
    /// Redis Pub/Sub, at `REDIS_URL`.
    Redis,
    /// LISTEN and NOTIFY of the database, which has to be PostgreSQL.
    Postgres,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// A switch that reads as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    On,
    Off,
}

/// Settings, each with its variable.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where the database is: `sqlite://path` or `postgres://…`. By default `artcritique.sqlite` in the data folder.
    #[arg(long, env = "DATABASE_URL", global = true)]
    pub database_url: Option<String>,

    /// The folder for the database and the pictures.
    #[arg(long, env = "ARTCRITIQUE_DATA_DIR", default_value = "data", global = true)]
    pub data_dir: PathBuf,

    /// Where to listen.
    #[arg(long, env = "ARTCRITIQUE_ADDR", default_value = "127.0.0.1:3000", global = true)]
    pub addr: SocketAddr,

    /// The site's public origin, such as `https://art.example`. By default http on the listening address, for trying it on
    /// one machine.
    #[arg(long, env = "ARTCRITIQUE_ORIGIN", global = true)]
    pub origin: Option<String>,

    /// What carries news between nodes.
    #[arg(long, env = "ARTCRITIQUE_BUS", default_value = "memory", value_enum, global = true)]
    pub bus: BusKind,

    /// Where Redis is, if it carries the news.
    #[arg(long, env = "REDIS_URL", global = true)]
    pub redis_url: Option<String>,

    /// Proxies whose `X-Forwarded-For` is believed: addresses or networks (`10.0.0.0/8`), comma-separated.
    #[arg(long, env = "ARTCRITIQUE_TRUSTED_PROXIES", value_delimiter = ',', global = true)]
    pub trusted_proxies: Vec<ipnet::IpNet>,

    /// Where metrics are served, for Prometheus; off by default. Keep it from the public.
    #[arg(long, env = "ARTCRITIQUE_METRICS_ADDR", global = true)]
    pub metrics_addr: Option<SocketAddr>,

    /// How log lines are written.
    #[arg(long, env = "ARTCRITIQUE_LOG_FORMAT", default_value = "text", value_enum, global = true)]
    pub log_format: LogFormat,

    /// An artist with more followers than this has each told of a new work when they are next here.
    #[arg(long, env = "ARTCRITIQUE_LAZY_FOLLOWERS", default_value_t = domain::notifications::LAZY_FROM, global = true)]
    pub lazy_followers: i64,

    /// Seconds for which a stopping server still answers, so that whatever watches `/readyz` sends nobody here any more.
    #[arg(long, env = "ARTCRITIQUE_DRAIN_NOTICE_SECS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=10), global = true)]
    pub drain_notice_secs: u64,

    /// Limits on tries to sign in and on sockets; off for load tests only.
    #[arg(long, env = "ARTCRITIQUE_RATE_LIMITS", default_value = "on", value_enum, global = true)]
    pub rate_limits: Switch,

    /// The folder with the built site (`pkg/` and the public files). By default looked for beside the binary.
    #[arg(long, env = "ARTCRITIQUE_SITE_DIR", global = true)]
    pub site_dir: Option<PathBuf>,
}

impl Config {
    /// The database's address.
    pub fn database_url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| format!("sqlite://{}", self.data_dir.join("artcritique.sqlite").display()))
    }

    /// The folder for pictures.
    pub fn media_dir(&self) -> PathBuf {
        self.data_dir.join("media")
    }

    /// Who may open sockets and send forms, given the address really listened on.
    pub fn origins(&self, listening: SocketAddr) -> Origins {
        match &self.origin {
            Some(origin) => Origins { public: Some(origin.trim_end_matches('/').to_owned()), port: listening.port() },
            None => Origins { public: None, port: listening.port() },
        }
    }
}

/// The origins (RFC 6454) that are this site.
#[derive(Clone, Debug)]
pub struct Origins {
    public: Option<String>,
    port: u16,
}

impl Origins {
    /// Whether browsers only ever send the cookie over TLS.
    pub fn secure(&self) -> bool {
        self.public.as_ref().is_some_and(|origin| origin.starts_with("https://"))
    }

    /// The cookie that names the session; its prefix makes browsers hold it to this host (RFC 6265bis, section 4.1.3).
    pub fn cookie_name(&self) -> &'static str {
        if self.secure() { "__Host-artcritique" } else { "artcritique" }
    }

    /// Whether a page of this origin, on a request with this `Host`, is ours. Compared whole: a look-alike is another.
    pub fn ours(&self, origin: &str, host: &str) -> bool {
        match &self.public {
            Some(public) => origin == public,
            None => self.loopback().any(|name| name == origin) && origin.strip_prefix("http://") == Some(host),
        }
    }

    fn loopback(&self) -> impl Iterator<Item = String> + use<> {
        let port = self.port;
        ["127.0.0.1", "localhost", "[::1]"].into_iter().map(move |host| format!("http://{host}:{port}"))
    }

    /// Where the site's own sockets go, as a content security policy names it.
    pub fn sockets(&self) -> String {
        match &self.public {
            Some(public) => public.replacen("http", "ws", 1),
            None => self
                .loopback()
                .map(|origin| origin.replacen("http", "ws", 1))
                .filter(|origin| !origin.contains('['))
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    /// The one origin to name where addresses are read elsewhere.
    pub fn canonical(&self) -> String {
        self.public.clone().unwrap_or_else(|| format!("http://127.0.0.1:{}", self.port))
    }

    /// The address to tell people.
    pub fn address(&self, listening: SocketAddr) -> String {
        self.public.clone().unwrap_or_else(|| format!("http://{listening}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Origins;

    #[test]
    fn only_the_site_itself_is_the_site() {
        let local = Origins { public: None, port: 3000 };
        assert!(local.ours("http://127.0.0.1:3000", "127.0.0.1:3000"));
        assert!(local.ours("http://localhost:3000", "localhost:3000"));
        let public = Origins { public: Some("https://art.example".into()), port: 3000 };
        assert!(public.ours("https://art.example", "anything"));
        for foreign in [
            "",
            "null",
            "http://evil.example",
            "http://127.0.0.1",
            "http://127.0.0.1:30000",
            "http://127.0.0.1:3000.evil.example",
            "https://127.0.0.1:3000",
            "http://localhost:3000",
            "http://127.0.0.1:3000/",
            "HTTP://127.0.0.1:3000",
        ] {
            assert!(!local.ours(foreign, "127.0.0.1:3000"), "{foreign}");
        }
        for foreign in [
            "https://art.example.evil.example",
            "https://sub.art.example",
            "http://art.example",
            "https://art.example:443",
            "null",
        ] {
            assert!(!public.ours(foreign, "art.example"), "{foreign}");
        }
    }
}
