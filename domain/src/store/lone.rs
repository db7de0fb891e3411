use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::{PATIENCE, sqlite};
use crate::{Error, Result};

/// One connection of its own, with none of the limits that requests need: for changing the schema.
/// Close it afterwards.
///
/// # Errors
/// When the address is of neither kind of database, or it can't be reached.
pub async fn lone_connection(url: &str) -> Result<DatabaseConnection> {
    if url.starts_with("sqlite:") {
        return sqlite::lone(url).await;
    }
    // The library's own words for an address that it can't read have the password in them.
    if url::Url::parse(url).map_or(true, |url| !url.has_host() || url.fragment().is_some()) {
        return Err(Error::internal(
            "DATABASE_URL can't be read; characters such as #, / and @ in its password are written as %23, %2F and %40",
        ));
    }
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .sqlx_logging(false);
    // Locks are given up soon: requests of other nodes queue behind them.
    options.map_sqlx_postgres_opts(|options| {
        options
            .application_name("artcritique schema")
            .options([("lock_timeout", "5s")])
    });
    Database::connect(options)
        .await
        .map_err(|error| Error::internal(format!("DATABASE_URL: {error}")))
}
