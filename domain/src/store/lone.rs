use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::{
    Error, Result,
    store::{ACQUIRE_TIMEOUT, sqlite},
};

/// A single connection without the limits that requests need, for changing the schema. Close it
/// afterwards.
///
/// # Errors
/// When the URL is of neither kind of database, or the database can't be reached.
pub async fn lone_connection(url: &str) -> Result<DatabaseConnection> {
    if url.starts_with("sqlite:") {
        return sqlite::lone(url).await;
    }
    // The library's error message for an invalid URL contains the password.
    if url::Url::parse(url).map_or(true, |url| !url.has_host() || url.fragment().is_some()) {
        return Err(Error::internal(
            "DATABASE_URL can't be read; characters such as #, / and @ in its password are written as %23, %2F and %40",
        ));
    }
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false);
    // A short lock timeout: requests of other nodes queue behind a waiting schema change.
    options.map_sqlx_postgres_opts(|options| {
        options
            .application_name("artcritique schema")
            .options([("lock_timeout", "5s")])
    });
    Database::connect(options)
        .await
        .map_err(|error| Error::internal(format!("DATABASE_URL: {error}")))
}
