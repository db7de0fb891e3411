use leptos::prelude::*;
use shared::dto::ArtworkCard;

use super::{Art, Wanted, plural};

/// Widths of a card's picture, as the grid makes its columns (`gallery.css`).
const CARD_SIZES: &str =
    "(min-width: 120rem) 25.2rem, (min-width: 96.4rem) 21vw, (min-width: 69.8rem) 29vw, (min-width: 45.1rem) 45vw, 92vw";

/// A work in a list.
#[component]
pub fn Card(card: ArtworkCard, #[prop(optional)] wanted: Wanted) -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        use std::sync::LazyLock;

        use super::Rendered;

        static RENDERED: LazyLock<Rendered<(ArtworkCard, Wanted)>> = LazyLock::new(Rendered::default);
        RENDERED.element((card, wanted), |(card, wanted)| item(card.clone(), *wanted))
    }
    #[cfg(not(feature = "ssr"))]
    item(card, wanted)
}

fn item(card: ArtworkCard, wanted: Wanted) -> impl IntoView {
    let critiques = match card.critique_count {
        0 => "Waiting for its first critique".to_owned(),
        n => plural(n, "critique"),
    };
    view! {
        <li class="card">
            // The heading names the link; a text for the picture would have the title read twice.
            <a href=format!("/artworks/{}", card.id) class="card-link">
                <Art picture=card.picture alt=String::new() sizes=CARD_SIZES.to_owned() wanted=wanted/>
                <h3 class="card-title" dir="auto">{card.title}</h3>
            </a>
            <p class="card-meta">
                <super::PersonLink person=card.artist/>
                <span class="count" class:waiting=card.critique_count == 0>{critiques}</span>
            </p>
        </li>
    }
}

/// Works as a grid.
#[component]
pub fn ArtworkGrid(
    cards: Vec<ArtworkCard>,
    /// Whether the page begins with them.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    // Only one at once: on a phone it fills the window, and the others would share its line.
    let wanted = move |n| if first && n == 0 { Wanted::First } else { Wanted::Later };
    let cards = cards.into_iter().enumerate().map(|(n, card)| view! { <Card card wanted=wanted(n)/> }).collect_view();
    view! { <ul class="grid">{cards}</ul> }
}
