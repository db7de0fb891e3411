//! Paths of pages on the site.

use crate::{ArtworkId, CritiqueId};

/// The path of an artwork's page.
pub fn artwork(id: ArtworkId) -> String {
    format!("/artworks/{id}")
}

/// The path of a critique on its artwork's page. Browsers don't send the fragment to the server, so
/// if the critique may be beyond the first page of critiques (`further_on`), the query names it
/// too.
pub fn critique(artwork: ArtworkId, id: CritiqueId, further_on: bool) -> String {
    let query = if further_on {
        format!("?critique={id}")
    } else {
        String::new()
    };
    format!("/artworks/{artwork}{query}#critique-{id}")
}
