//! The errors that extractors and layers answer. An operation's annotation lists only its own
//! answers; what its parameters, its body and the layers around it answer follows from its form.

use std::collections::BTreeMap;

use axum::http::Method;
use shared::{Kind, paths};
use utoipa::openapi::{
    Content, Header, HeaderBuilder, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder,
    SecurityRequirement, Type,
    path::{Operation, ParameterIn},
    schema::ObjectBuilder,
};

use crate::http::limits;

/// When each error is answered, whatever the operation.
const ERRORS: [(Kind, &str); 14] = [
    (
        Kind::Malformed,
        "The request can't be parsed: the body is not one JSON value in UTF-8, or `Host` or another \
         header is missing, repeated or malformed.",
    ),
    (
        Kind::Unauthenticated,
        "The request is not signed in, or the session or token has ended.",
    ),
    (
        Kind::Forbidden,
        "The request came from another site's page, or the token lacks the scope.",
    ),
    (
        Kind::NotFound,
        "There is no such thing, or it is not visible to this account.",
    ),
    (
        Kind::WrongMethod,
        "The address does not take this method; `Allow` lists those it takes.",
    ),
    (
        Kind::TimedOut,
        "The body did not arrive in time: 30 seconds of silence, or less than 4 KB a second.",
    ),
    (
        Kind::Conflict,
        "The request conflicts with the present state.",
    ),
    (
        Kind::TooLarge,
        "The body is larger than 256 KiB, or the picture than 20 MB.",
    ),
    (Kind::AddressTooLong, "The address is longer than 8 KiB."),
    (
        Kind::Unsupported,
        "The body is of a type that this operation does not take.",
    ),
    (
        Kind::Invalid,
        "A field or parameter is missing, invalid, repeated or unknown: `errors` names it.",
    ),
    (
        Kind::Throttled,
        "Over a rate limit: wait for the seconds in `Retry-After`.",
    ),
    (Kind::HeadTooLong, "The headers are larger than 32 KiB."),
    (Kind::Internal, "Something went wrong in the server."),
];
/// Answered by every operation, besides [`Kind::Unavailable`].
const ANYWHERE: [Kind; 5] = [
    Kind::Malformed,
    Kind::WrongMethod,
    Kind::AddressTooLong,
    Kind::HeadTooLong,
    Kind::Internal,
];
/// Answered where a body is read.
const BODY: [Kind; 4] = [
    Kind::TimedOut,
    Kind::TooLarge,
    Kind::Unsupported,
    Kind::Invalid,
];
const UNAVAILABLE: &str = "Busy, unavailable or about to stop: wait for the seconds in \
    `Retry-After`. If `type` ends in `in_doubt`, the change may have been made.";

/// Adds to each operation the errors that follow from its form, and the body of those that its
/// annotation describes.
pub fn add(document: &mut OpenApi) {
    let mut shared = BTreeMap::new();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let counted = limits::act(&method, path, path).is_some();
            let kinds = kinds(operation, &method, path);
            describe(operation, &kinds, counted, &mut shared);
        }
    }
    let components = document.components.get_or_insert_default();
    components.responses.append(&mut shared);
}

fn all() -> impl Iterator<Item = (Kind, &'static str)> {
    ERRORS.into_iter().chain([(Kind::Unavailable, UNAVAILABLE)])
}

/// Adds the errors of one operation; those that other operations have too go into `shared`.
fn describe(
    operation: &mut Operation,
    kinds: &[Kind],
    counted: bool,
    shared: &mut BTreeMap<String, RefOr<Response>>,
) {
    let answers = &mut operation.responses.responses;
    for (kind, usual) in all() {
        let status = kind.status().to_string();
        match answers.get_mut(&status) {
            Some(RefOr::T(own)) if kinds.contains(&kind) => {
                *own = problem(kind, &format!("{} Or: {usual}", own.description));
            }
            Some(RefOr::T(own)) => *own = problem(kind, &own.description),
            None if kinds.contains(&kind) => {
                let name = format!("{kind:?}");
                answers.insert(status, Ref::from_response_name(&name).into());
                shared.insert(name, problem(kind, usual).into());
            }
            Some(RefOr::Ref(_)) | None => {}
        }
    }
    if counted {
        for (_, answer) in answers
            .iter_mut()
            .filter(|(status, _)| status.starts_with('2'))
        {
            if let RefOr::T(answer) = answer {
                answer.headers.append(&mut rate_limit());
            }
        }
    }
}

/// The errors that follow from an operation's form.
fn kinds(operation: &Operation, method: &Method, path: &str) -> Vec<Kind> {
    let mut kinds = ANYWHERE.to_vec();
    kinds.push(Kind::Unavailable);
    let has = |place: &ParameterIn| {
        operation
            .parameters
            .iter()
            .flatten()
            .any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == *place))
    };
    if operation.request_body.is_some() {
        kinds.extend(BODY);
    }
    if has(&ParameterIn::Query) {
        kinds.push(Kind::Invalid);
    }
    if has(&ParameterIn::Path) {
        kinds.push(Kind::NotFound);
    }
    // A request with a token that is not valid is never taken for a guest's.
    if !matches!(path, paths::api::DOCUMENT | paths::api::REFERENCE) {
        kinds.push(Kind::Unauthenticated);
    }
    if !method.is_safe() || takes_token(operation) {
        kinds.push(Kind::Forbidden);
    }
    if limits::act(method, path, path).is_some() {
        kinds.push(Kind::Throttled);
    }
    kinds
}

/// Whether a token may be used, so that it may lack the scope.
fn takes_token(operation: &Operation) -> bool {
    let token = SecurityRequirement::new::<_, [&str; 0], &str>("token", []);
    operation
        .security
        .as_ref()
        .is_none_or(|ways| ways.contains(&token))
}

fn problem(kind: Kind, description: &str) -> Response {
    let answer = ResponseBuilder::new().description(description).content(
        "application/problem+json",
        Content::new(Some(Ref::from_schema_name("Problem"))),
    );
    match kind {
        Kind::Unauthenticated => answer.header(
            "WWW-Authenticate",
            text("The scheme to sign in with (RFC 6750)."),
        ),
        Kind::WrongMethod => answer.header("Allow", text("The methods that the address takes.")),
        Kind::Throttled | Kind::Unavailable => answer.header("Retry-After", seconds()),
        _ => answer,
    }
    .build()
}

fn rate_limit() -> BTreeMap<String, RefOr<Header>> {
    [
        (
            "RateLimit-Policy",
            "The quota `q` in a window of `w` seconds (draft-ietf-httpapi-ratelimit-headers).",
        ),
        (
            "RateLimit",
            "What remains of it, `r`, and the seconds `t` until it is full again.",
        ),
    ]
    .map(|(name, description)| (name.to_owned(), text(description).into()))
    .into()
}

fn text(description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
        .build()
}

fn seconds() -> Header {
    HeaderBuilder::new()
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(0)),
        ))
        .description(Some("Seconds to wait before trying again."))
        .build()
}

/// The operations of a path, by method.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
