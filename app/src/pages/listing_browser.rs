//! What the gallery does in the browser: it goes on by itself, and whoever comes back finds it as
//! they left it.

use std::cell::{Cell, RefCell};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

use super::listing::{END, WORKS};
use crate::{actions::list_artworks, dom::by_id};

/// Loads the next stretch when the end of the list comes near the window. A failure leaves the link
/// to be used.
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
                let _ = status.try_set(format!("{} more works", stretch.count));
                if let Some(works) = by_id::<Element>(WORKS) {
                    let _ = works.insert_adjacent_html("beforeend", &stretch.works.content(WORKS));
                }
            }
            let _ = loading.try_set_value(false);
        });
    };
    Effect::new(move |_| {
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
        let held = StoredValue::new_local((observer, seen));
        on_cleanup(move || {
            let _ = held.try_update_value(|(observer, _)| observer.disconnect());
        });
    });
}

/// A list as it was left.
struct Left {
    works: String,
    next: Option<String>,
    scroll: f64,
}

thread_local! {
    /// Where the list that is shown goes on.
    static SHOWN: Cell<Option<RwSignal<Option<String>>>> = const { Cell::new(None) };
    static LEFT: RefCell<Option<Left>> = const { RefCell::new(None) };
    static WENT_BACK_AT: Cell<f64> = const { Cell::new(f64::NEG_INFINITY) };
}

/// A page shown this soon after the browser's own button was pressed, in milliseconds, is the one
/// it leads to.
const AT_ONCE: f64 = 500.0;

/// Keeps the gallery at every click on a link, which may lead away from it, and notes when the
/// browser's own buttons are used. Once, before the router begins to listen.
pub fn remember() {
    let _clicks = window_event_listener_untyped("click", |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let on_link = target.is_some_and(|target| target.closest("a").ok().flatten().is_some());
        if on_link && window().location().pathname().is_ok_and(|path| path == "/") {
            leave();
        }
    });
    let _back =
        window_event_listener_untyped("popstate", |_| WENT_BACK_AT.set(js_sys::Date::now()));
}

fn leave() {
    let next = SHOWN.get().and_then(|next| next.try_get_untracked());
    if let (Some(works), Some(next)) = (by_id::<Element>(WORKS), next) {
        LEFT.set(Some(Left {
            works: works.inner_html(),
            next,
            scroll: window().scroll_y().unwrap_or(0.0),
        }));
    }
}

/// Takes note of the gallery that is shown, and gives its works: for one who comes back, those it
/// was left with, at the place where they left it.
pub fn shown(works: String, next: RwSignal<Option<String>>) -> String {
    SHOWN.set(Some(next));
    let comes_back = js_sys::Date::now() - WENT_BACK_AT.get() < AT_ONCE;
    match LEFT.take().filter(|_| comes_back) {
        Some(left) => {
            next.set(left.next);
            // Once the list stands there.
            request_animation_frame(move || window().scroll_to_with_x_and_y(0.0, left.scroll));
            left.works
        }
        None => works,
    }
}
