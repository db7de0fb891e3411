//! The same files, in a folder and inside the program, are answered alike.

use std::{
    fs::{self, File},
    time::{Duration, SystemTime},
};

use axum::{
    body::{Body, Bytes},
    http::{Method, Request, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;
use crate::http::embedded::{Embedded, Packed};

/// Longer than one read of `ServeDir`, which is 64 KiB.
const WASM: &[u8] = &[7; 150_000];

const FILES: [(&str, &[u8]); 9] = [
    ("favicon.svg", b"<svg/>"),
    ("favicon.svg.br", b"svg in brotli"),
    ("hash.txt", b"js: 1\n"),
    ("manifest.webmanifest", b"{}"),
    ("pkg/artcritique.1.js", b"export {}"),
    ("pkg/artcritique.1.js.br", b"js in brotli"),
    ("pkg/artcritique.1.js.gz", b"js in gzip"),
    ("pkg/artcritique.1.wasm", WASM),
    ("robots.txt", b"User-agent: *\n"),
];

fn modified() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn find(path: &str) -> Option<Packed> {
    let (_, bytes) = FILES.iter().find(|(name, _)| *name == path)?;
    Some(Packed::new(*bytes, Some(modified())))
}

fn paths() -> Vec<String> {
    FILES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The two routers, and the folder of the first.
fn routers() -> (Router, Router, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("pkg")).expect("a folder");
    for (name, bytes) in FILES {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        let file = File::options().write(true).open(&path).expect("the file");
        file.set_modified(modified()).expect("a time");
    }
    (
        routes(&BuiltSite::Folder(folder.path().to_owned())),
        routes(&BuiltSite::Embedded(Embedded::new(find, paths))),
        folder,
    )
}

async fn send(router: &Router, method: &Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let sent = router.clone().oneshot(request).await;
    sent.unwrap_or_else(|never| match never {})
}

async fn body(response: Response) -> Bytes {
    response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes()
}

fn text<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let value = response.headers().get(name)?;
    Some(value.to_str().expect("a readable header"))
}

#[tokio::test]
async fn embedded_files_are_answered_like_files_in_a_folder() {
    let (from_folder, embedded, _folder) = routers();
    let paths = [
        "/favicon.svg",
        "/favicon.svg.br",
        "/hash.txt",
        "/manifest.webmanifest",
        "/robots.txt",
        "/robots.txt/",
        "/pkg/artcritique.1.js",
        "/pkg/artcritique.1.js/x",
        "/pkg/artcritique.1.wasm",
        "/pkg/artcritique.2.js",
        "/pkg/../hash.txt",
        "/pkg/..%2fhash.txt",
        "/pkg/",
    ];
    let accepted = [
        "",
        "gzip",
        "br;q=0.5, gzip;q=0.8",
        "gzip, br",
        "br;q=0, gzip;q=0",
        "identity;q=1, br;q=0.1",
        "zstd",
    ];
    let extra: [&[(&str, &str)]; 5] = [
        &[],
        &[("range", "bytes=2-4")],
        &[("range", "bytes=900000-")],
        &[("if-none-match", "*")],
        &[("if-modified-since", "Fri, 01 Dec 2023 00:00:00 GMT")],
    ];
    for method in [Method::GET, Method::HEAD, Method::POST] {
        for path in paths {
            for accept in accepted {
                for more in extra {
                    let mut headers = vec![("accept-encoding", accept)];
                    headers.extend(more);
                    let wanted = send(&from_folder, &method, path, &headers).await;
                    let got = send(&embedded, &method, path, &headers).await;
                    let what = format!("{method} {path} {headers:?}");
                    assert_eq!(got.status(), wanted.status(), "{what}");
                    assert_eq!(got.headers(), wanted.headers(), "{what}");
                    assert_eq!(body(got).await, body(wanted).await, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_embedded_file_has_its_type_its_encoding_and_a_year_in_caches() {
    let (_, embedded, _folder) = routers();
    let path = "/pkg/artcritique.1.js";
    let accept = ("accept-encoding", "gzip;q=0.9, br;q=1.0");
    let response = send(&embedded, &Method::GET, path, &[accept]).await;
    assert_eq!(response.status(), StatusCode::OK);
    for (name, value) in [
        ("content-type", "text/javascript"),
        ("content-encoding", "br"),
        ("content-length", "12"),
        ("vary", "accept-encoding"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("last-modified", "Tue, 14 Nov 2023 22:13:20 GMT"),
    ] {
        assert_eq!(text(&response, name), Some(value), "{name}");
    }
    let tag = text(&response, "etag").expect("an entity tag").to_owned();
    assert_eq!(body(response).await, "js in brotli");

    let known = [accept, ("if-none-match", &tag)];
    let unchanged = send(&embedded, &Method::GET, path, &known).await;
    assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(body(unchanged).await, "");

    let head = send(&embedded, &Method::HEAD, path, &[accept]).await;
    assert_eq!(text(&head, "content-length"), Some("12"));
    assert_eq!(body(head).await, "");
}

#[tokio::test]
async fn a_large_embedded_file_arrives_whole() {
    let (_, embedded, _folder) = routers();
    let response = send(&embedded, &Method::GET, "/pkg/artcritique.1.wasm", &[]).await;
    assert_eq!(text(&response, "content-type"), Some("application/wasm"));
    assert_eq!(body(response).await, WASM);
}

#[tokio::test]
async fn public_files_are_cached_for_a_day_and_hash_txt_is_private() {
    let (_, embedded, _folder) = routers();
    let icon = send(&embedded, &Method::GET, "/favicon.svg", &[]).await;
    assert_eq!(
        icon.headers()[header::CACHE_CONTROL],
        "public, max-age=86400"
    );
    assert_eq!(body(icon).await, "<svg/>");
    for path in ["/hash.txt", "/favicon.svg.br"] {
        let response = send(&embedded, &Method::GET, path, &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
