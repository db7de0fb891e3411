use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use crate::artworks::media::tests::{
    files::{extended_webp, lossy_webp, riff_chunk, written},
    ingested, pixels,
};

/// Opaque red beside transparent green; the edge lies within a scaled pixel.
fn cut_out() -> RgbaImage {
    RgbaImage::from_fn(401, 120, |x, _| {
        if x < 201 {
            Rgba([255, 0, 0, 255])
        } else {
            Rgba([0, 255, 0, 0])
        }
    })
}

#[test]
fn hidden_colours_of_transparent_pixels_never_bleed() {
    let wide = image::ImageBuffer::<Rgba<u16>, Vec<u16>>::from_fn(401, 120, |x, _| {
        if x < 201 {
            Rgba([u16::MAX, 0, 0, u16::MAX])
        } else {
            Rgba([0, u16::MAX, 0, 0])
        }
    });
    for upload in [
        written(cut_out(), ImageFormat::Png),
        written(wide, ImageFormat::Png),
        written(cut_out(), ImageFormat::WebP),
    ] {
        let encoded = ingested(&upload).expect("is taken");
        assert_eq!(encoded.ext, "webp");
        for (name, file) in &encoded.files {
            for pixel in image::load_from_memory(file)
                .expect("a picture")
                .into_rgba8()
                .pixels()
                .filter(|pixel| pixel[3] > 12)
            {
                // Lossy compression may shift colours a little, but not towards green.
                assert!(pixel[0] > 200 && pixel[1] < 60, "{name}: {pixel:?}");
            }
        }
    }
}

#[test]
fn the_placeholder_is_as_transparent_as_the_picture() {
    use base64::{Engine, prelude::BASE64_STANDARD};

    let shown = |upload: Vec<u8>| {
        let data = ingested(&upload).expect("is taken").placeholder;
        let bytes = BASE64_STANDARD
            .decode(
                data.strip_prefix("data:image/webp;base64,")
                    .expect("a WebP"),
            )
            .expect("sound");
        image::load_from_memory(&bytes)
            .expect("a picture")
            .into_rgba8()
    };
    let cut = shown(written(cut_out(), ImageFormat::Png));
    assert_eq!(
        (cut.get_pixel(2, 5).0, cut.get_pixel(17, 5)[3]),
        ([255, 0, 0, 255], 0)
    );
    assert!(
        shown(written(image::RgbImage::new(90, 30), ImageFormat::Png))
            .pixels()
            .all(|pixel| pixel[3] == 255)
    );
}

#[test]
fn an_opaque_alpha_channel_is_dropped() {
    let opaque = RgbaImage::from_pixel(64, 48, Rgba([90, 160, 90, 255]));
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let encoded = ingested(&written(opaque.clone(), format)).expect("is taken");
        assert_eq!(encoded.ext, "jpg", "{format:?}");
    }
}

#[test]
fn an_animated_webp_shows_its_first_frame_in_position() {
    let frame = DynamicImage::from(RgbaImage::from_pixel(20, 16, Rgba([200, 10, 10, 255])));
    let moving = |still: &[u8]| {
        let mut head = vec![4, 0, 0, 6, 0, 0];
        head.extend([19, 0, 0, 15, 0, 0, 100, 0, 0, 0]);
        let frame = riff_chunk(b"ANMF", &[&head, &still[12..]].concat());
        let nothing = [b"RIFF\0\0\0\0WEBP".to_vec(), frame.clone(), frame].concat();
        extended_webp(&nothing, (64, 48), 0x12, &[(b"ANIM", &[0; 6])])
    };
    for still in [
        written(frame.clone(), ImageFormat::WebP),
        lossy_webp(&frame),
    ] {
        let shown = pixels(&moving(&still));
        assert_eq!(shown.dimensions(), (64, 48));
        let inside = shown.get_pixel(8, 12);
        assert!(
            inside[0].abs_diff(200) < 4 && inside[3] == 255,
            "{inside:?}"
        );
        assert_eq!(
            (
                shown.get_pixel(7, 12)[3],
                shown.get_pixel(8, 11)[3],
                shown.get_pixel(28, 12)[3]
            ),
            (0, 0, 0)
        );
    }
}

#[test]
fn a_lossy_webp_keeps_its_alpha() {
    let soft = RgbaImage::from_fn(64, 64, |x, _| {
        Rgba([90, 160, 90, u8::try_from(x * 4).expect("small")])
    });
    let shown = pixels(&lossy_webp(&soft.into()));
    assert!(shown.get_pixel(32, 9)[3].abs_diff(128) < 3);
}
