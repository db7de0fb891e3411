use base64::{Engine, prelude::BASE64_STANDARD};
use image::{DynamicImage, ImageFormat, RgbImage};
use shared::{Kind, dto::Picture};

use crate::artworks::media::tests::{
    decode,
    files::{crc32, jpeg, patterned, png, written},
    ingested, pixels, refusal, sentence,
};

/// The widths of the files with this extension.
fn widths(upload: &[u8], ext: &str) -> Vec<u32> {
    let encoded = ingested(upload).expect("is taken");
    let names = encoded
        .files
        .iter()
        .filter_map(|(name, _)| name.strip_suffix(ext)?.strip_suffix('.')?.parse().ok());
    names.collect()
}

#[test]
fn a_picture_is_stored_in_sizes_for_pages_and_full_size() {
    let broad = png(3_000, 40);
    assert_eq!(
        widths(&broad, "jpg"),
        [320, 480, 640, 960, 1_280, 1_920, 2_560, 3_000]
    );
    assert_eq!(
        widths(&broad, "webp"),
        widths(&broad, "jpg"),
        "the whole of it is small enough for pages"
    );
    assert_eq!(widths(&png(700, 100), "jpg"), [320, 480, 640, 700]);
    assert_eq!(widths(&png(100, 700), "jpg"), [100]);
    assert_eq!(
        widths(
            &written(RgbImage::new(3_000, 2_100), ImageFormat::Png),
            "webp"
        )
        .last(),
        Some(&2_560),
        "6.3 megapixels are not"
    );
}

#[test]
fn every_file_has_the_width_in_its_name() {
    for (width, height) in [(1_000, 61), (2_700, 135), (61, 600)] {
        let encoded = ingested(&png(width, height)).expect("is taken");
        assert_eq!((encoded.width, encoded.height), (width, height));
        for (name, bytes) in &encoded.files {
            let file = image::load_from_memory(bytes).expect("a picture");
            let named: u32 = name
                .split('.')
                .next()
                .and_then(|name| name.parse().ok())
                .expect("a width");
            assert_eq!(file.width(), named, "{name}");
            let exact = f64::from(height) * f64::from(named) / f64::from(width);
            assert!(
                (f64::from(file.height()) - exact).abs() <= 0.5,
                "{name}: {} × {}",
                file.width(),
                file.height()
            );
        }
    }
}

#[test]
fn the_full_size_keeps_its_detail() {
    let fine = RgbImage::from_fn(3_000, 150, |x, y| {
        if (x + y) % 2 == 0 {
            image::Rgb([30; 3])
        } else {
            image::Rgb([220; 3])
        }
    });
    let encoded = ingested(&written(fine.clone(), ImageFormat::Png)).expect("is taken");
    let (name, whole) = encoded.files.last().expect("files");
    let whole = image::load_from_memory(whole)
        .expect("a picture")
        .into_rgb8();
    assert_eq!(whole.dimensions(), (3_000, 150), "{name}");
    let furthest = fine
        .iter()
        .zip(whole.iter())
        .map(|(before, after)| before.abs_diff(*after))
        .max();
    assert!(
        furthest < Some(40),
        "single pixels are told apart: {furthest:?}"
    );
}

#[test]
fn long_strips_are_accepted_in_both_directions() {
    for (width, height) in [(800, 18_000), (18_000, 800), (763, 65_500), (65_500, 763)] {
        assert!(
            decode::head(&claims(width, height)).is_ok(),
            "{width} × {height}"
        );
    }
    for (width, height) in [(17, 65_500), (65_500, 17)] {
        let strip = written(
            RgbImage::from_pixel(width, height, image::Rgb([9, 80, 160])),
            ImageFormat::Png,
        );
        let encoded =
            ingested(&strip).unwrap_or_else(|error| panic!("{width} × {height}: {error}"));
        assert_eq!((encoded.width, encoded.height), (width, height));
    }
    let painted = written(
        image::RgbaImage::from_pixel(20, 20_000, image::Rgba([9, 80, 160, 90])),
        ImageFormat::Png,
    );
    assert_eq!(widths(&painted, "png"), [20], "longer than a WebP can be");
    assert_eq!(ingested(&painted).expect("is taken").ext, "png");
}

#[test]
fn long_jpeg_strips_are_accepted() {
    let strip = jpeg(
        &vec![90; 40 * 17_000 * 3],
        (40, 17_000),
        jpeg_encoder::ColorType::Rgb,
        |encoder| encoder.set_progressive(true),
    );
    assert_eq!(pixels(&strip).dimensions(), (40, 17_000));
}

/// A PNG whose header declares this size.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let mut file = png(64, 64);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&file[12..29]);
    file[29..33].copy_from_slice(&crc.to_be_bytes());
    file
}

#[test]
fn a_size_out_of_bounds_is_rejected_with_the_bound() {
    for (width, height, bound) in [
        (60_000, 60_000, "picture-too-many-pixels"),
        (15_999, 15_999, "picture-too-many-pixels"),
        (70_000, 20, "picture-side-too-long"),
        (20, 70_000, "picture-side-too-long"),
        (u32::MAX >> 1, u32::MAX >> 1, "picture-too-many-pixels"),
        (15, 400, "picture-too-small"),
        (400, 15, "picture-too-small"),
    ] {
        let error = refusal(&claims(width, height));
        assert_eq!(error.kind, Kind::Invalid);
        let said = error.of("image").expect("a sentence").to_string();
        let named = format!("{bound} (width: {width}, height: {height}, ");
        assert!(said.starts_with(&named), "{width} × {height}: {said}");
    }
}

#[test]
fn a_gif_with_a_canvas_out_of_bounds_is_rejected() {
    let mut gif = written(patterned(32, 32), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    assert!(sentence(&gif).contains("megapixels: 50"));
}

#[test]
fn other_file_formats_are_rejected() {
    for not_a_picture in [
        &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..],
        b"GIF",
        b"%PDF-1.4",
        b"<script>",
        &[0; 64],
        b"BM\0\0\0\0",
        b"II*\0",
    ] {
        assert_eq!(
            refusal(not_a_picture).kind,
            Kind::Unsupported,
            "{not_a_picture:?}"
        );
    }
}

#[test]
fn a_photo_is_turned_upright_and_its_metadata_dropped() {
    let mut upright = Vec::new();
    // EXIF with orientation 6 (rotate right), as a camera writes it, and a comment.
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend(b"taken at home");
    let picture = RgbImage::from_fn(120, 60, |x, _| {
        if x < 60 {
            image::Rgb([250, 0, 0])
        } else {
            image::Rgb([0, 0, 250])
        }
    });
    upright.push(jpeg(
        picture.as_raw(),
        (120, 60),
        jpeg_encoder::ColorType::Rgb,
        |encoder| {
            encoder.add_exif_metadata(&exif).expect("short");
        },
    ));
    let plain = written(picture.clone(), ImageFormat::Png);
    upright.push(crate::artworks::media::tests::files::with_png_chunk(
        &plain, b"eXIf", &exif,
    ));
    let still = written(picture, ImageFormat::WebP);
    upright.push(crate::artworks::media::tests::files::extended_webp(
        &still,
        (120, 60),
        0x08,
        &[(b"EXIF", &exif)],
    ));
    for upload in upright {
        let encoded = ingested(&upload).expect("is taken");
        assert_eq!((encoded.width, encoded.height), (60, 120));
        assert!(
            encoded
                .files
                .iter()
                .all(|(_, file)| !file.windows(13).any(|part| part == b"taken at home"))
        );
        let turned = pixels(&upload);
        assert!(
            turned.get_pixel(30, 20)[0] > 200 && turned.get_pixel(30, 100)[2] > 200,
            "what was left is above"
        );
    }
}

#[test]
fn pages_never_show_the_full_size_of_a_large_picture() {
    assert!(Picture::is_for_pages(2_560, 60_000) && Picture::is_for_pages(6_000, 1_000));
    assert!(!Picture::is_for_pages(4_000, 3_000));
}

#[test]
fn all_bit_depths_are_accepted() {
    let wide = image::ImageBuffer::<image::Rgb<u16>, _>::from_fn(64, 64, |x, _| {
        image::Rgb([u16::try_from(x * 1_000).expect("small"), 0x8080, 0xffff])
    });
    let taken = pixels(&written(DynamicImage::from(wide), ImageFormat::Png));
    assert_eq!(taken.get_pixel(63, 0).0, [245, 128, 255, 255]);
    let grey = image::ImageBuffer::<image::LumaA<u16>, _>::from_pixel(
        64,
        64,
        image::LumaA([0x4040, 0x8080]),
    );
    assert_eq!(
        pixels(&written(DynamicImage::from(grey), ImageFormat::Png))
            .get_pixel(5, 5)
            .0,
        [64, 64, 64, 128]
    );
    for (depth, lit) in [
        (png::BitDepth::One, 255),
        (png::BitDepth::Two, 255),
        (png::BitDepth::Four, 255),
    ] {
        let line = 64 * usize::from(depth as u8) / 8;
        let file = crate::artworks::media::tests::files::png_with(
            &vec![0xff; line * 64],
            64,
            png::ColorType::Grayscale,
            depth,
            |_| {},
        );
        assert_eq!(pixels(&file).get_pixel(9, 9).0, [lit, lit, lit, 255]);
    }
}

#[test]
fn a_placeholder_has_the_aspect_ratio_of_its_picture() {
    let placeholder = |width: u32, height: u32| {
        let data = ingested(&png(width, height)).expect("is taken").placeholder;
        let bytes = BASE64_STANDARD
            .decode(data.split_once(',').expect("a data: address").1)
            .expect("base64");
        let tiny = image::load_from_memory(&bytes).expect("a picture");
        (
            f64::from(tiny.width()) / f64::from(tiny.height()),
            tiny.width().max(tiny.height()),
        )
    };
    // 1:1, 4:3, 3:2, 5:4, 16:9, the golden ratio and A4, landscape and portrait.
    for (long, short) in [
        (400, 400),
        (400, 300),
        (600, 400),
        (500, 400),
        (800, 450),
        (809, 500),
        (842, 595),
    ] {
        for (width, height) in [(long, short), (short, long)] {
            let (shape, longest) = placeholder(width, height);
            let off = shape * f64::from(height) / f64::from(width) - 1.0;
            assert!(
                off.abs() < 0.005 && (10..=20).contains(&longest),
                "{width} × {height}: {off}, {longest}"
            );
        }
    }
    assert_eq!(
        placeholder(40, 4_000),
        (1.0 / 20.0, 20),
        "a strip has a pixel at least"
    );
}
