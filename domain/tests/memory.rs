//! How much memory an upload takes, whatever its file contains. A separate process, since it counts
//! all allocations.

use std::io::{Cursor, Write};

use bytes::Bytes;
use domain::artworks::media::Media;
use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MB: usize = 1_024 * 1_024;
/// Allowance for any upload, however small its picture, in bytes: a few copies of the file, and the
/// decoders' needs.
const CONSTANT: usize = 64 * MB;
/// Allowance per pixel, in bytes. Progressive JPEGs need the most, since the decoder holds all of
/// their coefficients.
const EACH_PIXEL: usize = 10;

fn chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
    let mut chunk = u32::try_from(data.len())
        .expect("short")
        .to_be_bytes()
        .to_vec();
    chunk.extend(name);
    chunk.extend(data);
    let crc = chunk[4..].iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    });
    chunk.extend((!crc).to_be_bytes());
    chunk
}

/// This many megabytes of zeros, compressed with zlib.
fn zeros(megabytes: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 1_023 * 1_024, megabytes);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("writes");
    let mut stream = writer.stream_writer().expect("writes");
    let line = vec![0; 1_023 * 1_024];
    (0..megabytes).for_each(|_| stream.write_all(&line).expect("writes"));
    stream.finish().expect("finishes");
    writer.finish().expect("finishes");
    let (mut zlib, mut at) = (Vec::new(), 8);
    while at < file.len() {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().expect("four")) as usize;
        if &file[at + 4..at + 8] == b"IDAT" {
            zlib.extend(&file[at + 8..at + 8 + length]);
        }
        at += length + 12;
    }
    zlib
}

fn written(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .into()
        .write_to(&mut Cursor::new(&mut bytes), format)
        .expect("encodes");
    bytes
}

/// A small PNG with these chunks before its pixels.
fn png_with(chunks: &[u8]) -> Vec<u8> {
    let png = written(RgbImage::new(64, 64), ImageFormat::Png);
    let at = png
        .windows(4)
        .position(|name| name == b"IDAT")
        .expect("pixels")
        - 4;
    [&png[..at], chunks, &png[at..]].concat()
}

/// A small JPEG with `count` segments of this kind.
fn jpeg_with(marker: u8, count: usize, begins: &[u8]) -> Vec<u8> {
    let jpeg = written(RgbImage::new(64, 64), ImageFormat::Jpeg);
    let mut file = jpeg[..2].to_vec();
    for n in 0..count {
        let mut data = begins.to_vec();
        if marker == 0xe2 {
            data.extend([n.to_le_bytes()[0].wrapping_add(1), count.to_le_bytes()[0]]);
        }
        data.resize(65_000, 0x55);
        file.extend([0xff, marker]);
        file.extend(u16::try_from(data.len() + 2).expect("short").to_be_bytes());
        file.extend(data);
    }
    file.extend(&jpeg[2..]);
    file
}

/// A small extended WebP with a 16 MB chunk of this name.
fn webp_with(name: &[u8], flag: u8) -> Vec<u8> {
    let still = written(RgbImage::new(64, 64), ImageFormat::WebP);
    let large = |name: &[u8], data: &[u8]| {
        [
            name,
            &u32::try_from(data.len()).expect("short").to_le_bytes(),
            data,
        ]
        .concat()
    };
    let mut body = large(b"VP8X", &[flag, 0, 0, 0, 63, 0, 0, 63, 0, 0]);
    body.extend(large(name, &vec![0x55; 16 * MB]));
    body.extend(&still[12..]);
    [
        &b"RIFF"[..],
        &u32::try_from(body.len() + 4).expect("short").to_le_bytes(),
        b"WEBP",
        &body,
    ]
    .concat()
}

/// A small GIF with 10 MB of comments and the same frame repeated.
fn gif_with_much() -> Vec<u8> {
    let gif = written(
        RgbaImage::from_pixel(64, 64, image::Rgba([9, 80, 160, 255])),
        ImageFormat::Gif,
    );
    let colours = 13
        + if gif[10] & 0x80 == 0 {
            0
        } else {
            3 << ((gif[10] & 7) + 1)
        };
    let mut file = gif[..colours].to_vec();
    file.extend([0x21, 0xfe]);
    for _ in 0..40_000 {
        file.push(255);
        file.extend([0x55; 255]);
    }
    file.push(0);
    let frame = &gif[colours..gif.len() - 1];
    while file.len() < 18 * MB {
        file.extend(frame);
    }
    file.push(0x3b);
    file
}

/// Ingests an upload; returns the peak allocation in addition to the upload itself, in bytes.
async fn peak(media: &Media, what: &str, upload: Vec<u8>) -> usize {
    assert!(
        upload.len() <= shared::UPLOAD_MAX,
        "{what}: {} bytes",
        upload.len()
    );
    let upload = Bytes::from(upload);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    media
        .ingest(upload)
        .await
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    MEMORY.peak_usage() - before
}

#[tokio::test]
async fn upload_memory_is_bounded_by_its_pixel_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let media = Media::folder(folder.path()).expect("a store");
    let bomb = zeros(400);
    assert!(bomb.len() < 2 * MB);
    let named = |after: &[u8]| [b"name\0", after, &bomb].concat();
    let frames: Vec<u8> = (0..2_000_u32)
        .flat_map(|n| {
            chunk(
                b"fdAT",
                &[n.to_be_bytes().to_vec(), vec![0; 5_000]].concat(),
            )
        })
        .collect();
    for (what, upload) in [
        (
            "a compressed profile",
            png_with(&chunk(b"iCCP", &named(b"\0"))),
        ),
        (
            "compressed text",
            png_with(&chunk(b"zTXt", &named(b"\0")).repeat(8)),
        ),
        (
            "compressed international text",
            png_with(&chunk(b"iTXt", &named(b"\x01\0\0\0")).repeat(8)),
        ),
        (
            "a large EXIF block",
            png_with(&chunk(b"eXIf", &vec![0x55; 18 * MB])),
        ),
        (
            "an unknown chunk",
            png_with(&chunk(b"prVw", &vec![0x55; 18 * MB])),
        ),
        ("many frames", png_with(&frames)),
        (
            "a profile in many segments",
            jpeg_with(0xe2, 254, b"ICC_PROFILE\0"),
        ),
        (
            "previews",
            jpeg_with(0xe1, 280, b"http://ns.adobe.com/xmp/extension/\0"),
        ),
        ("EXIF again and again", jpeg_with(0xe1, 280, b"Exif\0\0")),
        ("comments", jpeg_with(0xfe, 280, b"")),
        ("a large profile", webp_with(b"ICCP", 0x20)),
        ("large metadata", webp_with(b"XMP ", 0x04)),
        ("a large EXIF block in a WebP", webp_with(b"EXIF", 0x08)),
        ("a moving GIF with commentary", gif_with_much()),
    ] {
        let taken = peak(&media, what, upload).await;
        assert!(taken < CONSTANT, "{what}: {} MB", taken / MB);
    }

    let (side, pixels) = (1_700, 1_700 * 1_700);
    let flat = RgbImage::from_pixel(side, side, image::Rgb([9, 80, 160]));
    let soft = RgbaImage::from_fn(side, side, |x, y| {
        image::Rgba([9, 80, 160, (x ^ y).to_le_bytes()[0]])
    });
    let wide = DynamicImage::from(soft.clone()).to_rgba16();
    let mut progressive = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut progressive, 95);
    encoder.set_progressive(true);
    let short = u16::try_from(side).expect("short");
    encoder
        .encode(flat.as_raw(), short, short, jpeg_encoder::ColorType::Rgb)
        .expect("encodes");
    for (what, upload) in [
        ("JPEG", written(flat.clone(), ImageFormat::Jpeg)),
        ("progressive JPEG", progressive),
        ("PNG", written(flat.clone(), ImageFormat::Png)),
        ("PNG with alpha", written(soft.clone(), ImageFormat::Png)),
        (
            "PNG of 16 bits",
            written(DynamicImage::from(wide), ImageFormat::Png),
        ),
        ("WebP with alpha", written(soft, ImageFormat::WebP)),
        ("GIF", written(flat, ImageFormat::Gif)),
    ] {
        let taken = peak(&media, what, upload).await;
        assert!(
            taken < CONSTANT + EACH_PIXEL * pixels,
            "{what}: {} bytes a pixel",
            taken / pixels
        );
    }
}
