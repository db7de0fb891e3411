//! Commands for the site ID and for the mark that ties the pictures folder to a site.

use domain::{pictures, store};

use super::open;
use crate::{config::Config, output::say};

/// Prints the site ID and the epoch.
pub async fn show(config: &Config) -> anyhow::Result<()> {
    let domain = open::for_command(config).await?;
    say!(
        "site\t{}\nepoch\t{}",
        domain.store.site(),
        domain.store.epoch()
    );
    Ok(())
}

/// Gives the database a new site ID, for a copy that is to run beside its original.
pub async fn rename(config: &Config) -> anyhow::Result<()> {
    let domain = open::for_command(config).await?;
    let made = domain.store.after_restore(true).await?;
    pictures::adopt(&domain.store, domain.artworks.media()).await?;
    say!("{} Restart its servers.", told(&made));
    Ok(())
}

/// Marks the configured folder as this site's pictures folder.
pub async fn adopt_pictures(config: &Config) -> anyhow::Result<()> {
    let domain = open::for_command(config).await?;
    pictures::adopt(&domain.store, domain.artworks.media()).await?;
    say!(
        "{} is marked as the folder with this site's pictures.",
        config.media_dir().display()
    );
    Ok(())
}

/// Describes the result of a restore in sentences.
pub fn told(made: &store::Restored) -> String {
    let site = made
        .site
        .as_ref()
        .map(|site| format!("It is a site of its own now, {site}. "))
        .unwrap_or_default();
    format!(
        "{site}It is under the new epoch {}: every client starts over from a fresh page. All sessions have ended ({}): everybody signs in \
         again. Passwords, roles and what was deleted are as they were when the copy was made.",
        made.epoch, made.sessions
    )
}
