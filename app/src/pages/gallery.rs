use leptos::prelude::*;
use shared::dto::{ArtworkCard, Page};

use crate::{
    Failure,
    actions::list_artworks,
    parts::{ArtworkGrid, PageTitle, Problem},
};

/// `/`: works, newest first.
#[component]
pub fn Gallery() -> impl IntoView {
    let before = super::before();
    let works = Resource::new(move || before.get(), list_artworks);
    let newcomer = crate::boot::current().viewer.is_none();
    #[cfg(feature = "hydrate")]
    let back = place::comes_back();
    #[cfg(not(feature = "hydrate"))]
    let back = false;
    view! {
        <PageTitle text="ArtCritique"/>
        {newcomer.then(|| view! {
            <section class="hero">
                <h1>"Show work. "<br/>"Get critique worth having."</h1>
                <p>"Post a piece, say what you want looked at, and hear the moment somebody answers."</p>
            </section>
        })}
        {(!newcomer).then(|| view! { <h1 class="visually-hidden">"Gallery"</h1> })}
        <h2 class:visually-hidden=!newcomer>"Newest work"</h2>
        <Suspense fallback=Skeleton>
            {move || Suspend::new(async move {
                match works.await {
                    Ok(page) if page.items.is_empty() && before.get_untracked().is_none() => view! { <Empty/> }.into_any(),
                    Ok(page) => view! { <EndlessGrid page path="/" back/> }.into_any(),
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <section class="empty">
            <h2>"The walls are still bare"</h2>
            <p>"Be the first to hang something."</p>
            <a class="button" href="/artworks/new">"Post a work"</a>
        </section>
    }
}

/// Grey frames in the shape of what is coming.
#[component]
pub fn Skeleton() -> impl IntoView {
    let frames = (0..8).map(|_| view! { <li class="card"><span class="art skeleton"></span></li> }).collect_view();
    view! { <ul class="grid" aria-hidden="true">{frames}</ul> }
}

/// A list that goes on: by a link, and by itself when its end comes into view.
#[component]
pub fn EndlessGrid(
    page: Page<ArtworkCard>,
    path: &'static str,
    /// Whether somebody comes back to a list that they left, and to the place they left it at.
    #[prop(optional)]
    back: bool,
) -> impl IntoView {
    let (next, more) = (RwSignal::new(page.next), RwSignal::new(Vec::<Page<ArtworkCard>>::new()));
    #[cfg(feature = "hydrate")]
    let first = if path == "/" { place::show(back, page.items, more, next) } else { page.items };
    #[cfg(not(feature = "hydrate"))]
    let (first, _) = (page.items, back);
    let status = RwSignal::new(String::new());
    let sentinel = NodeRef::<leptos::html::P>::new();
    #[cfg(feature = "hydrate")]
    if path == "/" {
        endless::watch(sentinel, next, more, status);
    }
    view! {
        <ArtworkGrid cards=first first=true/>
        <For each=move || more.get().into_iter().enumerate() key=|(n, _)| *n let:entry>
            <ArtworkGrid cards=entry.1.items/>
        </For>
        <p class="more" node_ref=sentinel>
            {move || next.get().map(|next| view! { <a class="quiet button" href=format!("{path}?before={next}")>"Older work"</a> })}
        </p>
        <p class="visually-hidden" role="status" inner_html=status></p>
    }
}

#[cfg(feature = "hydrate")]
mod endless {
    use leptos::{html, prelude::*, task::spawn_local};
    use shared::dto::{ArtworkCard, Page};
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

    use crate::actions::list_artworks;

    /// Loads the next stretch when the end of the list comes near the window. A failure leaves the link to be used.
    pub fn watch(
        sentinel: NodeRef<html::P>,
        next: RwSignal<Option<String>>,
        more: RwSignal<Vec<Page<ArtworkCard>>>,
        status: RwSignal<String>,
    ) {
        let loading = StoredValue::new(false);
        let load = move || {
            let Some(before) = next.get_untracked().and_then(|next| next.parse().ok()) else { return };
            if loading.get_value() {
                return;
            }
            loading.set_value(true);
            spawn_local(async move {
                if let Ok(page) = list_artworks(Some(before)).await {
                    let _ = status.try_set(format!("{} more works", page.items.len()));
                    let _ = next.try_set(page.next.clone());
                    let _ = more.try_update(|pages| pages.push(page));
                }
                let _ = loading.try_set_value(false);
            });
        };
        Effect::new(move |_| {
            let Some(sentinel) = sentinel.get() else { return };
            let seen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
                let near = entries.iter().any(|entry| entry.unchecked_into::<IntersectionObserverEntry>().is_intersecting());
                if near {
                    load();
                }
            });
            let options = IntersectionObserverInit::new();
            options.set_root_margin("600px");
            let Ok(observer) = IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options) else { return };
            observer.observe(&sentinel);
            let held = StoredValue::new_local((observer, seen));
            on_cleanup(move || {
                let _ = held.try_update_value(|(observer, _)| observer.disconnect());
            });
        });
    }
}

#[cfg(feature = "hydrate")]
pub mod place {
    use std::cell::{Cell, RefCell};

    use leptos::prelude::*;
    use shared::dto::{ArtworkCard, Page};

    /// The list that is shown.
    struct List {
        first: Vec<ArtworkCard>,
        more: RwSignal<Vec<Page<ArtworkCard>>>,
        next: RwSignal<Option<String>>,
    }

    /// A list as it was left.
    struct Left {
        first: Vec<ArtworkCard>,
        more: Vec<Page<ArtworkCard>>,
        next: Option<String>,
        scroll: f64,
    }

    thread_local! {
        static SHOWN: RefCell<Option<List>> = const { RefCell::new(None) };
        static LEFT: RefCell<Option<Left>> = const { RefCell::new(None) };
        static WENT_BACK_AT: Cell<f64> = const { Cell::new(f64::NEG_INFINITY) };
    }

    /// A page shown this soon after the browser's own button was pressed, in milliseconds, is the one it leads to.
    const AT_ONCE: f64 = 500.0;

    /// Keeps the gallery at every click, which may lead away from it, and notes when the browser's own buttons are used. Once, before
    /// the router begins to listen.
    pub fn remember() {
        let _clicks = window_event_listener_untyped("click", |_| {
            if window().location().pathname().is_ok_and(|path| path == "/")
                && let Some(left) = SHOWN.with_borrow(|list| list.as_ref().and_then(List::left))
            {
                LEFT.set(Some(left));
            }
        });
        let _back = window_event_listener_untyped("popstate", |_| WENT_BACK_AT.set(js_sys::Date::now()));
    }

    impl List {
        fn left(&self) -> Option<Left> {
            let (more, next) = (self.more.try_get_untracked()?, self.next.try_get_untracked()?);
            Some(Left { first: self.first.clone(), more, next, scroll: window().scroll_y().unwrap_or(0.0) })
        }
    }

    /// Whether the page that is being shown is one that somebody comes back to.
    pub fn comes_back() -> bool {
        js_sys::Date::now() - WENT_BACK_AT.get() < AT_ONCE
    }

    /// Takes note of the list that is shown, and gives its first works: for one who comes back those it was left with, and the rest.
    pub fn show(
        back: bool,
        first: Vec<ArtworkCard>,
        more: RwSignal<Vec<Page<ArtworkCard>>>,
        next: RwSignal<Option<String>>,
    ) -> Vec<ArtworkCard> {
        let first = match LEFT.take().filter(|_| back) {
            Some(left) => {
                more.set(left.more);
                next.set(left.next);
                // Once the list stands there.
                request_animation_frame(move || window().scroll_to_with_x_and_y(0.0, left.scroll));
                left.first
            }
            None => first,
        };
        SHOWN.set(Some(List { first: first.clone(), more, next }));
        first
    }
}
