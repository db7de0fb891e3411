//! The picture on an artwork's page.

use std::sync::LazyLock;

use leptos::prelude::*;
use shared::dto::Picture;

use crate::{
    artwork::{Art, WIDE_HEIGHT, Wanted, shape},
    i18n::locale,
    ui::Rendered,
};

/// The picture, linked to the full-size image.
pub fn figure(picture: Picture, alt: String) -> String {
    static RENDERED: LazyLock<Rendered<(Picture, String)>> = LazyLock::new(Rendered::default);
    RENDERED
        .html((picture, alt), |(picture, alt)| {
            shown(picture.clone(), alt.clone())
        })
        .into()
}

fn shown(picture: Picture, alt: String) -> impl IntoView {
    let sizes = match shape(&picture) {
        " tall" => "(min-width: 52rem) 50rem, 96vw".to_owned(),
        " wide" => format!("{}rem", WIDE_HEIGHT * picture.width / picture.height.max(1)),
        _ => "(min-width: 100rem) 90rem, 96vw".to_owned(),
    };
    let whole = picture.whole().map(|whole| {
        (
            whole.url.clone(),
            locale().artwork_see_all(&whole.width.to_string(), &whole.height.to_string()),
        )
    });
    let (url, title) = whole.unwrap_or_default();
    let said = title.clone();
    view! {
        <a class="whole" href=url rel="external" title=title>
            <Art picture alt sizes wanted=Wanted::First/>
            <span class="visually-hidden">" – "{said}</span>
        </a>
    }
}
