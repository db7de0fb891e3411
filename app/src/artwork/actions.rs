#[cfg(feature = "ssr")]
use domain::{
    artworks::Words,
    critiques::{ListCursor, Start},
};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use shared::{ArtworkId, CritiqueId};
#[cfg(feature = "ssr")]
use shared::{
    dto::{Artwork, CritiqueSort},
    paths,
};

#[cfg(feature = "ssr")]
use crate::request::{actor, domain, go, reader, unless_gone};
use crate::{Failure, json::Answer, sent::WorkPage};
#[cfg(feature = "ssr")]
use crate::{artwork::work_page, failure::answer};

/// An artwork with a page of its critiques: the page with `critique` if given, else the page after
/// the cursor `before`, else the first.
#[server(endpoint = "show_artwork", input = GetUrl, output = Answer)]
pub async fn show_artwork(
    id: ArtworkId,
    #[server(default)] sort: String,
    #[server(default)] before: String,
    critique: Option<CritiqueId>,
) -> Result<WorkPage, Failure> {
    let viewer = reader().map(|actor| actor.id);
    let sort = if sort == "helpful" {
        CritiqueSort::Helpful
    } else {
        CritiqueSort::Newest
    };
    let start = match (critique, ListCursor::parse(sort, &before)) {
        (Some(critique), _) => Start::At(critique),
        (None, Ok(place)) => Start::After(place),
        (None, Err(_)) => Start::First,
    };
    let mut view = answer(domain()?.artworks.show_page(viewer, id, sort, start).await)?;
    // Only the author needs the Markdown source; other viewers get the rendered text.
    view.artwork
        .critiques
        .iter_mut()
        .filter(|critique| !critique.editable)
        .for_each(|critique| critique.body.clear());
    Ok(work_page(view))
}

/// An artwork, for its edit form.
///
/// # Errors
/// [`shared::Kind::NotFound`].
#[cfg(feature = "ssr")]
pub async fn artwork(id: ArtworkId) -> Result<Artwork, Failure> {
    answer(
        domain()?
            .artworks
            .show(reader().map(|actor| actor.id), id)
            .await,
    )
}

/// Changes an artwork's title and description. Refused if the artwork is no longer at `version`.
#[server(endpoint = "edit_artwork", output = Answer)]
pub async fn edit_artwork(
    id: ArtworkId,
    title: String,
    #[server(default)] description: String,
    #[server(default)] version: Option<i64>,
) -> Result<(), Failure> {
    let (domain, actor) = (domain()?, actor()?);
    let words = answer(Words::parse(&title, &description))?;
    answer(
        domain
            .artworks
            .edit(&actor, id, &words.into(), version)
            .await,
    )?;
    go(&paths::artwork(id));
    Ok(())
}

/// Deletes an artwork. Idempotent.
#[server(endpoint = "delete_artwork", output = Answer)]
pub async fn delete_artwork(id: ArtworkId) -> Result<(), Failure> {
    let (domain, actor) = (domain()?, actor()?);
    answer(unless_gone(
        domain.artworks.delete(&actor, id).await,
        Some(()),
    ))?;
    go(&paths::person(&actor.handle));
    Ok(())
}
