//! The server as a process, with its own port and database.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use testing::Database;
use tokio::time::sleep;

use crate::person::Person;

pub const BINARY: &str = env!("CARGO_BIN_EXE_artcritique");

/// A running server. It can be killed and started again with the same data on the same port;
/// dropping it kills it.
pub struct Site {
    pub address: SocketAddr,
    folder: TempDir,
    database: Database,
    settings: Vec<(String, String)>,
    process: Option<(Child, BufReader<ChildStdout>)>,
}

impl Site {
    /// A new, empty site.
    pub fn open() -> Self {
        Self::with(&[])
    }

    /// A new, empty site with these variables set.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        Self::prepared(Database::new(), settings)
    }

    fn prepared(database: Database, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join("site/pkg")).expect("a site folder");
        std::fs::write(
            folder.path().join("site/favicon.svg"),
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
        )
        .expect("a file");
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port");
        let mut site = Self {
            address,
            folder,
            database,
            settings,
            process: None,
        };
        site.start();
        site
    }

    /// A new, empty site on SQLite, whatever database the run uses.
    pub fn on_sqlite() -> Self {
        Self::prepared(Database::sqlite(), &[])
    }

    /// Another node on the same database, with the same settings plus these, and its own data
    /// folder.
    pub fn beside(&self, settings: &[(&str, &str)]) -> Self {
        let mut all: Vec<(&str, &str)> = self
            .settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        all.retain(|(name, _)| *name != "ARTCRITIQUE_METRICS_ADDR");
        all.extend(settings);
        Self::prepared(Database::at(self.database.url().to_owned()), &all)
    }

    /// Starts the server on the same address and data.
    pub fn start(&mut self) {
        let command = self.binary();
        self.start_by(command);
    }

    /// Starts the server with a limit on file size, in KiB.
    pub fn start_limited(&mut self, kib: u32) {
        let program = self.binary();
        let mut command = Command::new("sh");
        // SIGXFSZ is ignored, so that writes fail as on a full disk. A block is 512 bytes.
        command
            .args([
                "-c",
                &format!("trap '' XFSZ; ulimit -f {}; exec {BINARY}", kib * 2),
            ])
            .env_clear();
        command.envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        self.start_by(command);
    }

    /// Starts the server again with this log filter; returns the file that gets its log.
    pub fn restart_with_log(&mut self, filter: &str) -> std::path::PathBuf {
        self.kill();
        let file = self.folder().join("log");
        let mut command = self.binary();
        command
            .env("ARTCRITIQUE_LOG", filter)
            .stderr(std::fs::File::create(&file).expect("a log file"));
        self.start_by(command);
        file
    }

    fn start_by(&mut self, mut command: Command) {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut said = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        said.read_line(&mut line).expect("its first line");
        assert!(
            line.starts_with("ArtCritique is at http"),
            "the server said {line:?}"
        );
        self.process = Some((child, said));
    }

    /// A command of the server's binary with this site's environment.
    pub fn binary(&self) -> Command {
        let mut command = Command::new(BINARY);
        command.env_clear();
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("ARTCRITIQUE_LOG", "warn");
        command
            .env("ARTCRITIQUE_ADDR", self.address.to_string())
            .env("ARTCRITIQUE_DATA_DIR", self.data());
        if self.database.is_postgres() {
            command.env("DATABASE_URL", self.database.url());
        }
        command.env("ARTCRITIQUE_SITE_DIR", self.folder.path().join("site"));
        command.envs(self.settings.iter().cloned());
        command
    }

    /// Runs a subcommand on this site's data.
    pub fn command(&self, words: &[&str]) -> Output {
        self.binary()
            .args(words)
            .output()
            .expect("the command runs")
    }

    /// Whether its database is PostgreSQL.
    pub fn on_postgres(&self) -> bool {
        self.database.is_postgres()
    }

    /// The URL of its database.
    pub fn database_url(&self) -> String {
        if self.on_postgres() {
            self.database.url().to_owned()
        } else {
            format!("sqlite://{}", self.database_file().display())
        }
    }

    /// The database file, if the database is SQLite.
    pub fn database_file(&self) -> std::path::PathBuf {
        self.data().join("artcritique.sqlite")
    }

    /// The status of a sign-in with the right password.
    pub async fn sign_in_status(&self, handle: &str) -> u16 {
        Person::new(handle, self.address)
            .sign_in(crate::person::PASSWORD)
            .await
            .status
    }

    /// The data folder: pictures and, on SQLite, the database.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// The site's temporary folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some((mut child, _)) = self.process.take() {
            child.kill().expect("killed");
            child.wait().expect("gone");
        }
    }

    /// `kill -9`, then restarts.
    pub fn crash(&mut self) {
        self.kill();
        self.start();
    }

    /// Sends SIGTERM, as an init system does.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal to the server.
    pub fn signal(&self, name: &str) {
        let (child, _) = self.process.as_ref().expect("a running server");
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &child.id().to_string()])
            .status()
            .expect("a signal");
        assert!(sent.success());
    }

    /// A figure from `/proc/PID/status`: memory in KB, or a count.
    pub fn told(&self, name: &str) -> usize {
        let (child, _) = self.process.as_ref().expect("a running server");
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("its status");
        let value = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .expect("such a line");
        value
            .split_whitespace()
            .next()
            .and_then(|number| number.parse().ok())
            .expect("a number")
    }

    /// Waits until the server exits by itself.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        let (child, _) = self.process.as_mut().expect("a running server");
        loop {
            if let Some(status) = child.try_wait().expect("its status") {
                return status;
            }
            assert!(Instant::now() < deadline, "still running after {within:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The URL of this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A guest with a browser.
    pub fn visitor(&self) -> Person {
        Person::new("", self.address)
    }

    /// A new account, signed in.
    pub async fn join(&self, handle: &str) -> Person {
        let person = Person::new(handle, self.address);
        person.register().await;
        person
    }

    /// Another browser of an existing account, signed in.
    pub async fn sign_in(&self, handle: &str) -> Person {
        let person = Person::new(handle, self.address);
        let answer = person.sign_in(crate::person::PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        person
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.kill();
    }
}
