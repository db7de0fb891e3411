//! A work's critiques on its page: in which order, those that are shown, those that arrived since,
//! and where the list goes on.

use leptos::prelude::*;
use shared::{
    ArtworkId, CritiqueId,
    dto::{Critique, CritiqueSort},
};

use super::critique::CritiqueArticle;
#[cfg(feature = "hydrate")]
use super::critiques_browser::{Live, keep_up, older, show_fresh};
use crate::{
    parts::{Erase, each, plural},
    sent::WorkPage,
};

/// Said where a link leads to a critique that the work does not have.
pub const MISSING: &str = "The critique that this link leads to is no longer here.";

/// A critique on the page. What it says is kept up to date in place.
#[derive(Clone)]
pub struct Entry {
    /// The critique's id; negative while the critique is still being sent.
    pub id: CritiqueId,
    /// What it says.
    pub critique: ArcRwSignal<Critique>,
    /// Whether it was deleted while it stood here.
    pub gone: ArcRwSignal<bool>,
}

impl Entry {
    /// A critique as it was read.
    pub fn new(critique: Critique) -> Self {
        Self {
            id: critique.id,
            critique: ArcRwSignal::new(critique),
            gone: ArcRwSignal::new(false),
        }
    }
}

/// The critiques on the page.
#[derive(Clone, Copy)]
pub struct Critiques {
    /// The work they are of.
    pub artwork: ArtworkId,
    /// Those that are shown, in the page's order.
    pub list: RwSignal<Vec<Entry>>,
    /// How many the work has.
    pub count: RwSignal<i64>,
    /// Those that arrived since and are not shown yet.
    pub fresh: RwSignal<Vec<CritiqueId>>,
    /// Where the list goes on.
    pub next: RwSignal<Option<String>>,
    /// What is to be said above the list.
    pub notice: RwSignal<String>,
    /// The version of the work's own words, as far as is known.
    #[cfg(feature = "hydrate")]
    pub work_version: RwSignal<i64>,
    /// Whether the list begins with the newest of all, so that new ones belong at its top.
    pub from_newest: RwSignal<bool>,
    #[cfg(feature = "hydrate")]
    pub(super) live: StoredValue<Live>,
}

impl Critiques {
    /// What the page came with; the work's own words are of no concern here.
    pub fn new(page: &WorkPage) -> Self {
        Self {
            artwork: page.id,
            list: RwSignal::new(page.critiques.iter().cloned().map(Entry::new).collect()),
            count: RwSignal::new(page.critique_count),
            fresh: RwSignal::new(Vec::new()),
            next: RwSignal::new(page.critiques_next.clone()),
            notice: RwSignal::new(if page.missing {
                MISSING.to_owned()
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

    /// Puts a critique where it belongs in a list that begins with the newest, unless it is there.
    #[cfg(feature = "hydrate")]
    pub fn put(self, critique: Critique) {
        self.list.update(|list| {
            if list.iter().all(|known| known.id != critique.id) {
                // Those on their way stand first.
                let place = list.partition_point(|known| known.id.0 < 0 || known.id > critique.id);
                list.insert(place, Entry::new(critique));
            }
        });
    }
}

/// The heading, with the orders that the list can be read in.
#[component]
pub fn CritiquesHead(critiques: Critiques, sort: CritiqueSort) -> impl IntoView {
    let Critiques {
        artwork,
        count,
        from_newest,
        ..
    } = critiques;
    let (newest, helpful) = (
        format!("/artworks/{artwork}#critiques"),
        format!("/artworks/{artwork}?sort=helpful#critiques"),
    );
    let by_helpful = sort == CritiqueSort::Helpful;
    let current = |is: bool| if is { "page" } else { "false" };
    let several = Memo::new(move |_| count.get() > 1);
    view! {
        <h2 id="critiques-title" tabindex="-1" inner_html=move || match count.get() {
            0 => "No critiques yet".to_owned(),
            n => plural(n, "critique"),
        }></h2>
        {move || several.get().then(|| view! {
            <nav class="tabs" aria-label="Order of the critiques">
                <a href=newest.clone() rel="external" aria-current=move || current(from_newest.get())>"Newest"</a>
                <a href=helpful.clone() rel="external" aria-current=current(by_helpful)>"Most helpful"</a>
            </nav>
        }.erase())}
    }
    .erase()
}

/// The list itself.
#[component]
pub fn CritiqueList(critiques: Critiques, sort: CritiqueSort) -> impl IntoView {
    let Critiques {
        artwork,
        list,
        fresh,
        next,
        notice,
        ..
    } = critiques;
    #[cfg(feature = "hydrate")]
    keep_up(critiques);
    let (more, order) = match sort {
        CritiqueSort::Newest => ("Older critiques", ""),
        CritiqueSort::Helpful => ("More critiques", "sort=helpful&"),
    };
    #[cfg(feature = "hydrate")]
    let (load, show) = (older(critiques, sort), show_fresh(critiques));
    #[cfg(not(feature = "hydrate"))]
    let (load, show) = (
        |_: leptos::ev::MouseEvent| {},
        |_: leptos::ev::MouseEvent| {},
    );
    view! {
        <div class="fresh" aria-live="polite">
            {move || Some(fresh.read().len()).filter(|n| *n > 0).map(|n| view! {
                <button type="button" class="button" on:click=show>{plural(i64::try_from(n).unwrap_or(i64::MAX), "new critique")}</button>
            }.erase())}
        </div>
        <p class="notice" aria-live="polite" inner_html=notice></p>
        {each(
            move || list.read().iter().map(|entry| entry.id.0).collect(),
            move |id| {
                let entry = list.with_untracked(|list| list.iter().find(|entry| entry.id.0 == id).cloned());
                entry.map(|entry| view! { <CritiqueArticle entry critiques/> }.erase()).into_any()
            },
        )}
        <p class="more">{move || next.get().map(|next| view! {
            <a class="quiet button" rel="external" href=format!("/artworks/{artwork}?{order}before={next}#critiques") on:click=load>{more}</a>
        }.erase())}</p>
    }.erase()
}
