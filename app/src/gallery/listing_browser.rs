//! The gallery in the browser: infinite scrolling, and restoring the list and scroll position on
//! Back.

use std::cell::{Cell, RefCell};

use leptos::{prelude::*, task::spawn_local};
use shared::paths;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{
    Element, Event, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit,
};

use crate::{
    dom::{by_id, on_window},
    gallery::{
        actions::list_artworks,
        listing::{END, WORKS},
    },
    i18n::{count, locale},
};

/// Loads the next page when the end of the list comes within 600 pixels of the window. On failure
/// the link remains.
pub fn goes_on(next: RwSignal<Option<String>>, status: RwSignal<String>) {
    let loading = StoredValue::new(false);
    let load = move || {
        let Some(before) = next
            .try_get_untracked()
            .flatten()
            .and_then(|next| next.parse().ok())
        else {
            return;
        };
        if loading.try_get_value() != Some(false) {
            return;
        }
        loading.set_value(true);
        spawn_local(async move {
            if let Ok(stretch) = list_artworks(None, Some(before)).await
                && next.try_set(stretch.next).is_none()
            {
                let _ = status.try_set(locale().more_works_loaded(count(stretch.count)));
                if let Some(works) = by_id::<Element>(WORKS) {
                    let _ = works.insert_adjacent_html("beforeend", &stretch.works.content(WORKS));
                }
            }
            let _ = loading.try_set_value(false);
        });
    };
    let held =
        StoredValue::new_local(None::<(IntersectionObserver, Closure<dyn FnMut(js_sys::Array)>)>);
    on_cleanup(move || {
        if let Some((observer, _)) = held.try_update_value(Option::take).flatten() {
            observer.disconnect();
        }
    });
    // In the next frame: after a navigation the list is not in the document yet.
    request_animation_frame(move || {
        let Some(end) = by_id::<Element>(END) else {
            return;
        };
        let seen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let near = entries.iter().any(|entry| {
                entry
                    .unchecked_into::<IntersectionObserverEntry>()
                    .is_intersecting()
            });
            if near {
                load();
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin("600px");
        let Ok(observer) =
            IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options)
        else {
            return;
        };
        observer.observe(&end);
        if let Some(Some((observer, _))) = held.try_set_value(Some((observer, seen))) {
            observer.disconnect();
        }
    });
}

/// The gallery as the user left it.
struct SavedList {
    /// The query of the page's address, which says where the list begins.
    search: String,
    works: String,
    next: Option<String>,
    scroll: f64,
}

thread_local! {
    /// The cursor of the list that is shown.
    static SHOWN_CURSOR: Cell<Option<RwSignal<Option<String>>>> = const { Cell::new(None) };
    static SAVED: RefCell<Option<SavedList>> = const { RefCell::new(None) };
    static WENT_BACK_AT: Cell<f64> = const { Cell::new(f64::NEG_INFINITY) };
    /// Whether the list that is about to be shown was reached by Back or Forward.
    static COMES_BACK: Cell<bool> = const { Cell::new(false) };
}

/// A page begun within this time of a `popstate` event, in milliseconds, was reached by Back or
/// Forward.
const MAX_SINCE_POPSTATE_MS: f64 = 500.0;

/// Saves the gallery on every click on a link, which may navigate away, and records `popstate`
/// events. Call once, before the router starts listening.
pub fn remember() {
    let _clicks = on_window("click", |event: Event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let on_link = target.is_some_and(|target| target.closest("a").ok().flatten().is_some());
        if on_link
            && window()
                .location()
                .pathname()
                .is_ok_and(|path| path == paths::GALLERY)
        {
            save_list();
        }
    });
    let _back = on_window("popstate", |_: Event| {
        WENT_BACK_AT.set(js_sys::Date::now());
    });
}

fn save_list() {
    let next = SHOWN_CURSOR.get().and_then(|next| next.try_get_untracked());
    if let (Some(works), Some(next)) = (by_id::<Element>(WORKS), next) {
        SAVED.set(Some(SavedList {
            search: search(),
            works: works.inner_html(),
            next,
            scroll: window().scroll_y().unwrap_or(0.0),
        }));
    }
}

fn search() -> String {
    window().location().search().unwrap_or_default()
}

/// Notes whether the page that begins was reached by Back or Forward. Its list may take a while.
pub fn begin() {
    COMES_BACK.set(js_sys::Date::now() - WENT_BACK_AT.get() < MAX_SINCE_POPSTATE_MS);
}

/// Registers the gallery that is shown and returns its artworks. After Back or Forward, returns the
/// saved artworks instead and restores the scroll position.
pub fn shown(works: String, next: RwSignal<Option<String>>) -> String {
    SHOWN_CURSOR.set(Some(next));
    let comes_back = COMES_BACK.take();
    let saved = SAVED.take();
    match saved.filter(|saved| comes_back && saved.search == search()) {
        Some(left) => {
            next.set(left.next);
            // Scroll after the list is rendered.
            request_animation_frame(move || window().scroll_to_with_x_and_y(0.0, left.scroll));
            left.works
        }
        None => works,
    }
}
