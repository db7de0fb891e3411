//! What the document says besides the operations.

use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi, Ref, RefOr, SecurityRequirement,
        schema::{ArrayItems, Schema},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::http::problem::Body;

/// The introduction, one paragraph each.
const INTRODUCTION: &str = "\
The site over HTTP, for scripts and other clients. Keys are snake_case, times are RFC 3339 in UTC, \
and ids, cursors and versions are opaque: give them back as they were received.

Lists come in pages of `items` with `next`: pass it back as `before` for the next page; it is null \
on the last one. Unknown query parameters are ignored, unknown fields of a body are refused.

Errors are `application/problem+json` (RFC 9457) with a sentence for people in `title`, and the \
fields at fault in `errors`. An address that does not exist answers 404 in the same form.

A client signs in with `POST /api/session` and keeps the cookie, or sends a personal token as \
`Authorization: Bearer`. Requests that change something are refused if another site's page sent \
them. Responses to them state the remaining rate limit in `RateLimit-Policy` and `RateLimit`.

With an `Idempotency-Key` the same request is carried out once however often it is sent, and each \
response gives the result of the first. The same key with other content is another request.

Whatever can be edited has a `version`. An edit that names an outdated version is refused with 409 \
and the present state; an edit that names none changes the fields it contains.

A path with a trailing slash redirects (308) to the path without it. Every path that takes GET takes \
HEAD too. Notifications also arrive live, over a socket: see docs/API.md in the sources.";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "ArtCritique",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "This site.")),
    components(schemas(Body)),
    tags(
        (name = "Accounts", description = "Registering, signing in and out."),
        (name = "Artworks", description = "Works, and how they change."),
        (name = "Critiques", description = "What people say about a work."),
        (name = "People", description = "Following artists."),
        (name = "Tokens", description = "Personal tokens, for programs that act for a person."),
        (name = "Notifications", description = "The inbox of the account that is signed in."),
        (name = "Reference", description = "This document."),
    ),
)]
struct Base;

/// The document without operations.
pub fn base() -> OpenApi {
    let mut base = Base::openapi();
    base.info.description = Some(INTRODUCTION.into());
    base
}

/// Names the items of pages. The derived schema of a generic type repeats its parameter's schema.
pub fn name_items(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for (name, page) in &mut components.schemas {
        let Some(item) = name.strip_prefix("Page_") else {
            continue;
        };
        if let RefOr::T(Schema::Object(page)) = page
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
        }
    }
}

/// Adds the ways to sign in. An operation that names none needs one of them.
pub fn add_security(document: &mut OpenApi, cookie: &str) {
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            cookie,
            "The cookie that signing in sets.",
        ))),
    );
    components.add_security_scheme(
        "token",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("A personal token."))
                .build(),
        ),
    );
    document.security = Some(
        ["session", "token"]
            .map(|scheme| SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []))
            .to_vec(),
    );
}
