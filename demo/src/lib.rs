//! Demo content: accounts, pictures painted in code, critiques and helpful marks, created through
//! the same services as real content.

mod art;
mod plan;
mod words;

use domain::{
    Domain, Error, Result,
    accounts::Accounts,
    artworks::{Artworks, Words},
    clock,
    critiques::Draft,
    entities::{account, event, helpful, notification},
    markdown,
    policy::{Actor, Role},
    store::Txn,
};
use plan::{Act, Event, Plan, Work};
use rand::{SeedableRng, rngs::StdRng};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::Expr,
};
use shared::{
    ArtworkId, CritiqueId, UserId,
    dto::Viewer,
    text::{CritiqueBody, DisplayName, Email, Handle, Password},
};

/// The password of every demo account.
pub const PASSWORD: &str = "artcritique";

/// Fills an empty site. Calls `say` with progress messages. Returns a sentence that summarizes the
/// result.
///
/// # Errors
/// When the demo accounts exist already, or the database returns an error.
pub async fn plant(
    domain: &Domain,
    users: usize,
    artworks: usize,
    critiques: usize,
    say: impl Fn(&str),
) -> Result<String> {
    let mut dice = StdRng::seed_from_u64(7);
    let Plan {
        joined,
        works,
        events,
    } = plan::plan(users.max(2), artworks, critiques, clock::now(), &mut dice);
    let people = people(domain, &joined).await?;
    let mut posted = Vec::new();
    for (n, work) in works.iter().enumerate() {
        posted.push(post(domain, work, n, &people[work.artist]).await?);
        if (n + 1) % 8 == 0 {
            say(&format!("{} of {artworks} works painted", n + 1));
        }
    }
    let mut written: Vec<CritiqueId> = Vec::new();
    let mut marks = 0;
    for Event { at, act } in events {
        match act {
            Act::Critique { work, author, body } => {
                written.push(critique(domain, posted[work], &people[author], &body, at).await?);
            }
            Act::Helpful { critique, reader } => {
                mark(domain, written[critique], &people[reader], at).await?;
                marks += 1;
            }
        }
    }
    let handles = words::PEOPLE
        .iter()
        .take(3)
        .map(|person| person.handle)
        .collect::<Vec<_>>()
        .join(", ");
    Ok(format!(
        "{} people, {artworks} works, {} critiques and {marks} helpful marks are there. Sign in as {handles} … with the password {PASSWORD}.",
        people.len(),
        written.len()
    ))
}

/// Creates an account for each of these times, with that time as its creation date.
async fn people(domain: &Domain, joined: &[i64]) -> Result<Vec<Viewer>> {
    let hash = domain
        .accounts
        .hash(&Password::parse(PASSWORD).map_err(Error::internal)?)
        .await?;
    let txn = domain.store.begin().await?;
    let mut people = Vec::new();
    for (n, at) in joined.iter().enumerate() {
        let (handle, name) = match words::PEOPLE.get(n) {
            Some(person) => (person.handle.to_owned(), person.display_name.to_owned()),
            None => (format!("demo-{n}"), format!("Demo Person {n}")),
        };
        let email = Email::parse(&format!("{handle}@demo.invalid")).map_err(Error::internal)?;
        let handle = Handle::parse(&handle).map_err(Error::internal)?;
        let name = DisplayName::parse(&name).map_err(Error::internal)?;
        let proven = Accounts::insert(&txn, &handle, &name, &email, hash.clone())
            .await
            .map_err(|error| match error {
                Error::App(_) => Error::Internal(
                    "the demo's people are here already; seed an empty database".into(),
                ),
                error => error,
            })?;
        account::Entity::update_many()
            .col_expr(account::Column::CreatedAt, Expr::value(*at))
            .filter(account::Column::Id.eq(proven.viewer.id.0))
            .exec(txn.db())
            .await?;
        people.push(proven.viewer);
    }
    txn.commit().await?;
    Ok(people)
}

/// Paints and posts the `n`th work.
async fn post(domain: &Domain, work: &Work, n: usize, artist: &Viewer) -> Result<ArtworkId> {
    let piece = words::PIECES[work.piece];
    let seed = u64::try_from(n).unwrap_or(0) * 31 + 5;
    let image = tokio::task::spawn_blocking(move || art::paint(piece.subject, seed))
        .await
        .map_err(Error::internal)?;
    let stored = domain.artworks.media().keep_image(image).await?;
    let text = Words::parse(&work.title, piece.description)?;
    let mut txn = domain.store.begin().await?;
    let row = Artworks::insert(&txn, artist.id, &text, &stored, work.at).await?;
    domain
        .notifications
        .artwork_posted(&mut txn, &row, artist)
        .await?;
    txn.commit().await?;
    Ok(ArtworkId(row.id))
}

async fn critique(
    domain: &Domain,
    artwork: ArtworkId,
    author: &Viewer,
    body: &str,
    at: i64,
) -> Result<CritiqueId> {
    let body = CritiqueBody::parse(body).map_err(Error::internal)?;
    let mut txn = domain.store.begin().await?;
    let rendered = markdown::render(body.as_str());
    let draft = Draft {
        author: author.clone(),
        artwork,
        body,
        rendered,
        at,
        attempt: None,
    };
    let row = domain
        .critiques
        .post_in(&mut txn, &[draft])
        .await?
        .remove(0)?;
    let id = CritiqueId(row.id);
    backdate(&txn, "critique", id, author.id, at).await?;
    txn.commit().await?;
    Ok(id)
}

async fn mark(domain: &Domain, critique: CritiqueId, reader: &Viewer, at: i64) -> Result<()> {
    let mut txn = domain.store.begin().await?;
    let reader = Actor::of_session(reader.clone(), Role::Member);
    domain
        .critiques
        .set_helpful_in(&mut txn, &reader, critique, true)
        .await?;
    helpful::Entity::update_many()
        .col_expr(helpful::Column::CreatedAt, Expr::value(at))
        .filter(helpful::Column::CritiqueId.eq(critique.0))
        .filter(helpful::Column::AccountId.eq(reader.id.0))
        .exec(txn.db())
        .await?;
    backdate(&txn, "helpful", critique, reader.id, at).await?;
    txn.commit().await
}

/// Sets the creation time of an event about a critique and of its notifications, which is in the
/// past in a demo.
async fn backdate(
    txn: &Txn,
    kind: &str,
    critique: CritiqueId,
    actor: UserId,
    at: i64,
) -> Result<()> {
    let which = Condition::all()
        .add(event::Column::SubjectType.eq("critique"))
        .add(event::Column::SubjectId.eq(critique.0))
        .add(event::Column::Kind.eq(kind))
        .add(event::Column::ActorId.eq(actor.0));
    event::Entity::update_many()
        .col_expr(event::Column::CreatedAt, Expr::value(at))
        .filter(which.clone())
        .exec(txn.db())
        .await?;
    let events = event::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .filter(which)
        .into_query();
    notification::Entity::update_many()
        .col_expr(notification::Column::CreatedAt, Expr::value(at))
        .filter(notification::Column::CritiqueId.eq(critique.0))
        .filter(notification::Column::EventId.in_subquery(events))
        .exec(txn.db())
        .await?;
    Ok(())
}
