//! Malformed raw requests: none causes a server error.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;

use crate::{
    raw::{Raw, header, status},
    site::Site,
};

async fn ask(site: &Site, line: &str, headers: &str) -> (u16, String) {
    Raw::ask(
        site.address,
        &format!("{line}\r\n{headers}connection: close\r\n\r\n"),
    )
    .await
}

#[tokio::test]
async fn every_request_target_form_gets_a_proper_status() {
    let site = Site::open();
    let host = format!("host: {}\r\n", site.address);
    for (line, wanted) in [
        ("CONNECT art.example:443 HTTP/1.1".to_owned(), 405),
        ("CONNECT / HTTP/1.1".to_owned(), 405),
        ("OPTIONS * HTTP/1.1".to_owned(), 400),
        ("GET * HTTP/1.1".to_owned(), 400),
        ("GET http: HTTP/1.1".to_owned(), 400),
        ("GET http:// HTTP/1.1".to_owned(), 400),
        ("GET http:/healthz HTTP/1.1".to_owned(), 400),
        ("GET art.example:443 HTTP/1.1".to_owned(), 400),
        ("GET healthz HTTP/1.1".to_owned(), 400),
        ("GET ?x HTTP/1.1".to_owned(), 400),
        (format!("GET http://{}/healthz HTTP/1.1", site.address), 200),
        (format!("GET http://{} HTTP/1.1", site.address), 200),
        (format!("GET http://{}?x=1 HTTP/1.1", site.address), 200),
        (
            "GET http://ann@art.example/healthz HTTP/1.1".to_owned(),
            400,
        ),
        ("GET https://art.example/login HTTP/1.1".to_owned(), 200),
        ("TRACE / HTTP/1.1".to_owned(), 405),
        ("BREW /login HTTP/1.1".to_owned(), 405),
        ("GET /healthz HTTP/1.0".to_owned(), 200),
    ] {
        for accept in ["", "accept: text/html\r\n"] {
            let (status, answer) = ask(&site, &line, &format!("{host}{accept}")).await;
            assert_eq!(status, wanted, "{line}: {answer}");
            assert!(
                status != 405 || !header(&answer, "allow").is_empty(),
                "{line}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_request_needs_exactly_one_valid_host() {
    let site = Site::open();
    let line = "GET /healthz HTTP/1.1";
    let one = format!("host: {}\r\n", site.address);
    assert_eq!(ask(&site, line, &one).await.0, 200);
    for headers in [
        String::new(),
        format!("{one}{one}"),
        format!("{one}host: other.example\r\n"),
        "host:\r\n".into(),
        "host: a b\r\n".into(),
        "host: a/b\r\n".into(),
        "host: a@b\r\n".into(),
        "host: a:b\r\n".into(),
        "host: a:99999\r\n".into(),
        "host: [::1\r\n".into(),
        "host: ünst.example\r\n".into(),
    ] {
        let (status, answer) = ask(&site, line, &headers).await;
        assert_eq!(status, 400, "{headers:?}: {answer}");
        assert!(
            answer.contains("application/problem+json"),
            "{headers:?}: {answer}"
        );
    }
    assert_eq!(
        ask(&site, "GET /healthz HTTP/1.0", "").await.0,
        200,
        "HTTP/1.0 requires no Host header"
    );
    assert_eq!(
        ask(&site, "GET /healthz HTTP/1.0", &format!("{one}{one}"))
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn overlong_targets_and_headers_get_414_or_431() {
    let site = Site::open();
    let host = format!("host: {}\r\n", site.address);
    for (path, headers, wanted, words) in [
        ("x".repeat(9_000), host.clone(), 414, "too long"),
        (
            format!("login?next={}", "x".repeat(20_000)),
            host.clone(),
            414,
            "too long",
        ),
        (
            "login".to_owned(),
            format!("{host}cookie: a={}\r\n", "x".repeat(40_000)),
            431,
            "too long",
        ),
        (
            "login".to_owned(),
            format!("{host}{}", "x: y\r\n".repeat(90)),
            200,
            "",
        ),
        (
            "login".to_owned(),
            format!("{host}{}", "x: y\r\n".repeat(200)),
            431,
            "",
        ),
        ("x".repeat(50_000), host.clone(), 414, "too long"),
    ] {
        let (status, answer) = ask(&site, &format!("GET /{path} HTTP/1.1"), &headers).await;
        assert_eq!(status, wanted, "{}", &answer[..answer.len().min(300)]);
        assert!(answer.contains(words), "{answer}");
    }
}

#[tokio::test]
async fn an_unsupported_method_gets_405_with_allow_everywhere() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let picture = bo.artwork(dusk).await.picture.sources[0].url.clone();
    for path in [
        "/",
        "/login",
        "/artworks/1",
        "/@bo",
        "/settings",
        "/healthz",
        "/readyz",
        "/favicon.svg",
        "/pkg/x.js",
        &*picture,
    ] {
        for method in ["PUT", "DELETE", "PATCH", "POST", "OPTIONS"] {
            for accept in ["*/*", "text/html"] {
                let answer = bo
                    .request(method.parse().expect("a method"), path)
                    .header("accept", accept)
                    .send()
                    .await
                    .expect("an answer");
                assert_eq!(answer.status(), 405, "{method} {path}");
                let allow = answer
                    .headers()
                    .get("allow")
                    .map(|allow| allow.to_str().expect("text").to_owned());
                assert!(
                    allow.is_some_and(|allow| allow.contains("GET")),
                    "{method} {path}"
                );
            }
        }
    }
    for path in [
        "/actions/post_critique",
        "/actions/nothing",
        "/artworks/new",
        "/ws/notifications",
    ] {
        let answer = bo
            .request("PATCH".parse().expect("a method"), path)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 405, "{path}");
    }
}

#[tokio::test]
async fn invalid_handles_are_not_found() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for odd in [
        "%00",
        "bo%00",
        "%ff",
        "b%C3%B6",
        "bo%20",
        "..",
        "%2e%2e",
        "bo%0a",
        &"x".repeat(500),
    ] {
        for (method, path) in [
            ("PUT", format!("/api/people/{odd}/follow")),
            ("DELETE", format!("/api/people/{odd}/follow")),
        ] {
            bo.send(method, &path, json!({})).await.problem(404);
        }
        let page = bo.get(&format!("/@{odd}")).await;
        assert_eq!(page.status, 404, "/@{odd}: {}", page.text);
        let fields = [("handle", "bo\u{0}"), ("follow", "true")];
        assert_eq!(
            bo.form("/@bo", "/actions/follow", &fields).await.status,
            404
        );
    }
}

/// Requests with several faults at once: half of the parts are random, half are bytes with a
/// special meaning in HTTP or on this site.
fn odd_requests() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![
        Just("GET".to_owned()),
        prop::sample::select(vec![
            "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PRI"
        ])
        .prop_map(String::from),
        "[A-Za-z!]{0,9}",
    ];
    let piece = prop_oneof![
        prop::sample::select(vec![
            "/",
            "//",
            "*",
            "?",
            "#",
            "%",
            "%00",
            "%ff",
            "%2f",
            "..",
            "http:",
            "https://",
            "art.example",
            ":443",
            "@",
            "[::1]",
            "api",
            "artworks",
            "media",
            "actions",
            "ws/notifications",
            "login",
            "1",
            "-1",
            "99999999999999999999",
            "&",
            "=",
            "before=",
            "limit=",
            ";",
            "\\",
        ])
        .prop_map(String::from),
        "[ -~]{0,6}",
    ];
    let target = prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat());
    let version = prop::sample::select(vec![
        "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "",
    ]);
    let line = prop_oneof![
        prop::sample::select(vec![
            "host: art.example",
            "host: art.example",
            "host:",
            "host: a b",
            "content-length: 5",
            "content-length: 99999999999999999999",
            "transfer-encoding: chunked",
            "transfer-encoding: gzip, chunked",
            "content-type: application/json",
            "content-type: multipart/form-data; boundary=x",
            "content-type: application/x-www-form-urlencoded",
            "accept: text/html",
            "expect: 100-continue",
            "upgrade: websocket",
            "connection: upgrade",
            "sec-websocket-version: 13",
            "cookie: artcritique=\u{e9}; x",
            "x-forwarded-for: [",
            "forwarded: for=\"",
            "range: bytes=5-1",
            "if-none-match: \"",
            "idempotency-key: ",
            "accept-encoding: br;q=x",
            "if-modified-since: yesterday",
        ])
        .prop_map(|line| line.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    let body = prop_oneof![
        Just(Vec::new()),
        Just(b"{\"body\":\"\\ud800\"}".to_vec()),
        prop::collection::vec(any::<u8>(), 0..60)
    ];
    (
        method,
        target,
        version,
        prop::collection::vec(line, 0..6),
        body,
    )
        .prop_map(|(method, target, version, lines, body)| {
            let mut request = format!("{method} {target} {version}\r\n").into_bytes();
            for line in lines {
                request.extend(line);
                request.extend(b"\r\n");
            }
            request.extend(b"\r\n");
            request.extend(body);
            request
        })
}

fn answer_to(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("a connection");
    // Most requests without a prompt response are incomplete, and the server waits for the rest.
    stream
        .set_read_timeout(Some(Duration::from_millis(200)))
        .expect("a deadline");
    stream.write_all(request).ok();
    let mut answer = [0; 512];
    let read = stream.read(&mut answer).unwrap_or_default();
    answer[..read].to_vec()
}

#[test]
fn no_request_causes_a_server_error() {
    let site = Site::with(&[
        ("ARTCRITIQUE_RATE_LIMITS", "off"),
        ("ARTCRITIQUE_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&odd_requests(), |request| {
        let answer = answer_to(site.address, &request);
        let text = String::from_utf8_lossy(&answer);
        // The response is empty for an incomplete request.
        prop_assert!(
            answer.is_empty() || (100..500).contains(&status(&text)),
            "{}",
            text
        );
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let healthy = format!(
        "GET /healthz HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        site.address
    );
    assert_eq!(
        status(&String::from_utf8_lossy(&answer_to(
            site.address,
            healthy.as_bytes()
        ))),
        200
    );
}
