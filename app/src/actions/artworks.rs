use leptos::{prelude::*, server_fn::codec::GetUrl};
use shared::{
    ArtworkId,
    dto::{Artwork, ArtworkCard, Page, Profile},
};

use crate::{Failure, json::Answer};
#[cfg(feature = "ssr")]
use {
    super::{domain, go, reader, viewer},
    crate::failure::answer,
    domain::artworks::Words,
};

/// Works on one page of a list.
#[cfg(feature = "ssr")]
const PAGE: u64 = 24;

/// A stretch of the gallery, newest first.
#[server(endpoint = "list_artworks", input = GetUrl, output = Answer)]
pub async fn list_artworks(before: Option<ArtworkId>) -> Result<Page<ArtworkCard>, Failure> {
    answer(domain()?.artworks.page(None, before, PAGE).await)
}

/// A work with its critiques.
#[server(endpoint = "show_artwork", input = GetUrl, output = Answer)]
pub async fn show_artwork(id: ArtworkId) -> Result<Artwork, Failure> {
    let viewer = reader().map(|viewer| viewer.id);
    let mut artwork = answer(domain()?.artworks.show(viewer, id).await)?;
    // What others typed is shown as rendered; only who may edit it needs it as it was.
    artwork.critiques.iter_mut().filter(|critique| !critique.editable).for_each(|critique| critique.body.clear());
    Ok(artwork)
}

/// A person's page.
#[server(endpoint = "show_profile", input = GetUrl, output = Answer)]
pub async fn show_profile(handle: String, before: Option<ArtworkId>) -> Result<Profile, Failure> {
    let viewer = reader().map(|viewer| viewer.id);
    answer(domain()?.artworks.profile(viewer, &handle, before, PAGE).await)
}

/// Begins or ceases to follow an artist. Gives the number of their followers.
#[server(endpoint = "follow", output = Answer)]
pub async fn follow(handle: String, follow: bool) -> Result<i64, Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    let followers = answer(domain.follows.set(viewer.id, &handle, follow).await)?;
    go(&format!("/@{}", handle.to_lowercase()));
    Ok(followers)
}

/// Changes a work's words.
#[server(endpoint = "edit_artwork", output = Answer)]
pub async fn edit_artwork(id: ArtworkId, title: String, #[server(default)] description: String) -> Result<(), Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    let words = answer(Words::parse(&title, &description))?;
    answer(domain.artworks.edit(viewer.id, id, &words).await)?;
    go(&format!("/artworks/{id}"));
    Ok(())
}

/// Deletes a work.
#[server(endpoint = "delete_artwork", output = Answer)]
pub async fn delete_artwork(id: ArtworkId) -> Result<(), Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    answer(domain.artworks.delete(viewer.id, id).await)?;
    go(&format!("/@{}", viewer.handle));
    Ok(())
}
