//! The data of the gallery page.

use leptos::prelude::*;
use shared::{
    dto::{ArtworkCard, Page},
    paths,
};

use crate::{
    artwork::cards,
    sent::{Listing, ServerHtml},
    ui::About,
};

/// A page of the gallery. `beginning` is whether it is the first; `newcomer`, whether the viewer is
/// a guest.
pub fn gallery(page: Page<ArtworkCard>, beginning: bool, newcomer: bool) -> Listing {
    let head = head(newcomer, beginning && page.items.is_empty());
    Listing {
        title: "ArtCritique".to_owned(),
        head: ServerHtml::new(head.into_view().to_html()),
        count: page.items.len(),
        works: ServerHtml::new(cards(page.items, true)),
        next: page.next,
        about: About::default(),
    }
}

fn head(newcomer: bool, empty: bool) -> impl IntoView {
    view! {
        {newcomer.then(|| view! {
            <section class="hero">
                <h1>"Show work. "<br/>"Get critique worth having."</h1>
                <p>"Post a piece, say what you want looked at, and hear the moment somebody answers."</p>
            </section>
        })}
        {(!newcomer).then(|| view! { <h1 class="visually-hidden">"Gallery"</h1> })}
        <h2 class:visually-hidden=!newcomer>"Newest work"</h2>
        {empty.then(|| view! {
            <section class="empty">
                <h2>"The walls are still bare"</h2>
                <p>"Be the first to hang something."</p>
                <a class="button" href=paths::NEW_ARTWORK>"Post a work"</a>
            </section>
        })}
    }
}
