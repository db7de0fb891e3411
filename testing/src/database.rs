use tempfile::TempDir;

use crate::{Postgres, postgres::execute};

/// The PostgreSQL server to test on, such as `postgres://user@127.0.0.1:5433`; without it, tests
/// use SQLite.
const SERVER: &str = "ARTCRITIQUE_TEST_POSTGRES";

/// An empty database for one test.
pub struct Database {
    url: String,
    _folder: Option<TempDir>,
    server: Option<String>,
}

impl Database {
    /// On SQLite, or on the PostgreSQL server that `ARTCRITIQUE_TEST_POSTGRES` names.
    ///
    /// # Panics
    /// When no database can be created.
    pub fn new() -> Self {
        let Ok(server) = std::env::var(SERVER) else {
            return Self::sqlite();
        };
        let name = format!("t{:016x}", rand::random::<u64>());
        elsewhere(
            format!("{server}/postgres"),
            format!("CREATE DATABASE {name}"),
        )
        .expect("a database");
        Self {
            url: format!("{server}/{name}"),
            _folder: None,
            server: Some(server),
        }
    }

    /// On SQLite.
    ///
    /// # Panics
    /// When no temporary folder can be created.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("test.sqlite").display());
        Self {
            url,
            _folder: Some(folder),
            server: None,
        }
    }

    /// A new database on a server started for the test.
    pub async fn of(server: &Postgres) -> Self {
        Self {
            url: server.create().await,
            _folder: None,
            server: None,
        }
    }

    /// An existing database at this URL, which outlives this value.
    pub const fn at(url: String) -> Self {
        Self {
            url,
            _folder: None,
            server: None,
        }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is a PostgreSQL database.
    pub fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (Some(server), Some((_, name))) = (self.server.take(), self.url.rsplit_once('/'))
        else {
            return;
        };
        if elsewhere(
            format!("{server}/postgres"),
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        )
        .is_err()
        {
            eprintln!("a test database was left behind");
        }
    }
}

/// Runs one statement on a separate thread with its own runtime: the test's runtime may be shutting
/// down, or not exist yet.
fn elsewhere(url: String, statement: String) -> std::io::Result<()> {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime
            .block_on(execute(&url, &statement))
            .map_err(std::io::Error::other)
    };
    std::thread::spawn(run)
        .join()
        .map_err(|_| std::io::Error::other("the thread panicked"))?
}
