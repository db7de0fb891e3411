use leptos::{prelude::*, server_fn::codec::GetUrl};
use shared::ArtworkId;

use crate::{Failure, json::Answer, sent::Listing};
#[cfg(feature = "ssr")]
use crate::{failure::answer, gallery::gallery};
#[cfg(feature = "ssr")]
use crate::{
    people::profile,
    request::{domain, reader},
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
            profile(answer(
                domain
                    .artworks
                    .profile(viewer, &handle, before, PAGE_SIZE)
                    .await,
            )?)
        }
        None => {
            let works = answer(domain.artworks.page(None, before, PAGE_SIZE).await)?;
            gallery(works, before.is_none(), viewer.is_none())
        }
    })
}
