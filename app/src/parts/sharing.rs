//! What a page says about itself to search engines and to whoever shows a preview of a link to it:
//! its description, its one address, and the tags of the Open Graph protocol, which X reads as
//! well.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{Link, Meta};
use shared::dto::Picture;

use crate::boot;

/// What the site says about itself where a page has nothing to say.
const DESCRIPTION: &str = "Show work and get critique worth having.";
/// Shown where a page has no picture of its own, 1200 by 630 pixels.
const PICTURE: &str = "/share.png";

/// The site's origin, such as `https://art.example`, for addresses that are read elsewhere; and
/// whether this page has said what it is.
#[derive(Clone)]
pub struct SiteOrigin {
    origin: String,
    described: Arc<AtomicBool>,
}

impl SiteOrigin {
    /// For one page that is to be rendered.
    pub fn new(origin: String) -> Self {
        Self {
            origin,
            described: Arc::default(),
        }
    }
}

/// What a page is about. One that has more to say than its title provides this before its title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct About {
    /// A sentence or two.
    pub description: String,
    /// A picture, and what it shows.
    pub picture: Option<(Picture, String)>,
}

/// Writes the tags for the page of this title into the document's head. Pages that say what went
/// wrong have none.
pub fn describe(title: &str) {
    let failed = use_context::<ResponseOptions>().is_some_and(|options| {
        options
            .0
            .read()
            .is_ok_and(|parts| parts.status.is_some_and(is_failure))
    });
    let site =
        use_context::<SiteOrigin>().filter(|_| !failed && boot::current().rejected.is_none());
    let Some(SiteOrigin { origin, described }) = site else {
        return;
    };
    // What waits for something is rendered more than once (leptos 0.8).
    if described.swap(true, Ordering::Relaxed) {
        return;
    }
    let About {
        description,
        picture,
    } = use_context().unwrap_or_default();
    let url = format!("{origin}{}", canonical_path());
    let description = if description.is_empty() {
        DESCRIPTION.to_owned()
    } else {
        description
    };
    let kind = if picture.is_some() {
        "article"
    } else {
        "website"
    };
    let (image, size, alt) = match picture {
        Some((picture, alt)) => {
            let (src, width, height) = preview(&picture);
            (src, (width, height), alt)
        }
        None => (PICTURE.to_owned(), (1200, 630), "ArtCritique".to_owned()),
    };
    let property =
        |name: &'static str, content: String| view! { <Meta property=name content=content/> };
    let tags = view! {
        <Meta name="description" content=description.clone()/>
        <Link rel="canonical" href=url.clone()/>
        {property("og:site_name", "ArtCritique".to_owned())}
        {property("og:type", kind.to_owned())}
        {property("og:title", title.to_owned())}
        {property("og:description", description)}
        {property("og:url", url)}
        {property("og:image", format!("{origin}{image}"))}
        {property("og:image:width", size.0.to_string())}
        {property("og:image:height", size.1.to_string())}
        {property("og:image:alt", alt)}
        <Meta name="twitter:card" content="summary_large_image"/>
    };
    // Rendering them is what hands them to the head; nothing is left to stand where the page is
    // named.
    let _ = tags.to_html();
}

fn is_failure(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// The page's one address: its path, and where a long list goes on. The rest of the query changes
/// nothing that others see.
fn canonical_path() -> String {
    let location = leptos_router::hooks::use_location();
    let path = location.pathname.get_untracked();
    let before = location
        .query
        .read_untracked()
        .get("before")
        .filter(|before| before.bytes().all(|b| b.is_ascii_alphanumeric()));
    before.map_or(path.clone(), |before| format!("{path}?before={before}"))
}

/// The rendition that previews are made from, with its size: the largest that is not needlessly so.
fn preview(picture: &Picture) -> (String, u32, u32) {
    const WIDE: u32 = 1920;
    let fitting = picture
        .sources
        .iter()
        .rev()
        .find(|rendition| rendition.width <= WIDE)
        .or(picture.sources.first());
    let Some(rendition) = fitting else {
        return (picture.src(), picture.width, picture.height);
    };
    (rendition.url.clone(), rendition.width, rendition.height)
}
