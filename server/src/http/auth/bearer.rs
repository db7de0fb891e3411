//! Tokens in the `Authorization` header (RFC 6750), on the REST API and the sockets only: a page or
//! a form never acts by a token.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    Credential, Domain,
    accounts::tokens::{Accepted, TokenSecret},
    limits::Client,
};
use shared::{Kind, paths};

use crate::http::problem::Problem;

const SCHEME: &[u8] = b"bearer";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The token that a request brings, in its extensions; `None` if the header can't be one.
#[derive(Clone)]
pub struct Sent(Option<TokenSecret>);

/// When the token of a request expires, in milliseconds since 1970, in its extensions.
#[derive(Clone, Copy)]
pub struct ExpiresAt(pub i64);

/// Moves the token from the header to the extensions.
///
/// A request with a token is decided by the token alone: its cookies are dropped, so that a browser
/// extension or a proxy that adds a token never acts by a session, or the reverse. What protects
/// cookies is dropped with them: no site can make a browser send this header, so the page that a
/// request of the API came from says nothing. Sockets still check `Origin`, see `live`.
pub fn take(mut request: Request) -> Request {
    let path = request.uri().path();
    let api = path.starts_with(paths::api::PREFIX);
    if !api && !path.starts_with(paths::sockets::PREFIX) {
        return request;
    }
    let Some(sent) = sent(request.headers()) else {
        return request;
    };
    let headers = request.headers_mut();
    headers.remove(header::AUTHORIZATION);
    headers.remove(header::COOKIE);
    if api {
        headers.remove(header::ORIGIN);
        headers.remove(FETCH_SITE);
    }
    request.extensions_mut().insert(sent);
    request
}

/// The token in the headers; `None` if there is no header of this scheme. Other schemes are for
/// others, such as a proxy that asks for a password.
fn sent(headers: &HeaderMap) -> Option<Sent> {
    let values: Vec<&HeaderValue> = headers.get_all(header::AUTHORIZATION).iter().collect();
    let token = values.iter().find_map(|value| token(value.as_bytes()))?;
    let one = values.len() == 1;
    let text = std::str::from_utf8(token).ok().filter(|_| one);
    Some(Sent(text.and_then(TokenSecret::parse)))
}

/// What follows the scheme `Bearer`, in any letter case (RFC 9110, section 11.1).
fn token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(SCHEME.len())?;
    let separate = rest.first().is_none_or(|byte| matches!(byte, b' ' | b'\t'));
    (scheme.eq_ignore_ascii_case(SCHEME) && separate).then(|| rest.trim_ascii())
}

/// Looks up the token of a request and adds its actor to the extensions; `Ok(false)` if the request
/// has none.
///
/// # Errors
/// The response for a token that is refused, which is never taken for a guest.
pub async fn authenticate(domain: &Domain, request: &mut Request) -> Result<bool, Response> {
    let Some(Sent(secret)) = request.extensions_mut().remove::<Sent>() else {
        return Ok(false);
    };
    let from = request.extensions().get::<Client>().copied();
    let from = from.and_then(Client::counted);
    let accepted = domain.tokens.authenticate(secret.as_ref(), from).await;
    let Accepted {
        actor,
        key,
        expires_at,
    } = accepted.map_err(|error| refusal(error.into()))?;
    let extensions = request.extensions_mut();
    extensions.insert(actor);
    extensions.insert(Credential::Token(key));
    if let Some(at) = expires_at {
        extensions.insert(ExpiresAt(at));
    }
    Ok(true)
}

fn refusal(problem: Problem) -> Response {
    let unauthenticated = problem.0.kind == Kind::Unauthenticated;
    let mut response = problem.into_response();
    if unauthenticated {
        // RFC 6750, section 3.1.
        let challenge = "Bearer realm=\"artcritique\", error=\"invalid_token\"";
        response.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(path: &str, headers: &[(&'static str, &str)]) -> Request {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().expect("a path");
        for (name, value) in headers {
            let value = value.parse().expect("a value");
            request.headers_mut().append(*name, value);
        }
        take(request)
    }

    /// What is taken from the headers.
    #[derive(Debug, PartialEq)]
    enum Taken {
        Nothing,
        Malformed,
        Secret(String),
    }

    fn taken(headers: &[(&'static str, &str)]) -> Taken {
        let mut request = request("/api/session", headers);
        match request.extensions_mut().remove::<Sent>() {
            None => Taken::Nothing,
            Some(Sent(None)) => Taken::Malformed,
            Some(Sent(Some(secret))) => Taken::Secret(secret.reveal().to_owned()),
        }
    }

    #[test]
    fn a_token_is_taken_from_one_well_formed_header() {
        let secret = TokenSecret::new([7; 32]).reveal().to_owned();
        for good in ["Bearer ", "bearer ", "BEARER  ", "Bearer \t"] {
            let header = format!("{good}{secret}");
            assert_eq!(
                taken(&[("authorization", &header)]),
                Taken::Secret(secret.clone()),
                "{good}"
            );
        }
        for malformed in [
            "Bearer".to_owned(),
            "Bearer ".into(),
            "Bearer x".into(),
            format!("Bearer {secret} {secret}"),
            format!("Bearer token={secret}"),
            format!("Bearer {secret},"),
            format!("Bearer \"{secret}\""),
            format!("Bearer {}", "x".repeat(20_000)),
        ] {
            assert_eq!(taken(&[("authorization", &malformed)]), Taken::Malformed);
        }
        let header = format!("Bearer {secret}");
        let twice = [("authorization", &*header), ("authorization", &*header)];
        assert_eq!(taken(&twice), Taken::Malformed, "which one is meant?");
        let both = [("authorization", "Basic eA=="), ("authorization", &*header)];
        assert_eq!(taken(&both), Taken::Malformed);
        for others in ["Basic eA==", "Bearerx y", "Digest a=b", ""] {
            assert_eq!(
                taken(&[("authorization", others)]),
                Taken::Nothing,
                "{others}"
            );
        }
        assert_eq!(taken(&[]), Taken::Nothing);
    }

    #[test]
    fn a_token_takes_the_place_of_cookies_and_their_protection() {
        let secret = format!("Bearer {}", TokenSecret::new([7; 32]).reveal());
        let all = [
            ("cookie", "a=b"),
            ("origin", "http://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ];
        let left = |path, token: bool| {
            let mut headers = all.to_vec();
            if token {
                headers.push(("authorization", &secret));
            }
            let request = request(path, &headers);
            let names = ["cookie", "origin", "sec-fetch-site", "authorization"];
            names.map(|name| request.headers().contains_key(name))
        };
        assert_eq!(left("/api/x", true), [false, false, false, false]);
        assert_eq!(left("/ws/watch", true), [false, true, true, false]);
        assert_eq!(left("/api/x", false), [true, true, true, false]);
        for page in ["/", "/actions/sign_out", "/settings/tokens", "/apix"] {
            assert_eq!(left(page, true), [true, true, true, true], "{page}");
        }
    }
}
