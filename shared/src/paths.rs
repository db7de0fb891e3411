//! Where things are on the site.

use crate::{ArtworkId, CritiqueId};

/// A work's page.
pub fn artwork(id: ArtworkId) -> String {
    format!("/artworks/{id}")
}

/// A critique on its work's page. A server is not sent the fragment that names it, so where it may
/// be on another page than the first, the query names it too.
pub fn critique(artwork: ArtworkId, id: CritiqueId, further_on: bool) -> String {
    let query = if further_on {
        format!("?critique={id}")
    } else {
        String::new()
    };
    format!("/artworks/{artwork}{query}#critique-{id}")
}
