//! Limits on the contents of a form: memory use and response sizes stay small, whoever sends it.

use reqwest::Method;

use crate::{
    person::{Answer, Person, picture},
    site::Site,
};

const MB: usize = 1_024 * 1_024;
/// How much the process may grow while it refuses a form of 90 MB, in KB.
const GROWTH: usize = 40 * 1_024;

async fn send(person: &Person, path: &str, accept: &str, parts: &[(&str, &[u8])]) -> Answer {
    let mut body = Vec::new();
    for (headers, content) in parts {
        body.extend(format!("--x\r\n{headers}\r\n\r\n").as_bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    let request = person
        .request(Method::POST, path)
        .header("accept", accept)
        .header("content-type", "multipart/form-data; boundary=x");
    Answer::of(request.body(body)).await
}

fn named(name: &str) -> String {
    format!("content-disposition: form-data; name=\"{name}\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_field_is_neither_buffered_nor_echoed() {
    let site = Site::open();
    let (bo, nobody) = (site.join("bo").await, site.visitor());
    let large = vec![b'a'; 90 * MB];
    let many: Vec<(String, Vec<u8>)> = (0..200)
        .map(|n| (named(&format!("f{n}")), vec![b'a'; 60_000]))
        .collect();
    let long_header = format!("{}\r\nx-long: {}", named("title"), "a".repeat(90 * MB));
    let before = site.told("VmHWM");
    for (person, refused) in [(&nobody, 401), (&bo, 413)] {
        for field in ["title", "description", "attempt", "something"] {
            for (path, accept) in [
                ("/artworks/new", "text/html"),
                ("/artworks/new", "application/json"),
                ("/api/artworks", "*/*"),
            ] {
                let answer = send(person, path, accept, &[(&named(field), &large)]).await;
                assert_eq!(answer.status, refused, "{field} to {path}");
                assert!(
                    answer.text.len() < 100_000,
                    "{field} to {path}: {} bytes come back",
                    answer.text.len()
                );
            }
        }
    }
    for path in ["/artworks/new", "/api/artworks"] {
        let parts: Vec<_> = many
            .iter()
            .map(|(headers, content)| (headers.as_str(), content.as_slice()))
            .collect();
        assert_eq!(
            send(&bo, path, "application/json", &parts).await.status,
            413,
            "many fields"
        );
        let answer = send(&bo, path, "application/json", &[(&long_header, b"Dusk")]).await;
        assert_eq!(answer.status, 400, "a long header: {}", answer.text);
        let mut preamble = bo
            .request(Method::POST, path)
            .header("content-type", "multipart/form-data; boundary=x");
        preamble = preamble
            .header("accept", "application/json")
            .body(large.clone());
        assert_eq!(Answer::of(preamble).await.status, 400, "no field at all");
    }
    let grown = site.told("VmHWM") - before;
    assert!(grown < GROWTH, "the process took {grown} KB more");
}

#[tokio::test]
async fn a_refused_upload_returns_the_typed_text_when_signed_out_or_the_picture_is_too_large() {
    let site = Site::open();
    let (bo, nobody) = (site.join("bo").await, site.visitor());
    let long = "word ".repeat(1_200);
    let fields = [
        ("title", "Dusk at the harbour"),
        ("attempt", "a1"),
        ("description", &*long),
    ];
    let mut heavy = picture(64, 64);
    heavy.resize(21 * MB, 0);
    for (person, image, status) in [
        (&nobody, picture(64, 64), 401),
        (&nobody, heavy.clone(), 401),
        (&bo, heavy, 413),
    ] {
        let mut form = reqwest::multipart::Form::new();
        // In the page's order: the field after the picture is kept too.
        form = form
            .text("title", fields[0].1.to_owned())
            .text("attempt", "a1");
        form = form.part(
            "image",
            reqwest::multipart::Part::bytes(image).file_name("work.png"),
        );
        form = form.text("description", long.clone());
        let answer = Answer::of(
            person
                .request(Method::POST, "/artworks/new")
                .header("accept", "text/html")
                .multipart(form),
        )
        .await;
        assert_eq!(answer.status, status, "{}", answer.text);
        for (_, typed) in fields {
            assert!(
                answer.text.contains(typed),
                "{typed:?} is not in {}",
                answer.text
            );
        }
    }
}
