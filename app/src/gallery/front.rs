//! The data of the gallery page.

use leptos::prelude::*;
use shared::{
    dto::{ArtworkCard, Page},
    paths,
};

use crate::{
    artwork::cards,
    i18n::locale,
    sent::{Listing, ServerHtml},
    ui::About,
};

/// A page of the gallery. `beginning` is whether it is the first; `newcomer`, whether the viewer is
/// a guest.
pub fn gallery(page: Page<ArtworkCard>, beginning: bool, newcomer: bool) -> Listing {
    let head = head(newcomer, beginning && page.items.is_empty());
    Listing {
        title: locale().site_name().into_owned(),
        head: ServerHtml::new(head.into_view().to_html()),
        count: page.items.len(),
        works: ServerHtml::new(cards(page.items, true)),
        next: page.next,
        about: About::default(),
    }
}

fn head(newcomer: bool, empty: bool) -> impl IntoView {
    let l = locale();
    view! {
        {newcomer.then(|| view! {
            <section class="hero">
                <h1>{l.hero_title_first()}" "<br/>{l.hero_title_second()}</h1>
                <p>{l.hero_text()}</p>
            </section>
        })}
        {(!newcomer).then(|| view! { <h1 class="visually-hidden">{l.gallery()}</h1> })}
        <h2 class:visually-hidden=!newcomer>{l.newest_work()}</h2>
        {empty.then(|| view! {
            <section class="empty">
                <h2>{l.gallery_empty_title()}</h2>
                <p>{l.gallery_empty_text()}</p>
                <a class="button" href=paths::NEW_ARTWORK>{l.nav_post_artwork()}</a>
            </section>
        })}
    }
}
