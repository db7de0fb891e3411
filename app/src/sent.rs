//! The data that the server sends for a page: structured data for interactive content, markup for
//! static content. The WASM needs no code to render the latter.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
#[cfg(feature = "ssr")]
use shared::paths;
use shared::{
    ArtworkId, CritiqueId, Timestamp,
    dto::{Critique, CritiqueSort, Person},
};

#[cfg(feature = "ssr")]
use crate::ui::About;

/// The class of elements whose content is [`ServerHtml`]. Each has an id.
pub const AS_SENT: &str = "as-sent";

/// Server-rendered markup.
///
/// On page load it is sent once, as part of the page, and hydration leaves it in place. In an
/// answer to a server function it is sent as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServerHtml {
    html: String,
    in_page: bool,
}

impl Serialize for ServerHtml {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Empty text stands for markup within the page; no markup is a space.
        serializer.serialize_str(match (self.in_page, self.html.is_empty()) {
            (true, _) => "",
            (false, true) => " ",
            (false, false) => &self.html,
        })
    }
}

impl<'de> Deserialize<'de> for ServerHtml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|html| Self {
            html,
            in_page: false,
        })
    }
}

#[cfg(feature = "ssr")]
impl ServerHtml {
    /// Markup for the response to this request.
    pub fn new(html: String) -> Self {
        use axum::http::request::Parts;
        use leptos::prelude::with_context;

        let is_server_function_call =
            with_context::<Parts, _>(|parts| parts.uri.path().starts_with(paths::actions::PREFIX));
        Self {
            html,
            in_page: !is_server_function_call.unwrap_or(false),
        }
    }
}

impl ServerHtml {
    /// The content for the element with this id. On hydration the markup is already in the element;
    /// on a re-render it is the markup kept from that element.
    pub fn content(self, id: &str) -> String {
        #[cfg(feature = "hydrate")]
        if self.html.is_empty() {
            return kept::take(id);
        }
        let _ = id;
        self.html
    }
}

/// Markup kept from elements of a page that is re-rendered.
#[cfg(feature = "hydrate")]
pub mod kept {
    use std::cell::RefCell;

    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    use super::AS_SENT;

    thread_local! {
        /// Pairs of element id and markup.
        static KEPT: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
    }

    /// Keeps the server-rendered markup of an element before its content is removed.
    pub fn keep(place: &HtmlElement) {
        let Ok(found) = place.query_selector_all(&format!(".{AS_SENT}[id]")) else {
            return;
        };
        let elements =
            (0..found.length()).filter_map(|n| found.item(n)?.dyn_into::<Element>().ok());
        KEPT.set(
            elements
                .map(|element| (element.id(), element.inner_html()))
                .collect(),
        );
    }

    /// Takes the markup kept for the element with this id.
    pub fn take(id: &str) -> String {
        KEPT.with_borrow_mut(|kept| {
            let at = kept.iter().position(|(of, _)| of == id);
            at.map_or_else(String::new, |at| kept.swap_remove(at).1)
        })
    }
}

/// A list of artworks: the gallery, or a person's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The page's title.
    pub title: String,
    /// The markup above the artworks.
    pub head: ServerHtml,
    /// The artworks, as list items.
    pub works: ServerHtml,
    /// The number of artworks.
    pub count: usize,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// The page's metadata.
    #[cfg(feature = "ssr")]
    #[serde(skip)]
    pub about: About,
}

/// An artwork with one page of its critiques.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkPage {
    /// The artwork's id.
    pub id: ArtworkId,
    /// Its title.
    pub title: String,
    /// The artist.
    pub artist: Person,
    /// The time of posting.
    pub created_at: Timestamp,
    /// The picture, linked to the full-size image.
    pub figure: ServerHtml,
    /// The description, as sanitized HTML.
    pub description_html: String,
    /// Increases with each edit of the title or description.
    pub version: i64,
    /// Increases with each change to the artwork or its critiques.
    pub seq: i64,
    /// Whether the viewer may edit and delete it.
    pub editable: bool,
    /// The artwork's number of critiques.
    pub critique_count: i64,
    /// This page's critiques, in the order of `sort`.
    pub critiques: Vec<Critique>,
    /// The cursor of the next page of critiques, for `before`.
    pub critiques_next: Option<String>,
    /// The order of the critiques.
    pub sort: CritiqueSort,
    /// Whether this is the first page in that order.
    pub first: bool,
    /// The artwork's newest critique, on any page.
    pub newest: Option<CritiqueId>,
    /// Whether the requested critique does not exist on this artwork.
    pub missing: bool,
    /// The page's metadata.
    #[cfg(feature = "ssr")]
    #[serde(skip)]
    pub about: About,
}
