//! Backups of the SQLite database, taken while the site runs, and put back while it does not.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use domain::{Store, live::MemoryBus, store};
use migration::{Migrator, MigratorTrait};

use crate::{config::Config, output::say};

/// Writes a copy of the database as it is at one instant. The pictures are files that never change; copy their folder afterwards.
pub async fn back_up(config: &Config, out: &Path) -> anyhow::Result<()> {
    let database = sqlite_file(config, "pg_dump")?;
    ensure!(database.exists(), "there is no database at {}", database.display());
    ensure!(!out.exists(), "{} is there already; name a new file", out.display());
    store::copy_sqlite(&config.database_url(), out).await.with_context(|| format!("writing {}", out.display()))?;
    say!("The database is in {}. Its pictures are in {}: copy that folder too.", out.display(), config.media_dir().display());
    Ok(())
}

/// Puts a copy back in the database's place, under a new epoch: what clients have seen since it was taken is no longer so, and they
/// start over from a fresh page.
pub async fn restore(config: &Config, from: &Path) -> anyhow::Result<()> {
    let database = sqlite_file(config, "pg_restore, then `artcritique epoch bump`")?;
    store::check_sqlite(from).await.with_context(|| format!("{} is no sound copy of the database", from.display()))?;
    if database.exists() {
        let message = "the database is in use: stop the server first";
        store::hold_sqlite(&config.database_url()).await.context(message)?;
    }
    std::fs::create_dir_all(&config.data_dir)?;
    // Beside it first, so that a full disk costs nothing; then in its place in one step.
    let beside = database.with_extension("restored");
    std::fs::copy(from, &beside).with_context(|| format!("copying to {}", beside.display()))?;
    for log in ["-wal", "-shm"] {
        let mut name = database.clone().into_os_string();
        name.push(log);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => bail!("the old log can't be removed: {error}"),
            _ => {}
        }
    }
    std::fs::rename(&beside, &database)?;
    let pools = store::connect(&config.database_url()).await?;
    Migrator::up(&pools.0, None).await?;
    let epoch = Store::new(pools, MemoryBus::shared()).await?.bump_epoch().await?;
    say!("{} is back in place, under the new epoch {epoch}. Every client starts over from a fresh page.", from.display());
    Ok(())
}

/// The database's file; PostgreSQL has tools of its own.
fn sqlite_file(config: &Config, instead: &str) -> anyhow::Result<PathBuf> {
    let url = config.database_url();
    let Some(path) = url.strip_prefix("sqlite:") else { bail!("this is for SQLite; with PostgreSQL use {instead}") };
    let path = path.strip_prefix("//").unwrap_or(path);
    Ok(PathBuf::from(path.split('?').next().unwrap_or(path)))
}
