//! What a page needs of its address.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use shared::ArtworkId;

/// A path parameter; `None` if missing or malformed.
pub(crate) fn param<T: std::str::FromStr>(name: &'static str) -> Option<T> {
    use_params_map().read().get(name)?.parse().ok()
}

/// The list's cursor, from the query.
pub(crate) fn before() -> Signal<Option<ArtworkId>> {
    let query = use_query_map();
    Signal::derive(move || query.read().get("before")?.parse().ok())
}

/// A query parameter. Parsed from the URI itself: the router decodes values twice, so it would take
/// an encoded `&` for a separator.
#[cfg(feature = "ssr")]
pub(crate) fn query(name: &'static str) -> Option<String> {
    let asked =
        with_context::<axum::http::request::Parts, _>(|parts| parts.uri.query().map(str::to_owned))
            .flatten()?;
    let mut values = url::form_urlencoded::parse(asked.as_bytes());
    values
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}
