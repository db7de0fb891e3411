//! Validates each request before all other layers: the code behind it can rely on a single valid
//! host (HTTP/1.0 may omit it), a path, and bounded lengths.

use axum::{
    extract::Request,
    http::{HeaderValue, Method, Uri, Version, header, uri::PathAndQuery},
};
use shared::{AppError, Kind};

use crate::http::problem::Problem;

/// Longest request target, in bytes. Browsers reliably send 2,000 (RFC 9110, section 4.1,
/// recommends support for at least 8,000).
const ADDRESS_MAX: usize = 8_192;
/// Limit for all header lines together, in bytes.
const HEADERS_MAX: usize = 32 * 1_024;

/// Validates the request line and the host, and normalises both: the target becomes origin-form
/// (RFC 9112, section 3.2.1), and `Host` becomes the host that the request is for.
///
/// # Errors
/// 400 for a target without a path and for a missing, duplicate or malformed host; 405 for
/// `CONNECT`; 414 and 431 for an overlong target or head. The rejected request's target becomes
/// `/`.
pub fn settle(request: &mut Request) -> Result<(), Problem> {
    let settled = host(request)
        .and_then(|()| address(request))
        .and_then(|()| lengths(request));
    if settled.is_err() {
        *request.uri_mut() = Uri::from_static("/");
    }
    settled.map_err(Problem)
}

fn malformed(code: &'static str) -> AppError {
    AppError::new(Kind::Malformed, code)
}

/// RFC 9112, section 3.2: an HTTP/1.1 request needs exactly one valid `Host`. The host of an
/// absolute-form target replaces it.
fn host(request: &mut Request) -> Result<(), AppError> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() == Version::HTTP_10 => {}
        (None, _) => {
            return Err(malformed("host-missing"));
        }
        (Some(_), Some(_)) => {
            return Err(malformed("host-twice"));
        }
        (Some(host), None) if !is_host(host.as_bytes()) => {
            return Err(malformed("host-malformed"));
        }
        (Some(_), None) => {}
    }
    if let Some(authority) = request
        .uri()
        .authority()
        .filter(|_| request.uri().scheme().is_some())
    {
        let named = HeaderValue::try_from(authority.as_str())
            .ok()
            .filter(|named| is_host(named.as_bytes()));
        let named = named.ok_or_else(|| malformed("address-without-host"))?;
        request.headers_mut().insert(header::HOST, named);
    }
    Ok(())
}

/// `uri-host [ ":" port ]` (RFC 9110, section 7.2; RFC 3986, section 3.2.2), not empty.
fn is_host(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else {
        return false;
    };
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address.parse::<std::net::Ipv6Addr>().is_ok(), rest),
        None => {
            let (name, port) = host
                .find(':')
                .map_or((host, ""), |colon| host.split_at(colon));
            let of_a_name =
                |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte);
            (!name.is_empty() && name.bytes().all(of_a_name), port)
        }
    };
    let port = port
        .strip_prefix(':')
        .map_or(port.is_empty(), |port| port.is_empty() || is_port(port));
    name && port
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

fn address(request: &mut Request) -> Result<(), AppError> {
    if *request.method() == Method::CONNECT {
        return Err(AppError::new(Kind::WrongMethod, "not-a-proxy"));
    }
    let uri = request.uri();
    let absolute = uri.scheme().is_some() && uri.authority().is_some();
    let path = match uri.path_and_query().map_or("", PathAndQuery::as_str) {
        path if path.starts_with('/') => path.to_owned(),
        // An absolute-form target may omit the path (RFC 9110, section 4.2.3).
        query if absolute && (query.is_empty() || query.starts_with('?')) => format!("/{query}"),
        _ => return Err(malformed("path-missing")),
    };
    if uri.scheme().is_some() || uri.authority().is_some() {
        *request.uri_mut() = path.parse().map_err(|_| malformed("address-unreadable"))?;
    }
    Ok(())
}

fn lengths(request: &Request) -> Result<(), AppError> {
    if request
        .uri()
        .path_and_query()
        .is_some_and(|path| path.as_str().len() > ADDRESS_MAX)
    {
        return Err(AppError::new(Kind::AddressTooLong, "address-too-long"));
    }
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if headers > HEADERS_MAX {
        return Err(AppError::new(Kind::HeadTooLong, "headers-too-long"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn settled(method: &str, uri: &str, hosts: &[&[u8]]) -> Result<(String, String), u16> {
        let mut request = Request::builder().method(method).uri(uri);
        for host in hosts {
            request = request.header("host", *host);
        }
        let mut request = request.body(Body::empty()).expect("a request");
        settle(&mut request).map_err(|Problem(error)| error.kind.status())?;
        Ok((
            request.uri().to_string(),
            request.headers()["host"].to_str().expect("text").to_owned(),
        ))
    }

    #[test]
    fn exactly_one_valid_host_is_required() {
        for host in [
            "art.example",
            "art.example:80",
            "127.0.0.1:3000",
            "[::1]",
            "[::1]:3000",
            "localhost:",
            "under_score",
            "a%20b",
        ] {
            assert_eq!(
                settled("GET", "/", &[host.as_bytes()]),
                Ok(("/".into(), host.into()))
            );
        }
        for host in [
            &b""[..],
            b":80",
            b"art.example:x",
            b"art.example:99999",
            b"art.example:80:80",
            b"a b",
            b"a/b",
            b"a@b",
            b"[::1",
            b"[nonsense]",
            b"[::1]x",
            b"\xe4.example",
            b"http://art.example",
            b"a,b:1,c",
        ] {
            assert_eq!(
                settled("GET", "/", &[host]),
                Err(400),
                "{}",
                String::from_utf8_lossy(host)
            );
        }
        assert_eq!(settled("GET", "/", &[]), Err(400));
        assert_eq!(
            settled("GET", "/", &[b"art.example", b"art.example"]),
            Err(400)
        );
        let mut old = Request::builder()
            .version(Version::HTTP_10)
            .body(Body::empty())
            .expect("a request");
        assert!(settle(&mut old).is_ok(), "HTTP/1.0 had none");
    }

    #[test]
    fn targets_are_normalised_to_origin_form() {
        let host: &[&[u8]] = &[b"art.example"];
        for (uri, path, named) in [
            ("/a?b=c", "/a?b=c", "art.example"),
            ("http://art.example/a?b", "/a?b", "art.example"),
            ("http://other.example:81/a", "/a", "other.example:81"),
            ("http://other.example", "/", "other.example"),
            ("http://other.example?x=1", "/?x=1", "other.example"),
        ] {
            assert_eq!(
                settled("GET", uri, host),
                Ok((path.into(), named.into())),
                "{uri}"
            );
        }
        for (method, uri, status) in [
            ("CONNECT", "art.example:443", 405),
            ("GET", "art.example:443", 400),
            ("OPTIONS", "*", 400),
            ("GET", "*", 400),
            ("GET", "http://ann@art.example/", 400),
        ] {
            assert_eq!(settled(method, uri, host), Err(status), "{method} {uri}");
        }
    }

    #[test]
    fn overlong_targets_get_414_and_overlong_heads_431() {
        let host: &[&[u8]] = &[b"art.example"];
        assert_eq!(
            settled("GET", &format!("/{}", "x".repeat(ADDRESS_MAX)), host),
            Err(414)
        );
        assert!(settled("GET", &format!("/{}", "x".repeat(ADDRESS_MAX - 1)), host).is_ok());
        let mut request = Request::builder()
            .header("host", "a")
            .header("x", "x".repeat(HEADERS_MAX))
            .body(Body::empty())
            .expect("one");
        assert_eq!(
            settle(&mut request).expect_err("too long").0.kind.status(),
            431
        );
    }
}
