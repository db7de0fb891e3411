use tempfile::TempDir;

use crate::{Postgres, postgres::execute};

/// The PostgreSQL server to test on, such as `postgres://user@127.0.0.1:5433`; without it, tests
/// use SQLite.
const SERVER: &str = "ARTCRITIQUE_TEST_POSTGRES";

/// An empty database of a test's own.
pub struct Database {
    url: String,
    _folder: Option<TempDir>,
    server: Option<String>,
}

impl Database {
    /// On SQLite, or on the PostgreSQL server that the run is told of.
    ///
    /// # Panics
    /// When no database can be made.
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
    /// When there is no temporary folder.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("test.sqlite").display());
        Self {
            url,
            _folder: Some(folder),
            server: None,
        }
    }

    /// One of a server started for the test.
    pub async fn of(server: &Postgres) -> Self {
        Self {
            url: server.create().await,
            _folder: None,
            server: None,
        }
    }

    /// The one at this address, which somebody else looks after.
    pub const fn at(url: String) -> Self {
        Self {
            url,
            _folder: None,
            server: None,
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is PostgreSQL.
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

/// Runs one statement on a thread of its own: the test's runtime may be at its end, or not begun.
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
