use leptos::{prelude::*, server_fn::codec::GetUrl};
#[cfg(feature = "ssr")]
use shared::paths;
use shared::{ArtworkId, CritiqueId};

use crate::{
    Failure,
    json::Answer,
    sent::{Listing, WorkPage},
};
#[cfg(feature = "ssr")]
use {
    super::{domain, go, reader, unless_gone, viewer},
    crate::{failure::answer, pages},
    domain::{
        artworks::Words,
        critiques::{ListCursor, Start},
    },
    shared::dto::{Artwork, CritiqueSort},
};

/// Artworks per page of a list.
#[cfg(feature = "ssr")]
const PAGE_SIZE: u64 = 24;

/// A page of the gallery or of a person's artworks, newest first.
#[server(endpoint = "list_artworks", input = GetUrl, output = Answer)]
pub async fn list_artworks(
    handle: Option<String>,
    before: Option<ArtworkId>,
) -> Result<Listing, Failure> {
    let (domain, viewer) = (domain()?, reader());
    Ok(match handle {
        Some(handle) => {
            let viewer = viewer.map(|viewer| viewer.id);
            pages::profile(answer(
                domain
                    .artworks
                    .profile(viewer, &handle, before, PAGE_SIZE)
                    .await,
            )?)
        }
        None => {
            let works = answer(domain.artworks.page(None, before, PAGE_SIZE).await)?;
            pages::gallery(works, before.is_none(), viewer.is_none())
        }
    })
}

/// An artwork with a page of its critiques: the page with `critique` if given, else the page after
/// the cursor `before`, else the first.
#[server(endpoint = "show_artwork", input = GetUrl, output = Answer)]
pub async fn show_artwork(
    id: ArtworkId,
    #[server(default)] sort: String,
    #[server(default)] before: String,
    critique: Option<CritiqueId>,
) -> Result<WorkPage, Failure> {
    let viewer = reader().map(|viewer| viewer.id);
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
    Ok(pages::work_page(view))
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
            .show(reader().map(|viewer| viewer.id), id)
            .await,
    )
}

/// Follows or unfollows an artist. Returns the artist's number of followers.
#[server(endpoint = "follow", output = Answer)]
pub async fn follow(handle: String, follow: bool) -> Result<i64, Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    let followers = answer(domain.follows.set(viewer.id, &handle, follow).await)?;
    go(&paths::person(&handle.to_lowercase()));
    Ok(followers)
}

/// Changes an artwork's title and description. Refused if the artwork is no longer at `version`.
#[server(endpoint = "edit_artwork", output = Answer)]
pub async fn edit_artwork(
    id: ArtworkId,
    title: String,
    #[server(default)] description: String,
    #[server(default)] version: Option<i64>,
) -> Result<(), Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    let words = answer(Words::parse(&title, &description))?;
    answer(
        domain
            .artworks
            .edit(viewer.id, id, &words.into(), version)
            .await,
    )?;
    go(&paths::artwork(id));
    Ok(())
}

/// Deletes an artwork. Idempotent.
#[server(endpoint = "delete_artwork", output = Answer)]
pub async fn delete_artwork(id: ArtworkId) -> Result<(), Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    answer(unless_gone(
        domain.artworks.delete(viewer.id, id).await,
        Some(()),
    ))?;
    go(&paths::person(&viewer.handle));
    Ok(())
}
