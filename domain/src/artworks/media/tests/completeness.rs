use image::{DynamicImage, ImageFormat, RgbaImage};
use jpeg_encoder::ColorType;
use shared::Kind;

use crate::artworks::media::tests::{
    decoded,
    files::{extended_webp, interlaced_png, jpeg, lossy_webp, patterned, riff_chunk, written},
    refusal, sentence,
};

/// A file of each kind, including one with metadata after the picture.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let picture = patterned(48, 40);
    let (size, pixels) = ((48, 40), picture.as_raw().as_slice());
    let see_through = DynamicImage::from(RgbaImage::from_fn(48, 40, |x, y| {
        image::Rgba([90, 160, 90, u8::try_from(x + y).expect("small")])
    }));
    vec![
        ("JPEG", jpeg(pixels, size, ColorType::Rgb, |_| {})),
        (
            "progressive JPEG",
            jpeg(pixels, size, ColorType::Rgb, |encoder| {
                encoder.set_progressive(true);
            }),
        ),
        (
            "JPEG with restarts",
            jpeg(pixels, size, ColorType::Rgb, |encoder| {
                encoder.set_restart_interval(7);
            }),
        ),
        (
            "JPEG in a scan for each colour",
            jpeg(pixels, size, ColorType::Rgb, |encoder| {
                encoder.set_optimized_huffman_tables(true);
            }),
        ),
        (
            "grey JPEG",
            jpeg(
                DynamicImage::from(picture.clone()).to_luma8().as_raw(),
                size,
                ColorType::Luma,
                |_| {},
            ),
        ),
        ("PNG", written(picture.clone(), ImageFormat::Png)),
        ("interlaced PNG", interlaced_png(&picture)),
        ("lossless WebP", written(picture.clone(), ImageFormat::WebP)),
        ("lossy WebP", lossy_webp(&picture.clone().into())),
        ("lossy WebP with alpha", lossy_webp(&see_through)),
        ("WebP with more behind it", {
            let still = [
                lossy_webp(&picture.clone().into()),
                riff_chunk(b"XMP ", &[b'x'; 500]),
            ]
            .concat();
            extended_webp(&still, (48, 40), 0x04, &[])
        }),
        ("GIF", written(picture, ImageFormat::Gif)),
    ]
}

#[test]
fn a_truncated_file_is_rejected_unless_the_picture_is_complete() {
    for (what, file) in files() {
        let whole = decoded(&file).unwrap_or_else(|error| panic!("{what}: {error}"));
        // Every length near the start and the end, and every 37th in between.
        for kept in
            (0..file.len()).filter(|kept| *kept < 100 || file.len() - kept < 100 || kept % 37 == 0)
        {
            match decoded(&file[..kept]) {
                Ok(taken) => assert!(
                    taken == whole,
                    "{what}: {kept} of {} bytes are taken, but are another picture",
                    file.len()
                ),
                Err(crate::Error::App(error)) if kept > 64 => {
                    let said = error.of("image").expect("a sentence");
                    assert!(
                        error.kind == Kind::Invalid && said.code == "picture-incomplete",
                        "{what}, {kept} of {}: {said}",
                        file.len()
                    );
                }
                Err(crate::Error::App(_)) => {}
                Err(other) => panic!("{what}: {other}"),
            }
        }
    }
}

#[test]
fn the_end_of_an_embedded_preview_does_not_end_the_picture() {
    let preview = jpeg(patterned(32, 32).as_raw(), (32, 32), ColorType::Rgb, |_| {});
    let file = jpeg(
        patterned(48, 40).as_raw(),
        (48, 40),
        ColorType::Rgb,
        |encoder| {
            encoder.add_exif_metadata(&preview).expect("short");
        },
    );
    assert!(decoded(&file).is_ok());
    assert!(sentence(&file[..file.len() * 2 / 3]).contains("incomplete"));
}

#[test]
fn data_after_the_picture_is_ignored() {
    for (what, mut file) in files() {
        let whole = decoded(&file).expect("is taken");
        file.extend(jpeg(&[0; 32 * 32 * 3], (32, 32), ColorType::Rgb, |_| {}));
        file.extend([0; 500]);
        assert!(decoded(&file).expect("is taken") == whole, "{what}");
    }
}

#[test]
fn a_damaged_picture_is_rejected_with_a_sentence() {
    let mut png = written(patterned(64, 64), ImageFormat::Png);
    let middle = png.len() / 2;
    png[middle] ^= 0xff;
    assert!(sentence(&png).contains("damaged"));
    let error = refusal(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIDAT and so on, for some length");
    assert!(error.kind == Kind::Invalid && error.of("image").is_some());
}

#[test]
fn a_truncated_jpeg_with_an_end_marker_is_rejected() {
    for (what, file) in files()
        .into_iter()
        .filter(|(what, _)| what.contains("JPEG"))
    {
        let whole = decoded(&file).expect("is taken");
        for kept in (file.len() / 2..file.len() - 2).step_by(11) {
            let capped = [&file[..kept], &[0xff, EOI]].concat();
            match decoded(&capped) {
                Ok(taken) => assert!(
                    taken == whole || what.contains("progressive"),
                    "{what}: {kept} of {} bytes",
                    file.len()
                ),
                Err(error) => assert!(
                    error.to_string().starts_with("fields-invalid"),
                    "{what}: {error}"
                ),
            }
        }
        assert!(
            decoded(&file[..file.len() - 2]).expect("is taken") == whole,
            "{what}: without the marker at its end"
        );
        let padded = [&file[..file.len() / 2], &[0; 5_000]].concat();
        assert!(
            sentence(&padded).contains("incomplete"),
            "{what}: filled up with zeros"
        );
    }
}

const EOI: u8 = 0xd9;

#[test]
fn an_animated_gif_needs_only_its_first_picture() {
    let mut gif = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
    for level in [200, 100, 50] {
        encoder
            .encode_frame(image::Frame::new(RgbaImage::from_pixel(
                64,
                64,
                image::Rgba([level, 0, 0, 255]),
            )))
            .expect("encodes");
    }
    drop(encoder);
    assert_eq!(
        crate::artworks::media::tests::pixels(&gif[..gif.len() * 2 / 3])
            .get_pixel(3, 3)
            .0,
        [200, 0, 0, 255]
    );
}

#[test]
fn an_interlaced_png_is_decoded() {
    for (width, height) in [(48, 40), (17, 16), (19, 65)] {
        let picture = patterned(width, height);
        assert!(
            decoded(&interlaced_png(&picture)).expect("is taken") == DynamicImage::from(picture)
        );
    }
}
