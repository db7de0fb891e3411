//! Commands for the site ID and for the mark that ties the pictures folder to a site.

use domain::{artworks::pictures, store};

use crate::{
    cli::{open, output::say},
    config::Config,
};

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
        "{} is marked as this site's picture folder.",
        config.media_dir().display()
    );
    Ok(())
}

/// Describes the result of a restore in sentences.
pub fn told(made: &store::Restored) -> String {
    let site = made
        .site
        .as_ref()
        .map(|site| format!("The new site ID is {site}. "))
        .unwrap_or_default();
    format!(
        "{site}The new epoch is {}: every client discards its state and loads a fresh page. All sessions have ended ({}), and all tokens: \
         everyone has to sign in again. Passwords, roles and deletions are as they were when the copy was made.",
        made.epoch, made.sessions
    )
}
