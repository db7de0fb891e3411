//! Rate limits: counts every request that changes something, by its kind. A route missing from the
//! table counts as [`Act::Other`], so a new route is limited from its first day.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{
    Credential, Domain,
    limits::{Act, Client, Spent},
    policy::Actor,
};
use shared::{
    AppError,
    paths::{self, actions, api},
};

use crate::http::problem::Problem;

/// The rate-limit error of a form, in the request's extensions: the form's handler shows the form
/// again with the typed values.
#[derive(Clone)]
pub struct Refused(pub AppError);

/// Rejects a request over its limit with 429, or leaves that to the form's handler. Responses
/// within the limit state the remaining quota (draft-ietf-httpapi-ratelimit-headers-10).
pub async fn count(State(domain): State<Domain>, mut request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let route = extensions
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    let act = act(request.method(), route, request.uri().path());
    let network = extensions
        .get::<Client>()
        .copied()
        .and_then(Client::counted);
    let (Some(act), Some(network)) = (act, network) else {
        return next.run(request).await;
    };
    let account = extensions.get::<Actor>().map(|actor| actor.id);
    let token = extensions.get::<Credential>().and_then(Credential::token);
    let spent = domain
        .limits
        .spend(act, account, token, network, Instant::now());
    match spent {
        Ok(spent) => {
            let mut response = next.run(request).await;
            set_ratelimit_headers(&mut response, act, spent);
            response
        }
        Err(error) if is_form(route) => {
            request.extensions_mut().insert(Refused(error));
            next.run(request).await
        }
        Err(error) => Problem(error).into_response(),
    }
}

/// The kind of change a request makes; `None` for reads and for signing out, which have no limit.
pub fn act(method: &Method, route: &str, path: &str) -> Option<Act> {
    Some(match (method.as_str(), route) {
        ("GET" | "HEAD" | "OPTIONS" | "TRACE", _) | ("DELETE", api::SESSION) => return None,
        ("POST", actions::ACTION) => match path {
            actions::SIGN_OUT => return None,
            actions::SIGN_IN => Act::SignIn,
            actions::REGISTER => Act::Register,
            actions::REQUEST_PASSWORD_RESET
            | actions::RESET_PASSWORD
            | actions::VERIFY_EMAIL
            | actions::SEND_VERIFICATION => Act::Recover,
            actions::POST_CRITIQUE => Act::Critique,
            actions::SET_HELPFUL => Act::Helpful,
            actions::FOLLOW => Act::Follow,
            actions::MARK_NOTIFICATIONS => Act::Mark,
            actions::EDIT_ARTWORK | actions::EDIT_CRITIQUE => Act::Edit,
            actions::DELETE_ARTWORK | actions::DELETE_CRITIQUE => Act::Delete,
            _ => Act::Other,
        },
        ("POST", api::SESSION) => Act::SignIn,
        ("POST", api::ACCOUNTS) => Act::Register,
        ("POST", api::PASSWORD_RESET) => Act::Recover,
        ("POST", api::ARTWORK_CRITIQUES) => Act::Critique,
        ("POST", api::ARTWORKS | paths::NEW_ARTWORK) => Act::Upload,
        (_, api::HELPFUL) => Act::Helpful,
        (_, api::FOLLOW) => Act::Follow,
        ("POST", api::MARK) => Act::Mark,
        ("PATCH", _) => Act::Edit,
        ("DELETE", _) => Act::Delete,
        _ => Act::Other,
    })
}

fn is_form(route: &str) -> bool {
    matches!(route, actions::ACTION | paths::NEW_ARTWORK)
}

fn set_ratelimit_headers(response: &mut Response, act: Act, Spent { rate, left }: Spent) {
    let (name, seconds) = (act.name(), |duration: std::time::Duration| {
        duration.as_millis().div_ceil(1_000)
    });
    let policy = format!("\"{name}\";q={};w={}", rate.burst, seconds(rate.window()));
    let now = format!("\"{name}\";r={};t={}", left.tokens, seconds(left.full_in));
    for (header, value) in [("ratelimit-policy", policy), ("ratelimit", now)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(header, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_counted_and_nothing_else() {
        for (method, route, path, expected) in [
            ("GET", "/api/artworks", "/api/artworks", None),
            ("HEAD", "/", "/", None),
            ("DELETE", "/api/session", "/api/session", None),
            ("POST", "/actions/{name}", "/actions/sign_out", None),
            (
                "POST",
                "/actions/{name}",
                "/actions/post_critique",
                Some(Act::Critique),
            ),
            (
                "POST",
                "/actions/{name}",
                "/actions/edit_artwork",
                Some(Act::Edit),
            ),
            (
                "POST",
                "/actions/{name}",
                "/actions/request_password_reset",
                Some(Act::Recover),
            ),
            (
                "POST",
                "/api/password-reset",
                "/api/password-reset",
                Some(Act::Recover),
            ),
            (
                "POST",
                "/actions/{name}",
                "/actions/of_tomorrow",
                Some(Act::Other),
            ),
            (
                "POST",
                "/api/artworks/{id}/critiques",
                "/api/artworks/1/critiques",
                Some(Act::Critique),
            ),
            (
                "DELETE",
                "/api/critiques/{id}/helpful",
                "/api/critiques/1/helpful",
                Some(Act::Helpful),
            ),
            (
                "DELETE",
                "/api/critiques/{id}",
                "/api/critiques/1",
                Some(Act::Delete),
            ),
            (
                "PUT",
                "/api/of/tomorrow",
                "/api/of/tomorrow",
                Some(Act::Other),
            ),
            ("POST", "", "/nowhere", Some(Act::Other)),
        ] {
            assert_eq!(
                act(&method.parse().expect("a method"), route, path),
                expected,
                "{method} {path}"
            );
        }
    }
}
