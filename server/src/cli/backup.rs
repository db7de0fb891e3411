//! Backup of the SQLite database while the server runs, and restore while it is stopped.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use domain::{
    artworks::pictures,
    store::{self, Restored, Sharing},
};
use migration::Schema;

use crate::{
    cli::{open, output::say, site},
    config::Config,
};

/// Writes a consistent snapshot of the database to `out`. Picture files never change, so their
/// folder can be copied afterwards.
pub async fn back_up(config: &Config, out: &Path) -> anyhow::Result<()> {
    let Some(database) = store::sqlite_file(&config.database_url())? else {
        bail!("this command is for SQLite; with PostgreSQL, use pg_dump");
    };
    ensure!(
        database.exists(),
        "there is no database at {}",
        database.display()
    );
    ensure!(
        !out.exists(),
        "{} already exists; name a new file",
        out.display()
    );
    store::copy_sqlite(&config.database_url(), out)
        .await
        .with_context(|| format!("writing {}", out.display()))?;
    say!(
        "The backup of the database is in {}. The pictures are in {}: copy that folder too.",
        out.display(),
        config.media_dir().display()
    );
    Ok(())
}

/// Restores the database from a copy. The result gets a new epoch, because clients have seen
/// changes that the copy lacks, and no sessions or tokens, because the copy may hold some that have
/// been ended since. `as_new_site` also gives it a new site ID.
pub async fn restore(
    config: &Config,
    from: Option<&Path>,
    as_new_site: bool,
) -> anyhow::Result<()> {
    let made = match (store::sqlite_file(&config.database_url())?, from) {
        (Some(database), Some(from)) => put_back(config, &database, from, as_new_site).await?,
        (Some(_), None) => bail!("name the backup to restore: --from FILE"),
        (None, Some(_)) => {
            bail!("with PostgreSQL, run pg_restore, then `artcritique restore` without --from")
        }
        (None, None) => {
            open::for_command(config)
                .await?
                .store
                .after_restore(as_new_site)
                .await?
        }
    };
    if as_new_site {
        let domain = open::for_command(config).await?;
        pictures::adopt(&domain.store, domain.artworks.media()).await?;
    }
    let what = from.map_or_else(
        || "The database is restored.".to_owned(),
        |from| format!("{} is restored.", from.display()),
    );
    say!("{what} {}", site::told(&made));
    Ok(())
}

async fn put_back(
    config: &Config,
    database: &Path,
    from: &Path,
    as_new_site: bool,
) -> anyhow::Result<Restored> {
    store::check_sqlite(from)
        .await
        .with_context(|| format!("{} is not an intact copy of the database", from.display()))?;
    std::fs::create_dir_all(&config.data_dir)?;
    let in_use = "the database is in use: stop the server first";
    let _lease = store::take(database, Sharing::Alone).context(in_use)?;
    if database.exists() {
        store::hold_sqlite(&config.database_url())
            .await
            .context(in_use)?;
    }
    // Prepare the copy beside the database, then rename it into place, so that a full disk or a
    // kill leaves the old database intact.
    let beside = database.with_extension("restored");
    remove_log(&beside)?;
    std::fs::copy(from, &beside).with_context(|| format!("copying to {}", beside.display()))?;
    let made = made_ready(&beside, as_new_site)
        .await
        .context("preparing the copy")?;
    remove_log(database)?;
    std::fs::rename(&beside, database)?;
    if let Some(folder) = database
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        File::open(folder)?.sync_all()?;
    }
    Ok(made)
}

/// Migrates a copy to the current schema, sets a new epoch and deletes the sessions and tokens.
async fn made_ready(copy: &Path, as_new_site: bool) -> anyhow::Result<Restored> {
    let url = store::sqlite_url(copy);
    let database = store::lone_connection(&url).await?;
    Schema::current().upgrade(&database).await?;
    let made = store::after_restore(&database, as_new_site).await?;
    database.close().await?;
    // Merge the WAL into the database file.
    store::hold_sqlite(&url).await?;
    File::open(copy)?.sync_all()?;
    Ok(made)
}

/// Removes the WAL files of a database that is about to be replaced; SQLite would otherwise apply
/// them to the new file.
fn remove_log(database: &Path) -> anyhow::Result<()> {
    for log in ["-wal", "-shm"] {
        let mut name = database.to_owned().into_os_string();
        name.push(log);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                bail!("the old write-ahead log can't be removed: {error}")
            }
            _ => {}
        }
    }
    Ok(())
}
