//! The reference of the REST API: the OpenAPI document, and the same document as a page.
//!
//! The table of routes ([`crate::http::router::rest`]) carries each operation's own description.
//! [`document`] adds the rest of the document, [`errors`] the errors that extractors and layers
//! answer, and [`page`] renders the result.

mod document;
mod errors;
mod example;
mod operation;
mod page;
mod schema;
#[cfg(test)]
mod tests;

use app::shell::Assets;
use axum::{extract::State, http::HeaderMap, response::Response};
pub use document::base;
use shared::paths;
use utoipa::openapi::OpenApi;

use crate::http::{
    api::IfNoneMatchHeader,
    problem::Problem,
    reference::{File, Written},
    state::Site,
};

/// The document of the REST API, completed from that of the table of routes.
///
/// `cookie` is the name of the session cookie.
fn complete(mut document: OpenApi, cookie: &str) -> OpenApi {
    document::name_items(&mut document);
    errors::add(&mut document);
    document::add_security(&mut document, cookie);
    document
}

/// Writes the document and its page, for a site with these assets and this session cookie.
///
/// # Errors
/// When the document can't be serialised.
pub fn write(table: OpenApi, assets: &Assets, cookie: &str) -> serde_json::Result<Written> {
    let document = serde_json::to_value(complete(table, cookie))?;
    Ok(Written {
        json: File::new("application/json", serde_json::to_string_pretty(&document)?),
        page: File::new(
            "text/html; charset=utf-8",
            page::page(&document, &assets.css, &assets.origin),
        ),
    })
}

/// OpenAPI document
///
/// This document, in OpenAPI 3.1. It is made from the table of routes that the server answers by.
#[utoipa::path(
    get, path = paths::api::DOCUMENT, tag = "Reference", operation_id = "get_openapi",
    params(IfNoneMatchHeader),
    responses(
        (status = 200, description = "The document.", body = Object,
            content_type = "application/json",
            headers(("ETag" = String, description = "Changes with the document."))),
        (status = 304, description = "The copy is current."),
    ),
    security(()),
)]
pub async fn openapi(State(site): State<Site>, asked: HeaderMap) -> Result<Response, Problem> {
    Ok(site.reference.written()?.json.answer(&asked).await)
}

/// Reference page
///
/// This document as a page for people. It needs no script.
#[utoipa::path(
    get, path = paths::api::REFERENCE, tag = "Reference", operation_id = "get_reference",
    params(IfNoneMatchHeader),
    responses(
        (status = 200, description = "The page.", body = String,
            content_type = "text/html",
            headers(("ETag" = String, description = "Changes with the page."))),
        (status = 304, description = "The copy is current."),
    ),
    security(()),
)]
pub async fn reference(State(site): State<Site>, asked: HeaderMap) -> Result<Response, Problem> {
    Ok(site.reference.written()?.page.answer(&asked).await)
}
