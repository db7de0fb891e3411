//! The arguments that say which site to measure.

use std::{fs, net::SocketAddr, path::PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use tokio::net::lookup_host;

use crate::{
    server::Recipe,
    site::{Node, Site},
    users,
};

/// Servers to start, or running ones.
#[derive(Args, Clone, Debug, Default)]
pub struct Setup {
    /// Start this server binary with a new data folder (in `TMPDIR`) for the duration of the
    /// measurement.
    #[arg(
        long,
        value_name = "BINARY",
        required_unless_present = "target",
        conflicts_with = "target",
        requires = "site"
    )]
    pub server: Option<PathBuf>,

    /// The folder with the built site, for servers that bench starts.
    #[arg(long, value_name = "FOLDER")]
    pub site: Option<PathBuf>,

    /// An empty database for servers that bench starts; the default is SQLite in the data folder.
    #[arg(long, value_name = "URL", conflicts_with = "target")]
    pub database_url: Option<String>,

    /// Number of servers to start over one database. More than one require PostgreSQL and a bus
    /// (`--env ARTCRITIQUE_BUS=…`).
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16), conflicts_with = "target")]
    pub nodes: u8,

    /// An environment variable for servers that bench starts; repeatable.
    #[arg(long, value_name = "K=V", value_parser = variable, conflicts_with = "target")]
    pub env: Vec<(String, String)>,

    /// Measure the running nodes at these addresses (`http://host:port`, comma-separated).
    #[arg(
        long,
        value_name = "URLS",
        value_delimiter = ',',
        requires = "users_file"
    )]
    pub target: Vec<String>,

    /// The users of a running site: the file that `artcritique load mint` wrote.
    #[arg(long, value_name = "FILE")]
    pub users_file: Option<PathBuf>,

    /// The public origin of a running site, if it differs from the address.
    #[arg(long, requires = "target")]
    pub origin: Option<String>,

    /// Process IDs of a running site on this machine, to measure their memory and CPU time
    /// (comma-separated).
    #[arg(long, value_delimiter = ',', requires = "target")]
    pub pids: Vec<u32>,

    /// The metrics URLs of a running site (`http://host:port/metrics`, comma-separated).
    #[arg(long, value_name = "URLS", value_delimiter = ',', requires = "target")]
    pub metrics: Vec<String>,

    /// Number of loopback addresses to open sockets from (127.0.0.2 and up); each has some 28,000
    /// ports.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=200))]
    pub addresses: u8,

    /// A further condition of the measurement for the report, such as `database=PostgreSQL 17`;
    /// repeatable.
    #[arg(long, value_name = "K=V", value_parser = variable)]
    pub condition: Vec<(String, String)>,

    /// Seed for the random choice of users, artworks and times.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Setup {
    /// The site, with at least this many users.
    pub async fn ready(&self, users: usize) -> anyhow::Result<Site> {
        let mut site = match (&self.server, &self.site) {
            (Some(binary), Some(site)) => self.start(binary.clone(), site.clone(), users).await?,
            _ => self.join(users).await?,
        };
        site.conditions.push(("seed".into(), self.seed.to_string()));
        site.conditions.extend(self.condition.iter().cloned());
        Ok(site)
    }

    async fn start(&self, binary: PathBuf, site: PathBuf, users: usize) -> anyhow::Result<Site> {
        ensure!(
            binary.is_file(),
            "--server: there is no file {}",
            binary.display()
        );
        ensure!(
            site.is_dir(),
            "--site: there is no folder {}",
            site.display()
        );
        let postgres = self
            .database_url
            .as_ref()
            .is_some_and(|url| url.starts_with("postgres"));
        let bus = self.bus().filter(|bus| *bus != "memory");
        if self.nodes > 1 && !(postgres && bus.is_some()) {
            bail!(
                "--nodes: more than one need --database-url postgres://… and --env ARTCRITIQUE_BUS=redis or postgres"
            );
        }
        let database = database(self.database_url.as_deref());
        let recipe = Recipe {
            binary,
            site,
            database_url: self.database_url.clone(),
            env: self.env.clone(),
            nodes: self.nodes.into(),
        };
        let servers = recipe.start(users).await?;
        let mut conditions = vec![
            (
                "server".into(),
                recipe.version().await.unwrap_or_else(|| "unknown".into()),
            ),
            ("database".into(), database),
            ("bus".into(), self.bus().unwrap_or("memory").to_owned()),
        ];
        let passed: Vec<_> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        if !passed.is_empty() {
            conditions.push(("environment".into(), format!("{} set", passed.join(", "))));
        }
        Site::started(servers, self.addresses, conditions)
    }

    async fn join(&self, users: usize) -> anyhow::Result<Site> {
        let file = self
            .users_file
            .as_ref()
            .context("--users-file is missing")?;
        let people = users::parse(
            &fs::read_to_string(file)
                .with_context(|| format!("--users-file {}", file.display()))?,
        )?;
        ensure!(
            people.len() >= users,
            "--users-file: {users} users are needed, {} are in it",
            people.len()
        );
        let mut nodes = Vec::new();
        for url in &self.target {
            let (address, authority, _) = locate(url).await.context("--target")?;
            let origin = self
                .origin
                .clone()
                .unwrap_or_else(|| format!("http://{authority}"));
            nodes.push(Node::new(
                address,
                authority,
                origin.trim_end_matches('/').to_owned(),
            ));
        }
        let mut metrics = Vec::new();
        for url in &self.metrics {
            let (address, _, path) = locate(url).await.context("--metrics")?;
            metrics.push((address, path));
        }
        let conditions = vec![("server".into(), "running already, version unknown".into())];
        let people = people.into_iter().take(users).collect();
        Ok(Site::running(
            nodes,
            people,
            self.pids.clone(),
            metrics,
            self.addresses,
            conditions,
        ))
    }

    /// The bus configured for servers started here.
    fn bus(&self) -> Option<&str> {
        self.env
            .iter()
            .find(|(name, _)| name == "ARTCRITIQUE_BUS")
            .map(|(_, value)| value.as_str())
    }
}

/// Parses `http://host:port/path`.
async fn locate(url: &str) -> anyhow::Result<(SocketAddr, String, String)> {
    let rest = url
        .strip_prefix("http://")
        .with_context(|| format!("{url} does not begin with http://"))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let named = if authority.contains(':') {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    };
    let found = lookup_host(&named)
        .await
        .with_context(|| format!("{authority} is not found"))?
        .next();
    Ok((
        found.with_context(|| format!("{authority} has no address"))?,
        authority.to_owned(),
        format!("/{path}"),
    ))
}

/// The database as named in the report, without its password.
fn database(url: Option<&str>) -> String {
    match url {
        None => "SQLite in a new folder".into(),
        Some(url) if url.starts_with("postgres") => "PostgreSQL".into(),
        Some(url) => url.split_once(':').map_or(url, |(kind, _)| kind).to_owned(),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.into(), value.into()))
        .ok_or_else(|| "write it as NAME=value".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_variables_need_a_name() {
        assert_eq!(variable("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert!(variable("A").is_err() && variable("=b").is_err());
    }

    #[test]
    fn a_database_is_reported_without_its_password() {
        assert_eq!(database(Some("postgres://me:secret@host/db")), "PostgreSQL");
        assert_eq!(database(Some("sqlite:///tmp/x")), "sqlite");
    }

    #[tokio::test]
    async fn several_nodes_need_a_shared_bus_and_database() {
        let here = Some(std::env::temp_dir());
        let setup = Setup {
            server: std::env::current_exe().ok(),
            site: here,
            nodes: 2,
            ..Setup::default()
        };
        let error = setup.ready(1).await.err().expect("refused");
        assert!(error.to_string().contains("--database-url"), "{error}");
    }

    #[tokio::test]
    async fn urls_are_split_into_address_authority_and_path() {
        let (address, authority, path) = locate("http://127.0.0.1:9100/metrics")
            .await
            .expect("an address");
        assert_eq!(
            (address.port(), &*authority, &*path),
            (9_100, "127.0.0.1:9100", "/metrics")
        );
        assert!(locate("https://art.example").await.is_err());
    }
}
