//! Metadata for search engines and link previews: description, canonical link, and the Open Graph
//! tags, which X reads as well.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{Link, Meta};
use shared::{dto::Picture, paths};

use crate::{boot, i18n::locale};

/// Width and height of the picture of a page without its own, in pixels.
const DEFAULT_PICTURE_SIZE: (u32, u32) = (1_200, 630);

/// The site's origin, such as `https://art.example`, for absolute URLs; and whether this page's
/// tags are written.
#[derive(Clone)]
pub struct SiteOrigin {
    origin: String,
    described: Arc<AtomicBool>,
}

impl SiteOrigin {
    /// For rendering one page.
    pub fn new(origin: String) -> Self {
        Self {
            origin,
            described: Arc::default(),
        }
    }
}

/// A page's metadata. A page with more than a title provides it as context before its title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct About {
    /// One or two sentences.
    pub description: String,
    /// A picture, and its alternative text.
    pub picture: Option<(Picture, String)>,
}

/// Writes the tags for a page of this title into the head. Error pages get none, nor do pages whose
/// address is a secret.
pub fn describe(title: &str) {
    let failed = use_context::<ResponseOptions>().is_some_and(|options| {
        options
            .0
            .read()
            .is_ok_and(|parts| parts.status.is_some_and(is_failure))
    });
    let location = leptos_router::hooks::use_location();
    let secret = paths::holds_secret(&location.pathname.read_untracked());
    let site = use_context::<SiteOrigin>()
        .filter(|_| !failed && !secret && boot::current().rejected.is_none());
    let Some(SiteOrigin { origin, described }) = site else {
        return;
    };
    // Content in a `Suspense` is rendered more than once (leptos 0.8).
    if described.swap(true, Ordering::Relaxed) {
        return;
    }
    let About {
        description,
        picture,
    } = use_context().unwrap_or_default();
    let l = locale();
    let url = format!("{origin}{}", canonical_path());
    let description = if description.is_empty() {
        l.site_description().into_owned()
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
        None => (
            paths::files::SHARED_PICTURE.to_owned(),
            DEFAULT_PICTURE_SIZE,
            l.site_name().into_owned(),
        ),
    };
    let property =
        |name: &'static str, content: String| view! { <Meta property=name content=content/> };
    let tags = view! {
        <Meta name="description" content=description.clone()/>
        <Link rel="canonical" href=url.clone()/>
        {property("og:site_name", l.site_name().into_owned())}
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
    // Rendering moves the tags into the head; the markup returned here is empty.
    let _ = tags.to_html();
}

fn is_failure(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// The canonical path, with the cursor of a long list. Other query parameters do not change the
/// public content.
fn canonical_path() -> String {
    let location = leptos_router::hooks::use_location();
    let path = location.pathname.get_untracked();
    let before = location
        .query
        .read_untracked()
        .get("before")
        .filter(|before| before.bytes().all(|b| b.is_ascii_alphanumeric()));
    match before {
        Some(before) => paths::page_of(&path, &before),
        None => path,
    }
}

/// The rendition for previews, with its size: the largest up to 1920 pixels wide.
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
