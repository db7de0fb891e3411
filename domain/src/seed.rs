//! Demo content: people, works painted in code, critiques and helpful marks, made through the same services as the real thing.

mod art;
mod words;

use rand::{Rng, SeedableRng, rngs::StdRng};
use shared::{
    ArtworkId, CritiqueId,
    dto::Viewer,
    text::{CritiqueBody, DisplayName, Email, Handle, Password},
};

use crate::{
    Domain, Error, Result,
    accounts::Accounts,
    artworks::{Artworks, Words},
    clock,
    critiques::Draft,
};

/// What everybody in the demo signs in with.
pub const PASSWORD: &str = "artcritique";
/// Over how long the demo's past stretches, in milliseconds.
const PAST_MS: i64 = 40 * 24 * 60 * 60 * 1_000;

/// Fills the site. `say` is told how it goes. Gives a sentence on what was made.
///
/// # Errors
/// When the demo's people are there already, or the database refuses.
pub async fn plant(domain: &Domain, users: usize, artworks: usize, critiques: usize, say: impl Fn(&str)) -> Result<String> {
    let mut dice = StdRng::seed_from_u64(7);
    let people = people(domain, users.max(2)).await?;
    let now = clock::now();
    let mut works = Vec::new();
    for n in 0..artworks {
        let piece = words::PIECES[n % words::PIECES.len()];
        let seed = u64::try_from(n).unwrap_or(0) * 31 + 5;
        let image = tokio::task::spawn_blocking(move || art::paint(piece.subject, seed)).await.map_err(Error::internal)?;
        let stored = domain.artworks.media().keep_image(image).await?;
        let artist = &people[(n * 7 + n / people.len()) % people.len()];
        let text = Words::parse(piece.title, piece.description)?;
        let at = now - PAST_MS + PAST_MS / i64::try_from(artworks + 1).unwrap_or(1) * i64::try_from(n + 1).unwrap_or(0);
        let txn = domain.store.begin().await?;
        let row = Artworks::insert(&txn, artist.id, &text, &stored, at).await?;
        txn.commit().await?;
        works.push((ArtworkId(row.id), artist.id, piece.subject, at));
        if (n + 1) % 8 == 0 {
            say(&format!("{} of {artworks} works painted", n + 1));
        }
    }
    let mut marks = 0;
    for n in 0..critiques {
        // The newest few wait for their first critique.
        let Some((id, artist, subject, posted)) = works.get(dice.random_range(0..works.len().saturating_sub(3).max(1))).copied()
        else {
            break;
        };
        let author = &people[dice.random_range(0..people.len())];
        if author.id == artist {
            continue;
        }
        let body = CritiqueBody::parse(critique_of(subject, n, &mut dice)).map_err(Error::Internal)?;
        let mut txn = domain.store.begin().await?;
        let at = posted + dice.random_range(0..=(now - posted).max(1));
        let draft = Draft { author: author.clone(), artwork: id, body, at, attempt: None };
        let row = domain.critiques.post_in(&mut txn, &[draft]).await?.remove(0)?;
        for reader in &people {
            if reader.id != author.id && dice.random_bool(0.12) {
                domain.critiques.set_helpful_in(&mut txn, reader, CritiqueId(row.id), true).await?;
                marks += 1;
            }
        }
        txn.commit().await?;
    }
    let handles = words::PEOPLE.iter().take(3).map(|person| person.handle).collect::<Vec<_>>().join(", ");
    Ok(format!(
        "{} people, {artworks} works, their critiques and {marks} helpful marks are there. Sign in as {handles} … with the password {PASSWORD}.",
        people.len()
    ))
}

async fn people(domain: &Domain, count: usize) -> Result<Vec<Viewer>> {
    let hash = domain.accounts.hash(&Password::parse(PASSWORD).map_err(Error::Internal)?).await?;
    let txn = domain.store.begin().await?;
    let mut people = Vec::new();
    for n in 0..count {
        let (handle, name) = match words::PEOPLE.get(n) {
            Some(person) => (person.handle.to_owned(), person.display_name.to_owned()),
            None => (format!("demo-{n}"), format!("Demo Person {n}")),
        };
        let email = Email::parse(&format!("{handle}@demo.invalid")).map_err(Error::Internal)?;
        let handle = Handle::parse(&handle).map_err(Error::Internal)?;
        let name = DisplayName::parse(&name).map_err(Error::Internal)?;
        let proven = Accounts::insert(&txn, &handle, &name, &email, hash.clone()).await.map_err(|error| match error {
            Error::App(_) => Error::Internal("the demo's people are here already; seed an empty database".into()),
            error => error,
        })?;
        people.push(proven.viewer);
    }
    txn.commit().await?;
    Ok(people)
}

/// A critique that fits the picture, or one that fits any.
fn critique_of(subject: art::Subject, n: usize, dice: &mut StdRng) -> &'static str {
    let fitting = words::CRITIQUES.iter().find(|(of, _)| *of == subject).map_or(words::GENERAL, |(_, texts)| *texts);
    let texts = if dice.random_bool(0.8) { fitting } else { words::GENERAL };
    texts[(n + dice.random_range(0..texts.len())) % texts.len()]
}
