use std::process::{Child, Command, Stdio};

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use crate::process::{as_ordinary_user, free_port, signal, wait_for};

/// A PostgreSQL server with an empty cluster.
pub struct Postgres {
    port: u16,
    folder: TempDir,
    child: Option<Child>,
}

impl Postgres {
    /// Creates a cluster and starts a server on it. With `durable`, the server syncs its log as in
    /// production; without, tests are faster.
    ///
    /// # Panics
    /// When `initdb` or `postgres` can't be run.
    pub fn start(durable: bool) -> Self {
        // The system's temporary folder, which the ordinary user can enter too.
        let folder = tempfile::Builder::new()
            .prefix("artcritique-pg-")
            .tempdir()
            .expect("a temporary folder");
        let data = folder.path().join("data");
        let made = as_ordinary_user("initdb", folder.path())
            .args([
                "--username",
                "artcritique",
                "--auth",
                "trust",
                "--no-sync",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--pgdata",
            ])
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(made.expect("initdb is on the PATH").success(), "initdb");
        let mut server = Self {
            port: free_port(),
            folder,
            child: None,
        };
        let settings = format!(
            "fsync = {}\nmax_connections = 200\n",
            if durable { "on" } else { "off" }
        );
        let settings_file = data.join("postgresql.auto.conf");
        let written = as_ordinary_user("sh", server.folder.path())
            .arg("-c")
            .arg(format!(
                "printf '{settings}' >> {}",
                settings_file.display()
            ))
            .status();
        assert!(written.expect("sh runs").success());
        server.run();
        server
    }

    fn run(&mut self) {
        let mut command = as_ordinary_user("postgres", self.folder.path());
        command
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(["-h", "127.0.0.1", "-k", "", "-p", &self.port.to_string()]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().expect("postgres is on the PATH"));
        wait_for(self.port);
    }

    /// Its port on this machine.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        url(self.port, database)
    }

    /// Creates an empty database; returns its URL.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn create(&self) -> String {
        let name = format!("t{:016x}", rand::random::<u64>());
        // The server may still be starting.
        for _ in 0..200 {
            match execute(&self.url("postgres"), &format!("CREATE DATABASE {name}")).await {
                Ok(()) => return self.url(&name),
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
        panic!("no database could be made");
    }

    /// Stops the server immediately, as a crash would, and restarts it.
    pub fn crash(&mut self) {
        self.stop("QUIT");
        let _ = std::fs::remove_file(self.folder.path().join("data/postmaster.pid"));
        self.run();
    }

    fn stop(&mut self, how: &str) {
        if let Some(mut child) = self.child.take() {
            signal(&child, how);
            let _ = child.wait();
        }
    }
}

/// The URL of a database of the server at this port.
pub fn url(port: u16, database: &str) -> String {
    format!("postgres://artcritique@127.0.0.1:{port}/{database}")
}

/// Runs one statement, on PostgreSQL or SQLite.
///
/// # Errors
/// When the database is unreachable or rejects the statement.
pub async fn execute(url: &str, statement: &str) -> Result<(), sea_orm::DbErr> {
    let connection = Database::connect(url).await?;
    connection.execute_unprepared(statement).await?;
    connection.close().await
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop("INT");
        // The files belong to the ordinary user; both root and that user may remove them.
        let _ = Command::new("rm")
            .arg("-rf")
            .arg(self.folder.path())
            .status();
    }
}
