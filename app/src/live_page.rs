//! Interactive pages: fetching their data and rendering it. All of them share one code path, since
//! each one more would enlarge the WASM.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map, use_query_map};
use serde::{Deserialize, Serialize};
use shared::{ArtworkId, CritiqueId, Thing, paths};

use crate::{
    Failure,
    artwork::{actions::show_artwork, page::Work},
    gallery::{actions::list_artworks, listing::List},
    json::JsonText,
    sent::{Listing, WorkPage},
    ui::{Erase, Problem, not_found},
};

/// `/artworks/{id}`: an artwork and its critiques.
#[component]
pub fn ArtworkPage() -> impl IntoView {
    let query = use_query_map();
    live_page(move || {
        let query = query.read();
        let of = |name| query.get(name).unwrap_or_default();
        let critique = of("critique").parse().ok().or_else(critique_in_fragment);
        let id = crate::address::param::<ArtworkId>("id");
        id.map_or(Asked::Nothing(Thing::Artwork), |id| Asked::Work {
            id,
            sort: of("sort"),
            before: of("before"),
            critique,
        })
    })
}

/// The critique in the address's fragment; fragments are visible only in the browser.
fn critique_in_fragment() -> Option<CritiqueId> {
    paths::critique_in_fragment(&use_location().hash.read_untracked())
}

/// `/`, the gallery, and `/@{handle}`, a person and their artworks. Any other single path segment
/// is not found.
#[component]
pub fn ListPage() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::gallery::begin();
    let (params, before) = (use_params_map(), crate::address::before());
    live_page(move || {
        let (word, before) = (params.read().get("handle"), before.get());
        match word.as_deref().map(|word| word.strip_prefix('@')) {
            Some(None) => Asked::Nothing(Thing::Page),
            handle => Asked::List {
                handle: handle.flatten().map(str::to_owned),
                before,
            },
        }
    })
}

/// The data that an address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    /// The gallery, or a person's page.
    List {
        handle: Option<String>,
        before: Option<ArtworkId>,
    },
    /// An artwork with a page of its critiques.
    Work {
        id: ArtworkId,
        sort: String,
        before: String,
        critique: Option<CritiqueId>,
    },
    /// The address matches no object of this kind.
    Nothing(Thing),
}

/// The data that the server sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Sent {
    List(Box<Listing>),
    Work(Box<WorkPage>),
    Nothing,
}

async fn ask(asked: Asked) -> Result<Sent, Failure> {
    match asked {
        Asked::List { handle, before } => list_artworks(handle, before)
            .await
            .map(|listing| Sent::List(listing.into())),
        Asked::Work {
            id,
            sort,
            before,
            critique,
        } => show_artwork(id, sort, before, critique)
            .await
            .map(|page| Sent::Work(page.into())),
        Asked::Nothing(_) => Ok(Sent::Nothing),
    }
}

/// The page for an address, which may change while the page is shown.
fn live_page(asked: impl Fn() -> Asked + Send + Sync + 'static) -> AnyView {
    page_for(Box::new(asked))
}

/// Not generic, since each copy of this function and of its closures would enlarge the WASM.
fn page_for(asked: Box<dyn Fn() -> Asked + Send + Sync>) -> AnyView {
    let asked = Memo::new(move |_| asked());
    let sent = Resource::<_, JsonText>::new_with_options(move || asked.get(), ask, false);
    view! {
        <Suspense fallback=move || skeleton(&asked.read_untracked())>
            {move || Suspend::new(async move {
                match (sent.await, asked.get_untracked()) {
                    (Ok(Sent::List(listing)), of) => {
                        let gallery = matches!(of, Asked::List { handle: None, .. });
                        view! { <List listing=*listing gallery/> }.erase()
                    }
                    (Ok(Sent::Work(page)), _) => view! { <Work page=*page/> }.erase(),
                    (Ok(Sent::Nothing), Asked::Nothing(what)) => not_found(what).into_any(),
                    (Ok(Sent::Nothing), _) => not_found(Thing::Page).into_any(),
                    (Err(Failure(error)), _) => view! { <Problem error/> }.erase(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// Grey boxes in the layout of the page to come.
fn skeleton(asked: &Asked) -> AnyView {
    let frame = |class: &'static str| view! { <span class=class></span> }.erase();
    match asked {
        Asked::Work { .. } => {
            view! { <div class="artwork">{frame("art skeleton tall")}</div> }.erase()
        }
        _ => {
            let frames = (0..8)
                .map(|_| view! { <li class="card">{frame("art skeleton")}</li> }.erase())
                .collect_view();
            view! { <ul class="grid" aria-hidden="true">{frames}</ul> }.erase()
        }
    }
}
