use leptos::prelude::*;
use shared::dto::{ArtworkCard, Picture};

use super::plural;

/// A picture in the sizes it is kept in, over its placeholder, without moving the page when it comes.
#[component]
pub fn Art(picture: Picture, alt: String, sizes: &'static str, #[prop(optional)] eager: bool) -> impl IntoView {
    let shape = (picture.width.to_string(), picture.height.to_string());
    view! {
        <span class="art">
            <img class="blur" src=picture.placeholder.clone() alt="" width=shape.0.clone() height=shape.1.clone() aria-hidden="true"/>
            <img
                class="real"
                src=picture.src()
                srcset=picture.srcset()
                sizes=sizes
                width=shape.0
                height=shape.1
                alt=alt
                loading=if eager { "eager" } else { "lazy" }
                decoding="async"
            />
        </span>
    }
}

/// A work in a list.
#[component]
pub fn Card(card: ArtworkCard, #[prop(optional)] eager: bool) -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        use std::sync::LazyLock;

        use super::Rendered;

        static RENDERED: LazyLock<Rendered<(ArtworkCard, bool)>> = LazyLock::new(Rendered::default);
        RENDERED.element((card, eager), |(card, eager)| item(card.clone(), *eager))
    }
    #[cfg(not(feature = "ssr"))]
    item(card, eager)
}

fn item(card: ArtworkCard, eager: bool) -> impl IntoView {
    let alt = format!("{} by {}", card.title, card.artist.display_name);
    let critiques = match card.critique_count {
        0 => "Waiting for its first critique".to_owned(),
        n => plural(n, "critique"),
    };
    view! {
        <li class="card">
            <a href=format!("/artworks/{}", card.id) class="card-link">
                <Art picture=card.picture alt=alt sizes="(min-width: 92rem) 26rem, (min-width: 70rem) 30vw, (min-width: 45rem) 45vw, 92vw" eager=eager/>
                <span class="card-title" dir="auto">{card.title}</span>
            </a>
            <p class="card-meta">
                <super::PersonLink person=card.artist/>
                <span class="count" class:waiting=card.critique_count == 0>{critiques}</span>
            </p>
        </li>
    }
}

/// Works as a grid; the first few load at once.
#[component]
pub fn ArtworkGrid(cards: Vec<ArtworkCard>) -> impl IntoView {
    let cards = cards.into_iter().enumerate().map(|(n, card)| view! { <Card card eager={n < 4}/> }).collect_view();
    view! { <ul class="grid">{cards}</ul> }
}
