use std::{fmt::Write, sync::LazyLock};

use leptos::prelude::*;
use shared::{dto::ArtworkCard, paths};

use crate::{
    artwork::{Art, Wanted},
    i18n::{count, locale},
    ui::{PersonLink, Rendered},
};

/// The `sizes` of a card's picture, matching the columns in `gallery.css`.
const CARD_SIZES: &str = "(min-width: 120rem) 25.2rem, (min-width: 96.4rem) 21vw, (min-width: 69.8rem) 29vw, (min-width: 45.1rem) 45vw, 92vw";

/// Artworks as list items. `first` is whether they are at the top of the page.
pub fn cards(works: Vec<ArtworkCard>, first: bool) -> String {
    static RENDERED: LazyLock<Rendered<(ArtworkCard, Wanted)>> = LazyLock::new(Rendered::default);
    let mut html = String::new();
    for (n, work) in works.into_iter().enumerate() {
        // Only one has priority: on a phone it fills the window, and others would compete for
        // bandwidth.
        let wanted = if first && n == 0 {
            Wanted::First
        } else {
            Wanted::Later
        };
        let _ = write!(
            html,
            "{}",
            RENDERED.html((work, wanted), |(work, wanted)| card(work.clone(), *wanted))
        );
    }
    html
}

fn card(card: ArtworkCard, wanted: Wanted) -> impl IntoView {
    let critiques = match card.critique_count {
        0 => locale().card_waiting().into_owned(),
        n => locale().critique_count(count(n)),
    };
    view! {
        <li class="card">
            // The heading names the link; alternative text would make screen readers say the title
            // twice.
            <a href=paths::artwork(card.id) class="card-link">
                <Art picture=card.picture alt=String::new() sizes=CARD_SIZES.to_owned() wanted=wanted/>
                <h3 class="card-title" dir="auto">{card.title}</h3>
            </a>
            <p class="card-meta">
                <PersonLink person=card.artist/>
                <span class="count" class:waiting=card.critique_count == 0>{critiques}</span>
            </p>
        </li>
    }
}
