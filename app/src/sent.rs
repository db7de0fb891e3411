//! What the server sends for a page to show: as data what changes there or is acted on, as markup
//! what the browser only shows. What the browser need not know how to render, it need not load.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use shared::{
    ArtworkId, CritiqueId, Timestamp,
    dto::{Critique, CritiqueSort, Person},
};

#[cfg(feature = "ssr")]
use crate::parts::About;

/// The class of elements whose content is [`ServerHtml`]. They have ids.
pub const AS_SENT: &str = "as-sent";

/// Markup that the server rendered.
///
/// With a page it is sent once, within the page, and the program leaves it as it is. In an answer
/// to the program it travels as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServerHtml {
    html: String,
    in_page: bool,
}

impl Serialize for ServerHtml {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.in_page { "" } else { &self.html })
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
    /// For the answer to this request.
    pub fn new(html: String) -> Self {
        use axum::http::request::Parts;
        use leptos::prelude::with_context;

        let asked_for_by_program =
            with_context::<Parts, _>(|parts| parts.uri.path().starts_with("/actions/"));
        Self {
            html,
            in_page: !asked_for_by_program.unwrap_or(false),
        }
    }
}

impl ServerHtml {
    /// The content of the element with this id. What came with the page stands there already; where
    /// the page is rendered anew, it is what stood there.
    pub fn content(self, id: &str) -> String {
        #[cfg(feature = "hydrate")]
        if self.html.is_empty() {
            return kept::take(id);
        }
        let _ = id;
        self.html
    }
}

/// What stood in elements of a page that is rendered anew.
#[cfg(feature = "hydrate")]
pub mod kept {
    use std::cell::RefCell;

    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    use super::AS_SENT;

    thread_local! {
        /// By the elements' ids.
        static KEPT: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
    }

    /// Keeps the markup that the server sent, before a place is emptied.
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

    /// What was kept for the element with this id.
    pub fn take(id: &str) -> String {
        KEPT.with_borrow_mut(|kept| {
            let at = kept.iter().position(|(of, _)| of == id);
            at.map_or_else(String::new, |at| kept.swap_remove(at).1)
        })
    }
}

/// A list of works: the gallery, or a person's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// What the page is called.
    pub title: String,
    /// What stands above the works.
    pub head: ServerHtml,
    /// The works, each a list item.
    pub works: ServerHtml,
    /// How many they are.
    pub count: usize,
    /// Where the list goes on.
    pub next: Option<String>,
    /// What the page says about itself.
    #[cfg(feature = "ssr")]
    #[serde(skip)]
    pub about: About,
}

/// A work with one page of its critiques.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkPage {
    /// The work's id.
    pub id: ArtworkId,
    /// Its title.
    pub title: String,
    /// Who made it.
    pub artist: Person,
    /// When it was posted.
    pub created_at: Timestamp,
    /// The picture, leading to the whole of it.
    pub figure: ServerHtml,
    /// The artist's words, made safe for a page.
    pub description_html: String,
    /// Grows with each edit of its words.
    pub version: i64,
    /// Grows with each change to the work and its critiques.
    pub seq: i64,
    /// Whether the viewer may edit and delete it.
    pub editable: bool,
    /// How many critiques it has.
    pub critique_count: i64,
    /// Those of this page, in the order of `sort`.
    pub critiques: Vec<Critique>,
    /// Where they go on, to be given as `before`.
    pub critiques_next: Option<String>,
    /// The order of the critiques.
    pub sort: CritiqueSort,
    /// Whether this page is the first of that order.
    pub first: bool,
    /// The newest critique of the work, on this page or another.
    pub newest: Option<CritiqueId>,
    /// Whether a critique was asked for by id that the work does not have.
    pub missing: bool,
    /// What the page says about itself.
    #[cfg(feature = "ssr")]
    #[serde(skip)]
    pub about: About,
}
