//! The state of the critiques on a page: those shown, new ones, and the cursor of the next page.

use leptos::prelude::*;
use shared::{
    ArtworkId, CritiqueId,
    dto::{Critique, CritiqueSort},
};

#[cfg(feature = "hydrate")]
use crate::critique::state_browser::Live;
use crate::{i18n::locale, sent::WorkPage, ui::markup};

/// A critique on the page; its text is updated in place.
#[derive(Clone)]
pub struct Entry {
    /// The critique's id; negative while the critique is being sent.
    pub id: CritiqueId,
    /// The critique itself.
    pub critique: ArcRwSignal<Critique>,
    /// Whether it was deleted since it was shown.
    pub gone: ArcRwSignal<bool>,
}

impl Entry {
    /// An entry for a critique that exists.
    pub fn new(critique: Critique) -> Self {
        Self {
            id: critique.id,
            critique: ArcRwSignal::new(critique),
            gone: ArcRwSignal::new(false),
        }
    }
}

/// The state of the list of critiques.
#[derive(Clone, Copy)]
pub struct Critiques {
    /// The artwork's id.
    pub artwork: ArtworkId,
    /// The critiques shown, in the page's order.
    pub list: RwSignal<Vec<Entry>>,
    /// The artwork's number of critiques.
    pub count: RwSignal<i64>,
    /// New critiques that are not shown yet.
    pub fresh: RwSignal<Vec<CritiqueId>>,
    /// The cursor of the next page.
    pub next: RwSignal<Option<String>>,
    /// A message above the list.
    pub notice: RwSignal<String>,
    /// The latest known version of the artwork's title and description.
    #[cfg(feature = "hydrate")]
    pub work_version: RwSignal<i64>,
    /// Whether the list starts at the newest critique, so that new ones belong at its top.
    pub from_newest: RwSignal<bool>,
    #[cfg(feature = "hydrate")]
    pub(super) live: StoredValue<Live>,
}

impl Critiques {
    /// The state of the list as the server sent it.
    pub fn new(page: &WorkPage) -> Self {
        Self {
            artwork: page.id,
            list: RwSignal::new(page.critiques.iter().cloned().map(Entry::new).collect()),
            count: RwSignal::new(page.critique_count),
            fresh: RwSignal::new(Vec::new()),
            next: RwSignal::new(page.critiques_next.clone()),
            notice: RwSignal::new(if page.missing {
                markup(&locale().critique_missing())
            } else {
                String::new()
            }),
            #[cfg(feature = "hydrate")]
            work_version: RwSignal::new(page.version),
            from_newest: RwSignal::new(page.first && page.sort == CritiqueSort::Newest),
            #[cfg(feature = "hydrate")]
            live: StoredValue::new(Live::new(page)),
        }
    }

    /// Inserts a critique before the first older one, unless it is already there.
    #[cfg(feature = "hydrate")]
    pub fn put(self, critique: Critique) {
        self.list.update(|list| {
            if list.iter().all(|known| known.id != critique.id) {
                // Critiques being sent come first.
                let older = |known: &Entry| known.id.0 >= 0 && known.id < critique.id;
                let place = list.iter().position(older).unwrap_or(list.len());
                list.insert(place, Entry::new(critique));
            }
        });
    }
}
