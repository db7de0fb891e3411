use std::{fmt::Write, path::Path};

use anyhow::{Context, bail};
use domain::{
    Domain,
    accounts::{
        Accounts,
        sessions::{Sessions, SignedIn},
    },
    artworks::{Artworks, Words},
    clock::now,
};
use shared::text::{DisplayName, Email, Handle, Password};

use crate::{cli::output::say, config::Switch};

/// Users per transaction.
const BATCH: usize = 250;

/// Creates users `load1…loadN`, each with an artwork and a session, and writes one line per user to
/// `out`. All users share one password hash and all artworks one picture. To remove them, discard
/// the database.
pub async fn run(
    allowed: Switch,
    domain: &Domain,
    users: usize,
    password: &str,
    out: &Path,
) -> anyhow::Result<()> {
    if allowed == Switch::Off {
        bail!(
            "`load mint` creates sessions without a sign-in; set ARTCRITIQUE_ALLOW_MINT=1 if this database is for a load test"
        );
    }
    let parse = anyhow::Error::msg;
    let hash = domain
        .accounts
        .hash(&Password::parse(password).map_err(parse)?)
        .await?;
    let picture = image::RgbImage::from_pixel(32, 32, image::Rgb([120, 140, 160]));
    let stored = domain.artworks.media().keep_image(picture).await?;
    let words = Words::parse("A load test", "").map_err(anyhow::Error::new)?;
    let mut lines = String::new();
    for first in (1..=users).step_by(BATCH) {
        let txn = domain.store.begin().await?;
        for n in first..(first + BATCH).min(users + 1) {
            let handle = Handle::parse(&format!("load{n}")).map_err(parse)?;
            let email = Email::parse(&format!("load{n}@load.invalid")).map_err(parse)?;
            let name = DisplayName::parse(&format!("Load {n}")).map_err(parse)?;
            let proven = Accounts::insert(&txn, &handle, &name, &email, hash.clone()).await?;
            let artwork = Artworks::insert(&txn, proven.viewer.id, &words, &stored, now()).await?;
            let cookie =
                Sessions::begin(&txn, SignedIn::new(&proven, "load test", String::new())).await?;
            writeln!(lines, "{handle}\t{password}\t{}\t{cookie}", artwork.id)?;
        }
        txn.commit().await?;
    }
    std::fs::write(out, lines).with_context(|| format!("writing {}", out.display()))?;
    say!(
        "Created {users} users; {} lists them with their passwords and sessions.",
        out.display()
    );
    Ok(())
}
