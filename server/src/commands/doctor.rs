use std::time::Duration;

use anyhow::bail;
use domain::{media::Media, store};
use migration::{Migrator, MigratorTrait};

use super::Presence;
use crate::{
    assets,
    config::{BusKind, Config},
    output::say,
};

/// Tries what the site needs, one line each, and fails if any of it is wrong.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let checks = [
        ("database", database(config).await),
        ("bus", bus(config).await),
        ("pictures", pictures(config)),
        ("built site", built_site(config)),
        ("origin", origin(config)),
        ("mail", Ok("none is sent, so nothing to set up".into())),
    ];
    for (what, result) in &checks {
        match result {
            Ok(found) => say!("ok     {what}: {found}"),
            Err(wrong) => say!("WRONG  {what}: {wrong}"),
        }
    }
    if checks.iter().any(|(_, result)| result.is_err()) {
        bail!("something is wrong; see above");
    }
    Ok(())
}

fn built_site(config: &Config) -> Result<String, String> {
    let folder = assets::site_dir(config).map_err(|error| error.to_string())?;
    match assets::missing(&folder, &assets::assets(&folder, &config.origins(config.addr)).0) {
        None => Ok(folder.display().to_string()),
        Some(file) => Err(format!(
            "{file} is not in {}. Build the site with `cargo leptos build --release`, and keep its hash.txt beside the program or in that folder.",
            folder.display()
        )),
    }
}

async fn database(config: &Config) -> Result<String, String> {
    let url = config.database_url();
    let mend = |error: &dyn std::fmt::Display| format!("{error}. Check DATABASE_URL and that the data folder can be written.");
    std::fs::create_dir_all(&config.data_dir).map_err(|error| mend(&error))?;
    let (writer, _) = store::connect(&url).await.map_err(|error| mend(&error))?;
    let waiting = Migrator::get_pending_migrations(&writer).await.map_err(|error| mend(&error))?.len();
    match waiting {
        0 => Ok("reachable and up to date".into()),
        n => Ok(format!("reachable; {n} migrations will run when the server starts")),
    }
}

async fn bus(config: &Config) -> Result<String, String> {
    if config.bus == BusKind::Memory {
        return Ok("memory, for one process".into());
    }
    let (bus, mend) = match config.bus {
        BusKind::Redis => {
            (super::bus(config, Presence::Visitor), "Check REDIS_URL, and that Redis runs and can be reached from here")
        }
        _ => (super::bus(config, Presence::Visitor), "Check DATABASE_URL, and that it is not behind a pooler that has no LISTEN"),
    };
    let bus = bus.map_err(|error| error.to_string())?;
    for _ in 0..50 {
        if bus.up() {
            bus.leave().await;
            return Ok("what is sent comes back".into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("what is sent does not come back within 5 s. {mend}. News still arrives, by the sweep"))
}

fn pictures(config: &Config) -> Result<String, String> {
    let folder = config.media_dir();
    let mend = |error: &dyn std::fmt::Display| format!("{error}. Let the server's user write to {}.", folder.display());
    Media::folder(&folder).map_err(|error| mend(&error))?;
    let probe = folder.join(".doctor");
    std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe)).map_err(|error| mend(&error))?;
    Ok(folder.display().to_string())
}

fn origin(config: &Config) -> Result<String, String> {
    match &config.origin {
        None if config.addr.ip().is_loopback() => Ok(format!("http://{}, for this machine only", config.addr)),
        None => Err("set ARTCRITIQUE_ORIGIN to the address people use; without it only this machine can sign in".into()),
        Some(origin) if origin.secure() => Ok(origin.to_string()),
        Some(origin) => Ok(format!("{origin}, without TLS: cookies can be read on the way")),
    }
}
