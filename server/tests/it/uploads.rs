//! Uploads: which files are accepted, and how the others are refused.

use image::{ImageFormat, RgbImage};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::json;
use shared::dto::{ArtworkCard, Page};

use crate::{
    person::{Answer, Person, picture},
    site::Site,
};

async fn post(person: &Person, image: Vec<u8>) -> Answer {
    person
        .upload("/api/artworks", "*/*", &[("title", "Dusk")], image)
        .await
}

/// The start of a PNG that claims this size, with a valid checksum and no pixels.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    bytes.extend(&chunk);
    bytes.extend(crc(&chunk).to_be_bytes());
    bytes.extend(b"\0\0\0\0IDAT");
    bytes.extend(crc(b"IDAT").to_be_bytes());
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[tokio::test]
async fn all_four_picture_formats_are_accepted_whatever_their_file_name() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        RgbImage::from_pixel(40, 40, image::Rgb([9, 80, 160]))
            .write_to(&mut bytes, format)
            .expect("a picture");
        assert_eq!(
            post(&bo, bytes.into_inner()).await.status,
            201,
            "{format:?}, each called work.png"
        );
    }
}

#[tokio::test]
async fn files_that_are_not_pictures_are_refused_whatever_their_name() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let mut cut = picture(64, 64);
    cut.truncate(cut.len() / 2);
    for (what, bytes, status) in [
        ("text", b"hello, this is text".to_vec(), 415),
        (
            "a page",
            b"<!doctype html><script>alert(1)</script>".to_vec(),
            415,
        ),
        (
            "svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(),
            415,
        ),
        ("pdf", b"%PDF-1.7\n".to_vec(), 415),
        ("bmp", b"BM\0\0\0\0\0\0\0\0".to_vec(), 415),
        ("nothing", Vec::new(), 422),
        ("half a picture", cut, 422),
        ("a signature", b"\x89PNG\r\n\x1a\n".to_vec(), 422),
        ("a tiny picture", picture(8, 8), 422),
        ("a bomb", bomb(60_000, 60_000), 422),
        ("a long bomb", bomb(15_999, 15_999), 422),
        (
            "a bomb that overflows",
            bomb(u32::MAX >> 1, u32::MAX >> 1),
            422,
        ),
    ] {
        let answer = post(&bo, bytes).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        assert_eq!(answer.problem(status), ["image"], "{what}");
    }
    assert_eq!(
        bo.get("/api/artworks").await.json::<serde_json::Value>()["items"],
        json!([])
    );
}

const MB: usize = 1_024 * 1_024;

/// A valid picture padded to this size.
fn heavy(size: usize) -> Vec<u8> {
    let mut bytes = picture(64, 64);
    bytes.resize(size, 0);
    bytes
}

#[tokio::test]
async fn uploads_up_to_20_mb_are_accepted() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for size in [3 * MB, 20 * MB] {
        let answer = post(&bo, heavy(size)).await;
        assert_eq!(answer.status, 201, "{size} bytes: {}", answer.text);
    }
}

#[tokio::test]
async fn uploads_over_20_mb_are_refused() {
    let site = Site::open();
    let bo = site.join("bo").await;
    // Clients send the whole body before they read the response, as browsers do, so the response
    // must still arrive after that.
    for size in [20 * MB + 1, 21 * MB, 30 * MB] {
        assert_eq!(
            post(&bo, heavy(size)).await.problem(413),
            ["image"],
            "{size} bytes"
        );
    }
    let page = bo
        .upload(
            "/artworks/new",
            "text/html",
            &[("title", "Dusk")],
            heavy(21 * MB),
        )
        .await;
    assert_eq!(page.status, 413);
    assert!(
        page.header("content-type").starts_with("text/html"),
        "a browser gets a page: {}",
        page.text
    );
    assert_eq!(
        bo.get("/api/artworks").await.json::<serde_json::Value>()["items"],
        json!([])
    );
}

#[tokio::test]
async fn invalid_text_and_picture_are_reported_together() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let long = "x".repeat(5_001);
    let fields = [("title", ""), ("description", &*long)];
    let mut blamed = bo
        .upload("/api/artworks", "*/*", &fields, Vec::new())
        .await
        .problem(422);
    blamed.sort();
    assert_eq!(blamed, ["description", "image", "title"]);
    assert_eq!(
        bo.upload("/api/artworks", "*/*", &[], picture(32, 32))
            .await
            .problem(422),
        ["title"]
    );
}

#[tokio::test]
async fn an_upload_repeated_with_its_key_creates_one_work() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let keyed = async |key: &str| {
        Answer::of(bo.upload_request("Dusk").header("idempotency-key", key)).await
    };
    let (first, again) = (keyed("a1").await, keyed("a1").await);
    assert_eq!(
        (first.status, again.status, first.text),
        (201, 201, again.text)
    );
    keyed("two words").await.problem(400);
    assert_ne!(
        keyed("a2").await.header("location"),
        again.headers["location"],
        "another key is another work"
    );

    let sent = async |attempt: &str, side: u32| {
        let fields = [("title", "Dawn"), ("attempt", attempt)];
        let answer = bo
            .upload("/artworks/new", "text/html", &fields, picture(side, side))
            .await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").to_owned()
    };
    let dawn = sent("b1", 32).await;
    assert_eq!(
        sent("b1", 32).await,
        dawn,
        "a form submitted twice creates one work"
    );
    assert_ne!(
        sent("b1", 33).await,
        dawn,
        "another picture from the same page"
    );
    assert_eq!(
        bo.get("/api/artworks")
            .await
            .json::<Page<ArtworkCard>>()
            .items
            .len(),
        4
    );

    let refused = bo
        .upload(
            "/artworks/new",
            "text/html",
            &[("title", ""), ("attempt", "c1")],
            picture(32, 32),
        )
        .await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("name=\"attempt\" value=\"c1\""),
        "the refused form keeps its key: {}",
        refused.text
    );
}

#[tokio::test]
async fn malformed_upload_forms_are_refused() {
    let site = Site::open();
    let bo = site.join("bo").await;
    bo.post("/api/artworks", json!({ "title": "Dusk" }))
        .await
        .problem(415);
    let send = |kind: &'static str, body: &'static [u8]| {
        Answer::of(
            bo.request(Method::POST, "/api/artworks")
                .header("content-type", kind)
                .body(body),
        )
    };
    send("multipart/form-data", b"").await.problem(415);
    for broken in [
        &b""[..],
        b"nonsense",
        b"--x\r\n",
        b"--x\r\ncontent-disposition: form-data; name=\"image\"\r\n\r\nhalf",
    ] {
        let answer = send("multipart/form-data; boundary=x", broken).await;
        assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
        answer.problem(answer.status);
    }
    let odd = send(
        "multipart/form-data; boundary=x",
        b"--x\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\n\xff\xfe\r\n--x--\r\n",
    )
    .await;
    assert_eq!(odd.problem(422), ["title"], "not UTF-8");
}

#[tokio::test]
async fn unknown_and_duplicate_upload_fields_are_named() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let upload = async |path: &str, fields: &[(&str, &str)]| {
        bo.upload(path, "application/json", fields, picture(32, 32))
            .await
    };
    assert_eq!(
        upload(
            "/api/artworks",
            &[("title", "Dusk"), ("descripton", "Oil.")]
        )
        .await
        .problem(422),
        ["descripton"]
    );
    assert_eq!(
        upload("/api/artworks", &[("title", "Dusk"), ("title", "Dawn")])
            .await
            .problem(422),
        ["title"]
    );
    let two_pictures = Form::new()
        .text("title", "Dusk")
        .part("image", Part::bytes(picture(32, 32)).file_name("a.png"))
        .part("image", Part::bytes(picture(33, 32)).file_name("b.png"));
    let answer = Answer::of(
        bo.request(Method::POST, "/api/artworks")
            .multipart(two_pictures),
    )
    .await;
    assert_eq!(answer.problem(422), ["image"]);
    let long = "x".repeat(10_000);
    let named = upload("/api/artworks", &[("title", "Dusk"), (&long, "")])
        .await
        .problem(422);
    assert!(named[0].len() < 100, "{named:?}");
    // The page's form tolerates unknown fields, which browser extensions may add.
    assert_eq!(
        upload("/artworks/new", &[("title", "Dusk"), ("tracker", "1")])
            .await
            .status,
        201
    );
    assert_eq!(
        bo.get("/api/artworks")
            .await
            .json::<Page<ArtworkCard>>()
            .items
            .len(),
        1
    );
}
