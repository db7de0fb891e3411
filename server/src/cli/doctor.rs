mod jobs;
mod servers;

use std::time::Duration;

use anyhow::bail;
use domain::{
    SiteId, Store,
    artworks::{media::Media, pictures},
    store::{self, Health},
};
use migration::{Fault, Schema};
use servers::Servers;

use crate::{
    cli::{
        mail,
        open::{self, Presence},
        output::say,
    },
    config::{BusKind, Config},
    http::assets::BuiltSite,
};

/// A check's result: a sentence, or on failure what is wrong and how to fix it.
type Found = Result<String, String>;

/// Runs every check and prints one line for each; fails if any check fails.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let (database, store) = match database(config).await {
        Ok((found, store)) => (Ok(found), store),
        Err(wrong) => (Err(wrong), None),
    };
    let servers = Servers::find(config, store.as_ref()).await;
    let checks = [
        ("database", database),
        ("nodes", servers::check(&servers, store.as_ref())),
        ("bus", bus(config).await),
        ("pictures", pictures(config, store.as_ref()).await),
        ("jobs", jobs::check(&servers, store.as_ref()).await),
        ("built site", built_site(config)),
        ("origin", origin(config)),
        ("mail", mail::check(config).await),
    ];
    for (what, result) in &checks {
        match result {
            Ok(found) => say!("ok     {what}: {found}"),
            Err(wrong) => say!("WRONG  {what}: {wrong}"),
        }
    }
    if checks.iter().any(|(_, result)| result.is_err()) {
        bail!("some checks failed; see above");
    }
    Ok(())
}

fn built_site(config: &Config) -> Found {
    let built = BuiltSite::find(config).map_err(|error| error.to_string())?;
    let (assets, _) = built.assets(&config.origins(config.addr));
    match built.missing(&assets) {
        None => Ok(built.to_string()),
        Some(file) => Err(format!(
            "{file} is not in {built}. Build the site with `cargo leptos build --release`, and keep its hash.txt beside the program or in that folder."
        )),
    }
}

/// Checks the database without migrating it. Also returns the store if the schema is current.
async fn database(config: &Config) -> Result<(String, Option<Store>), String> {
    let url = config.database_url();
    let mend = |error: &dyn std::fmt::Display| {
        format!("{error}. Check DATABASE_URL, and that the data folder is writable.")
    };
    if let Some(file) = store::sqlite_file(&url).map_err(|error| mend(&error))?
        && !file.exists()
    {
        std::fs::create_dir_all(&config.data_dir).map_err(|error| mend(&error))?;
        return Ok((
            format!(
                "there is none at {} yet; the server creates it at startup",
                file.display()
            ),
            None,
        ));
    }
    let connection = store::lone_connection(&url)
        .await
        .map_err(|error| mend(&error))?;
    let status = Schema::current().status(&connection).await;
    connection.close().await.map_err(|error| mend(&error))?;
    let status = match status {
        Ok(status) => status,
        Err(newer @ Fault::TooNew { .. }) => return Err(newer.to_string()),
        Err(error) => return Err(mend(&error)),
    };
    let newer = status.newer.map(|newer| {
        format!(
            "; ArtCritique {newer} has migrated it further than this program ({}), which is compatible with the newer schema",
            env!("CARGO_PKG_VERSION")
        )
    });
    let newer = newer.unwrap_or_default();
    if !status.pending.is_empty() {
        return Ok((
            format!(
                "reachable; {} migrations will run when the server starts{newer}",
                status.pending.len()
            ),
            None,
        ));
    }
    let pools = store::connect(&url).await.map_err(|error| mend(&error))?;
    let store = Store::of_command(pools)
        .await
        .map_err(|error| mend(&error))?;
    match store.health().await {
        Health::Up => store.leave().await.map_err(|error| mend(&error))?,
        Health::Unwritable => {
            return Err(
                "it can be read but not written: its disk is full, or another process holds its lock".into(),
            );
        }
        health => return Err(format!("it is {}. Check DATABASE_URL.", health.word())),
    }
    Ok((format!("reachable and up to date{newer}"), Some(store)))
}

async fn bus(config: &Config) -> Found {
    if config.bus == BusKind::Memory {
        return Ok("memory, for one process".into());
    }
    // A random site ID keeps the messages of this check out of the running nodes' channels.
    let (bus, mend) = match config.bus {
        BusKind::Redis => (
            open::bus(config, &SiteId::random(), Presence::Visitor),
            "Check REDIS_URL, and that Redis is running and reachable from here",
        ),
        _ => (
            open::bus(config, &SiteId::random(), Presence::Visitor),
            "Check DATABASE_URL, and that no connection pooler without LISTEN is in between",
        ),
    };
    let bus = bus.map_err(|error| error.to_string())?;
    for _ in 0..50 {
        if bus.up() {
            bus.leave().await;
            return Ok("a message sent over it comes back".into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!(
        "a message sent over it does not come back within 5 s. {mend}. The sweep still delivers changes, but later"
    ))
}

async fn pictures(config: &Config, store: Option<&Store>) -> Found {
    let folder = config.media_dir();
    let mend = |error: &dyn std::fmt::Display| {
        format!(
            "{error}. Give the server's user write access to {}.",
            folder.display()
        )
    };
    let media = Media::folder(&folder).map_err(|error| mend(&error))?;
    // The process ID keeps concurrent runs from using the same file.
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&probe, b"probe")
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|error| mend(&error))?;
    if let Some(store) = store {
        let found = pictures::find(store, &media)
            .await
            .map_err(|error| mend(&error))?;
        if let Some(wrong) = found.and_then(|found| found.wrong()) {
            return Err(wrong);
        }
    }
    Ok(folder.display().to_string())
}

fn origin(config: &Config) -> Found {
    match &config.origin {
        None if config.addr.ip().is_loopback() => Ok(format!("http://{}, for this machine only", config.addr)),
        None => Err("set ARTCRITIQUE_ORIGIN to the site's public origin; without it, only browsers on this machine can sign in".into()),
        Some(origin) if origin.secure() => Ok(origin.to_string()),
        Some(origin) => Ok(format!("{origin}, without TLS: cookies can be read in transit")),
    }
}
