//! The list of critiques in the browser: follows changes to the artwork and shows them without
//! moving the text being read.

use leptos::{ev::MouseEvent, prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use shared::{
    CritiqueId,
    dto::{CritiqueSort, Page},
    paths,
};
use web_sys::HtmlElement;

use crate::{
    critique::{
        state::{Critiques, Entry},
        updates::{page, refresh, show_all},
    },
    dom::{by_id, focus_in_place},
    i18n::locale,
    inbox::bell::driver::watching,
    ui::markup,
};

/// Keeps the list up to date, and scrolls to the critique in the address's fragment.
pub fn keep_up(critiques: Critiques) {
    Effect::new(move |_| watching::watch(critiques.artwork, move || refresh(critiques)));
    let hash = use_location().hash;
    Effect::new(move |_| {
        hash.track();
        request_animation_frame(move || focus_critique_in_fragment(critiques));
    });
}

/// Shows the new critiques when the button is pressed, and focuses the newest.
pub fn show_fresh(critiques: Critiques) -> impl Fn(MouseEvent) + Copy + 'static {
    move |_| {
        if !critiques.from_newest.get_untracked() {
            // The list does not start at the newest critique: load the page that does.
            let newest = paths::critiques(critiques.artwork, CritiqueSort::Newest, None);
            let _ = window().location().set_href(&newest);
            return;
        }
        spawn_local(async move {
            let Some(first) = show_all(critiques).await else {
                return;
            };
            request_animation_frame(move || {
                if let Some(article) = article(first) {
                    focus_in_place(&article);
                }
            });
        });
    }
}

/// Appends the next page without leaving the page.
pub fn older(critiques: Critiques, sort: CritiqueSort) -> impl Fn(MouseEvent) + Copy + 'static {
    move |event| {
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        event.prevent_default();
        let Some(before) = critiques.next.get_untracked() else {
            return;
        };
        spawn_local(async move {
            let Some(Page { items, next }) = page(critiques, sort, &before).await else {
                // On failure follow the link; the page it leads to explains the error.
                let page = paths::critiques(critiques.artwork, sort, Some(&before));
                let _ = window().location().set_href(&page);
                return;
            };
            let first = items.first().map(|critique| critique.id);
            let _ = critiques.list.try_update(|list| {
                // Sorted by helpfulness, a critique may move between pages: skip those already
                // shown.
                let new: Vec<_> = items
                    .into_iter()
                    .filter(|critique| list.iter().all(|known| known.id != critique.id))
                    .collect();
                list.extend(new.into_iter().map(Entry::new));
            });
            let _ = critiques.next.try_set(next);
            request_animation_frame(move || {
                if let Some(article) = first.and_then(article) {
                    focus_in_place(&article);
                }
            });
        });
    }
}

/// Scrolls to the critique in the address's fragment and focuses it. If the critique is not in the
/// list, fetches the page that starts at it; if it does not exist, says so.
fn focus_critique_in_fragment(critiques: Critiques) {
    let hash = window().location().hash().unwrap_or_default();
    let Some(id) = paths::critique_in_fragment(&hash) else {
        return;
    };
    if let Some(article) = article(id) {
        let _ = critiques.notice.try_set(String::new());
        article.scroll_into_view();
        let _ = article.focus();
        return;
    }
    spawn_local(async move {
        let place = id.0.saturating_add(1).to_string();
        let Some(found) = page(critiques, CritiqueSort::Newest, &place).await else {
            return;
        };
        let there = found
            .items
            .first()
            .is_some_and(|critique| critique.id == id);
        let _ = critiques.notice.try_set(if there {
            String::new()
        } else {
            markup(&locale().critique_missing())
        });
        if there {
            let _ = critiques.from_newest.try_set(false);
            let _ = critiques
                .list
                .try_set(found.items.into_iter().map(Entry::new).collect());
            let _ = critiques.next.try_set(found.next);
            request_animation_frame(move || focus_critique_in_fragment(critiques));
        }
    });
}

fn article(id: CritiqueId) -> Option<HtmlElement> {
    by_id(&paths::critique_element(id))
}
