use leptos::{prelude::*, server_fn::codec::GetUrl};
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

/// Works on one page of a list.
#[cfg(feature = "ssr")]
const PAGE: u64 = 24;

/// A stretch of the gallery or of a person's works, newest first.
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
                domain.artworks.profile(viewer, &handle, before, PAGE).await,
            )?)
        }
        None => {
            let works = answer(domain.artworks.page(None, before, PAGE).await)?;
            pages::gallery(works, before.is_none(), viewer.is_none())
        }
    })
}

/// A work with a page of its critiques: the one with the critique that is named, the one after
/// `before`, or the first.
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
    // What others typed is shown as rendered; only who may edit it needs it as it was.
    view.artwork
        .critiques
        .iter_mut()
        .filter(|critique| !critique.editable)
        .for_each(|critique| critique.body.clear());
    Ok(pages::work_page(view))
}

/// A work, for the form that edits it.
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

/// Begins or ceases to follow an artist. Gives the number of their followers.
#[server(endpoint = "follow", output = Answer)]
pub async fn follow(handle: String, follow: bool) -> Result<i64, Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    let followers = answer(domain.follows.set(viewer.id, &handle, follow).await)?;
    go(&format!("/@{}", handle.to_lowercase()));
    Ok(followers)
}

/// Changes a work's words. Refused if another edit of the `version` that is named came first.
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
    go(&format!("/artworks/{id}"));
    Ok(())
}

/// Deletes a work. One that is gone already is as it should be.
#[server(endpoint = "delete_artwork", output = Answer)]
pub async fn delete_artwork(id: ArtworkId) -> Result<(), Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    answer(unless_gone(
        domain.artworks.delete(viewer.id, id).await,
        Some(()),
    ))?;
    go(&format!("/@{}", viewer.handle));
    Ok(())
}
