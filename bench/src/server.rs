//! Servers on free ports with their own data, for the duration of a measurement.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::Stdio,
};

use anyhow::{Context, ensure};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::users::{self, User};

/// File name within the data folder.
const LOG: &str = "servers.log";

/// How to start the servers.
pub struct Recipe {
    /// The server's binary.
    pub binary: PathBuf,
    /// The folder with the built site.
    pub site: PathBuf,
    /// SQLite in the data folder if `None`.
    pub database_url: Option<String>,
    /// Additional environment variables.
    pub env: Vec<(String, String)>,
    pub nodes: usize,
}

/// Running servers on one database; they stop when this value is dropped.
pub struct Servers {
    pub nodes: Vec<Server>,
    pub users: Vec<User>,
    data: TempDir,
}

/// One running server.
pub struct Server {
    _child: Child,
    pub pid: u32,
    /// Host and port, such as `127.0.0.1:40213`.
    pub authority: String,
    /// Where it serves its metrics.
    pub metrics: SocketAddr,
}

impl Recipe {
    /// Mints users into a new data folder, then starts the servers on it.
    pub async fn start(&self, users: usize) -> anyhow::Result<Servers> {
        let data = TempDir::new()?;
        let minted = data.path().join("minted.tsv");
        let mut mint = self.command(&data)?;
        mint.args([
            "load",
            "mint",
            "--users",
            &users.to_string(),
            "--password",
            "load test only",
            "--out",
        ])
        .arg(&minted);
        let status = mint
            .env("ARTCRITIQUE_ALLOW_MINT", "1")
            .stdout(Stdio::null())
            .status()
            .await;
        let status = status.with_context(|| self.binary.display().to_string())?;
        ensure!(
            status.success(),
            "users could not be minted:\n{}",
            log(&data)
        );
        let users = users::parse(&fs::read_to_string(minted)?)?;
        let mut nodes = Vec::new();
        for _ in 0..self.nodes {
            nodes.push(self.serve(&data).await?);
        }
        Ok(Servers { nodes, users, data })
    }

    /// The version that the binary prints.
    pub async fn version(&self) -> Option<String> {
        let said = Command::new(&self.binary)
            .arg("--version")
            .output()
            .await
            .ok()?;
        Some(String::from_utf8_lossy(&said.stdout).trim().to_owned())
            .filter(|version| !version.is_empty())
    }

    /// A command of the server's binary that logs to a file in the data folder: a failing server
    /// logs more than a terminal should show.
    fn command(&self, data: &TempDir) -> anyhow::Result<Command> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(data.path().join(LOG))?;
        let mut command = Command::new(&self.binary);
        command.stderr(log);
        command
            .env("ARTCRITIQUE_DATA_DIR", data.path())
            .envs(self.env.iter().cloned())
            .kill_on_drop(true);
        if let Some(url) = &self.database_url {
            command.env("DATABASE_URL", url);
        }
        Ok(command)
    }

    async fn serve(&self, data: &TempDir) -> anyhow::Result<Server> {
        let metrics = free_address()?;
        let mut child = self
            .command(data)?
            .env("ARTCRITIQUE_SITE_DIR", &self.site)
            .env("ARTCRITIQUE_ADDR", "127.0.0.1:0")
            .env("ARTCRITIQUE_RATE_LIMITS", "off")
            .env("ARTCRITIQUE_METRICS_ADDR", metrics.to_string())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("the server's output")?).lines();
        let line = lines
            .next_line()
            .await?
            .with_context(|| format!("the server ended before it listened:\n{}", log(data)))?;
        // Keep reading, so that the server never writes to a full or closed pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let authority = line
            .rsplit("http://")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
        Ok(Server {
            pid: child.id().context("the server has ended")?,
            _child: child,
            authority,
            metrics,
        })
    }
}

impl Servers {
    /// Number of warnings and errors in the servers' logs.
    pub fn warnings(&self) -> usize {
        log(&self.data)
            .lines()
            .filter(|line| line.contains("WARN") || line.contains("ERROR"))
            .count()
    }
}

/// The log of the servers and of minting.
fn log(data: &TempDir) -> String {
    fs::read_to_string(data.path().join(LOG)).unwrap_or_default()
}

/// An address with a port that is free at the moment.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
