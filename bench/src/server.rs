//! A server on a free port with data of its own, for the length of a measurement.

use std::{
    path::Path,
    process::{Command as Blocking, Stdio},
};

use anyhow::{Context, ensure};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A running server; it ends with this value.
pub struct Server {
    child: Child,
    /// Such as `127.0.0.1:40213`.
    pub authority: String,
    /// A cookie value for each minted user.
    pub cookies: Vec<String>,
    _data: TempDir,
}

impl Server {
    /// Mints users into a new database, then serves it.
    pub async fn start(binary: &Path, site: &Path, users: usize) -> anyhow::Result<Self> {
        let data = TempDir::new()?;
        let minted = data.path().join("minted.tsv");
        let status = Blocking::new(binary)
            .args(["load", "mint", "--users", &users.to_string(), "--password", "load test only", "--out"])
            .arg(&minted)
            .env("ARTCRITIQUE_ALLOW_MINT", "1")
            .env("ARTCRITIQUE_DATA_DIR", data.path())
            .stdout(Stdio::null())
            .status()
            .with_context(|| format!("running {}", binary.display()))?;
        ensure!(status.success(), "users could not be minted");
        let lines = std::fs::read_to_string(minted)?;
        let cookies = lines.lines().filter_map(|line| line.split('\t').nth(3)).map(str::to_owned).collect();
        let mut child = Command::new(binary)
            .env("ARTCRITIQUE_DATA_DIR", data.path())
            .env("ARTCRITIQUE_SITE_DIR", site)
            .env("ARTCRITIQUE_ADDR", "127.0.0.1:0")
            .env("ARTCRITIQUE_RATE_LIMITS", "off")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("the server's output")?).lines();
        let line = lines.next_line().await?.context("the server ended before it listened")?;
        let authority = line.rsplit("http://").next().unwrap_or_default().to_owned();
        Ok(Self { child, authority, cookies, _data: data })
    }

    /// The process's resident memory in bytes, as the kernel counts it.
    pub fn resident(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().context("the server has ended")?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1_024)
    }
}
