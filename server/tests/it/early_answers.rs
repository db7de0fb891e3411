//! Refusals reach a client that writes its whole request before it reads.

use crate::{
    person::{Person, picture},
    raw::{Raw, header, status},
    site::Site,
};

const KB: usize = 1_024;
const MB: usize = 1_024 * KB;

/// A raw request with a body.
fn request(person: &Person, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let (address, length, cookie) = (
        person.address.to_string(),
        body.len().to_string(),
        person.cookie(),
    );
    let always = [
        ("host", &*address),
        ("content-length", &*length),
        ("cookie", &*cookie),
    ];
    let headers = always
        .iter()
        .chain(headers)
        .filter(|(_, value)| !value.is_empty());
    let headers: String = headers
        .map(|(name, value)| [name, ": ", value, "\r\n"].concat())
        .collect();
    [format!("{line} HTTP/1.1\r\n{headers}\r\n").as_bytes(), body].concat()
}

const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=x");

fn part(name: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

/// An upload form with a picture padded to this size.
fn upload(size: usize) -> Vec<u8> {
    let mut image = picture(64, 64);
    image.resize(size, 0);
    [
        part("title", b"Dusk"),
        part("image", &image),
        part("description", b"At the harbour"),
        b"--x--\r\n".to_vec(),
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_refusal_reaches_a_client_that_writes_before_it_reads() {
    let site = Site::open();
    let (bo, nobody) = (site.join("bo").await, site.visitor());
    let foreign = ("sec-fetch-site", "cross-site");
    let json = ("content-type", "application/json");
    for size in [100 * KB, MB, 15 * MB, 30 * MB] {
        let (form, text) = (upload(size), vec![b' '; size]);
        for (what, sent, wanted) in [
            (
                "signed out",
                request(&nobody, "POST /api/artworks", &[FORM], &form),
                401,
            ),
            (
                "signed out, from the page",
                request(
                    &nobody,
                    "POST /artworks/new",
                    &[FORM, ("accept", "application/json")],
                    &form,
                ),
                401,
            ),
            (
                "from another site",
                request(&bo, "POST /api/artworks", &[FORM, foreign], &form),
                403,
            ),
            (
                "no such address",
                request(&bo, "POST /api/nowhere", &[], &text),
                404,
            ),
            (
                "no such method",
                request(&bo, "PUT /api/session", &[json], &text),
                405,
            ),
            (
                "no such page",
                request(&bo, "POST /nowhere", &[], &text),
                404,
            ),
            (
                "no form",
                request(&bo, "POST /api/artworks", &[json], &text),
                415,
            ),
        ] {
            for close in [false, true] {
                let mut sent = sent.clone();
                if close {
                    let end = sent
                        .windows(4)
                        .position(|four| four == b"\r\n\r\n")
                        .expect("a head");
                    sent.splice(end..end, *b"\r\nconnection: close");
                }
                let mut raw = Raw::open(site.address).await;
                raw.send_all(&sent).await;
                let answer = raw.next_answer().await;
                if wanted != 404 || !what.contains("page") {
                    assert_eq!(status(&answer), wanted, "{what}, {size} bytes: {answer}");
                }
                if !close {
                    raw.send_all(
                        format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", site.address)
                            .as_bytes(),
                    )
                    .await;
                    assert_eq!(
                        status(&raw.next_answer().await),
                        200,
                        "{what}, {size} bytes: the connection stays usable"
                    );
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_too_large_response_reaches_a_client_that_writes_before_it_reads() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let json = ("content-type", "application/json");
    for (what, sent) in [
        (
            "a picture",
            request(&bo, "POST /api/artworks", &[FORM], &upload(21 * MB)),
        ),
        (
            "far more",
            request(&bo, "POST /api/artworks", &[FORM], &upload(110 * MB)),
        ),
        (
            "a critique",
            request(
                &bo,
                "POST /api/artworks/1/critiques",
                &[json],
                &[b"{\"body\":\"".to_vec(), vec![b'a'; 5 * MB]].concat(),
            ),
        ),
        (
            "a sign-in",
            request(&bo, "POST /api/session", &[json], &vec![b' '; 5 * MB]),
        ),
        (
            "a form",
            request(
                &bo,
                "POST /actions/sign_in",
                &[("content-type", "application/x-www-form-urlencoded")],
                &vec![b'a'; 5 * MB],
            ),
        ),
    ] {
        let mut raw = Raw::open(site.address).await;
        raw.send_all(&sent).await;
        let answer = raw.next_answer().await;
        // Errors of server functions have their own format, which the page's script parses.
        let kind = if what == "a form" {
            "application/json"
        } else {
            "application/problem+json"
        };
        assert_eq!(
            (status(&answer), header(&answer, "content-type")),
            (413, kind),
            "{what}: {answer}"
        );
        if what == "a picture" || what == "far more" {
            assert!(answer.contains("at most 20 MB"), "{what}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_expects_100_continue_is_refused_at_once() {
    let site = Site::open();
    let mut raw = Raw::open(site.address).await;
    let head = format!(
        "POST /api/artworks HTTP/1.1\r\nhost: {}\r\ncontent-length: 90000000\r\nexpect: 100-continue\r\n{}: {}\r\n\r\n",
        site.address, FORM.0, FORM.1
    );
    raw.send(head.as_bytes()).await;
    assert_eq!(raw.status().await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_out_upload_is_refused_before_its_body_arrives() {
    let site = Site::open();
    let head = format!("content-length: 90000000\r\n{}: {}\r\n\r\n", FORM.0, FORM.1);
    let mut raw = Raw::open(site.address).await;
    raw.send(
        format!(
            "POST /api/artworks HTTP/1.1\r\nhost: {}\r\n{head}",
            site.address
        )
        .as_bytes(),
    )
    .await;
    assert_eq!(raw.status().await, 401);
}
