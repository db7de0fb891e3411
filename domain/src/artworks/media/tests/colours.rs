use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use jpeg_encoder::ColorType;
use moxcms::ColorProfile;

use crate::artworks::media::tests::{
    files::{extended_webp, jpeg, lossy_webp, png_with, profile, with_png_chunk, written},
    ingested, pixels,
};

const SIDE: u16 = 32;
/// A green in Adobe RGB, and the same colour in sRGB.
const ADOBE: [u8; 3] = [90, 160, 90];
const SEEN: [u8; 3] = [0, 161, 85];

fn flat<const N: usize>(pixel: [u8; N]) -> Vec<u8> {
    pixel.repeat(usize::from(SIDE).pow(2))
}

#[track_caller]
fn looks_like(upload: &[u8], colour: [u8; 3], tolerance: u8) {
    let taken = pixels(upload);
    let pixel = taken.get_pixel(11, 17);
    assert!(
        (0..3).all(|n| pixel[n].abs_diff(colour[n]) <= tolerance),
        "{pixel:?} is not {colour:?}"
    );
}

fn jpeg_of(pixels: &[u8], colours: ColorType, profile: Option<&[u8]>) -> Vec<u8> {
    jpeg(pixels, (SIDE, SIDE), colours, |encoder| {
        if let Some(profile) = profile {
            encoder.add_icc_profile(profile).expect("short");
        }
    })
}

fn webp_of(picture: DynamicImage, lossy: bool, profile: &[u8]) -> Vec<u8> {
    let still = if lossy {
        lossy_webp(&picture)
    } else {
        written(picture, ImageFormat::WebP)
    };
    extended_webp(
        &still,
        (SIDE.into(), SIDE.into()),
        0x20,
        &[(b"ICCP", profile)],
    )
}

#[test]
fn adobe_rgb_is_converted_in_every_format() {
    let adobe = ColorProfile::new_adobe_rgb().encode().expect("encodes");
    let side = u32::from(SIDE);
    looks_like(
        &jpeg_of(&flat(ADOBE), ColorType::Rgb, Some(&adobe)),
        SEEN,
        2,
    );
    looks_like(
        &jpeg(&flat(ADOBE), (SIDE, SIDE), ColorType::Rgb, |encoder| {
            encoder.set_progressive(true);
            encoder.add_icc_profile(&adobe).expect("short");
        }),
        SEEN,
        2,
    );
    let with_profile =
        |info: &mut png::Info| info.icc_profile = Some(profile(&ColorProfile::new_adobe_rgb()));
    looks_like(
        &png_with(
            &flat(ADOBE),
            side,
            png::ColorType::Rgb,
            png::BitDepth::Eight,
            with_profile,
        ),
        SEEN,
        1,
    );
    let wide: Vec<u8> = flat(ADOBE)
        .into_iter()
        .flat_map(|sample| [sample, sample])
        .collect();
    looks_like(
        &png_with(
            &wide,
            side,
            png::ColorType::Rgb,
            png::BitDepth::Sixteen,
            with_profile,
        ),
        SEEN,
        1,
    );
    let soft = png_with(
        &flat([90, 160, 90, 99]),
        side,
        png::ColorType::Rgba,
        png::BitDepth::Eight,
        with_profile,
    );
    looks_like(&soft, SEEN, 1);
    assert_eq!(
        pixels(&soft).get_pixel(4, 4)[3],
        99,
        "how see-through it is does not change"
    );
    let palette = png_with(
        &flat([0]),
        side,
        png::ColorType::Indexed,
        png::BitDepth::Eight,
        |info| {
            info.palette = Some(ADOBE.to_vec().into());
            with_profile(info);
        },
    );
    looks_like(&palette, SEEN, 1);
    let picture = RgbImage::from_pixel(side, side, image::Rgb(ADOBE));
    looks_like(&webp_of(picture.clone().into(), false, &adobe), SEEN, 1);
    looks_like(&webp_of(picture.into(), true, &adobe), SEEN, 4);
    let soft = RgbaImage::from_pixel(side, side, image::Rgba([90, 160, 90, 99]));
    looks_like(&webp_of(soft.into(), false, &adobe), SEEN, 1);
}

#[test]
fn stored_files_are_srgb_without_a_profile() {
    let adobe = ColorProfile::new_adobe_rgb().encode().expect("encodes");
    let encoded = ingested(&jpeg_of(&flat(ADOBE), ColorType::Rgb, Some(&adobe))).expect("is taken");
    for (name, file) in encoded.files {
        let shown = image::load_from_memory(&file)
            .expect("a picture")
            .into_rgb8();
        let pixel = shown.get_pixel(16, 16);
        assert!(
            (0..3).all(|n| pixel[n].abs_diff(SEEN[n]) <= 4),
            "{name}: {pixel:?}"
        );
        assert!(
            !file.windows(11).any(|part| part == b"ICC_PROFILE")
                && !file.windows(4).any(|part| part == b"ICCP")
        );
    }
}

#[test]
fn wide_gamut_colours_are_converted_to_srgb() {
    let p3 = ColorProfile::new_display_p3().encode().expect("encodes");
    looks_like(
        &jpeg_of(&flat([200, 60, 50]), ColorType::Rgb, Some(&p3)),
        [216, 45, 39],
        4,
    );
    let pro = ColorProfile::new_pro_photo_rgb().encode().expect("encodes");
    looks_like(
        &jpeg_of(&flat([128, 128, 128]), ColorType::Rgb, Some(&pro)),
        [147, 147, 147],
        3,
    );
}

#[test]
fn srgb_pixels_are_unchanged() {
    let srgb = ColorProfile::new_srgb().encode().expect("encodes");
    let picture = crate::artworks::media::tests::files::patterned(SIDE.into(), SIDE.into());
    let plain = jpeg_of(picture.as_raw(), ColorType::Rgb, None);
    assert!(pixels(&plain) == pixels(&jpeg_of(picture.as_raw(), ColorType::Rgb, Some(&srgb))));
}

#[test]
fn profiles_of_grey_pictures_are_applied() {
    // 128 of 255 with gamma 1.8 is 147 in sRGB.
    let grey = ColorProfile::new_gray_with_gamma(1.8);
    looks_like(
        &jpeg_of(&flat([128]), ColorType::Luma, grey.encode().ok().as_deref()),
        [147; 3],
        2,
    );
    let with_profile = |info: &mut png::Info| info.icc_profile = Some(profile(&grey));
    looks_like(
        &png_with(
            &flat([128]),
            SIDE.into(),
            png::ColorType::Grayscale,
            png::BitDepth::Eight,
            with_profile,
        ),
        [147; 3],
        1,
    );
    let soft = png_with(
        &flat([128, 200]),
        SIDE.into(),
        png::ColorType::GrayscaleAlpha,
        png::BitDepth::Eight,
        with_profile,
    );
    looks_like(&soft, [147; 3], 1);
    looks_like(&jpeg_of(&flat([128]), ColorType::Luma, None), [128; 3], 1);
}

/// CMYK colours, and their RGB without a profile.
const INKS: [([u8; 4], [u8; 3]); 6] = [
    ([0, 0, 0, 0], [255, 255, 255]),
    ([255, 0, 0, 0], [0, 255, 255]),
    ([0, 255, 0, 0], [255, 0, 255]),
    ([0, 0, 255, 0], [255, 255, 0]),
    ([0, 0, 0, 255], [0, 0, 0]),
    ([51, 102, 153, 51], [163, 122, 82]),
];

#[test]
fn cmyk_and_ycck_are_not_inverted() {
    for (inks, seen) in INKS {
        looks_like(&jpeg_of(&flat(inks), ColorType::Cmyk, None), seen, 5);
        looks_like(&jpeg_of(&flat(inks), ColorType::CmykAsYcck, None), seen, 5);
    }
}

#[test]
fn rgb_is_recognized_whatever_its_component_ids() {
    // Adobe's marking of three components without a transform. The encoder takes the input as
    // YCbCr, so it stores it unconverted.
    let set = |encoder: &mut jpeg_encoder::Encoder<&mut Vec<u8>>| {
        encoder
            .add_app_segment(14, b"Adobe\0\x64\0\0\0\0\0".to_vec())
            .expect("short");
    };
    looks_like(
        &jpeg(&flat([200, 60, 50]), (SIDE, SIDE), ColorType::Ycbcr, set),
        [200, 60, 50],
        3,
    );
}

#[test]
fn an_unreadable_profile_is_ignored() {
    let mut cut = ColorProfile::new_adobe_rgb().encode().expect("encodes");
    cut.truncate(200);
    let of_inks = {
        let mut profile = ColorProfile::new_adobe_rgb().encode().expect("encodes");
        profile[16..20].copy_from_slice(b"CMYK");
        profile
    };
    let noise: Vec<u8> = (0..4_096_u32)
        .map(|n| n.wrapping_mul(0x9e37_79b9).to_le_bytes()[3])
        .collect();
    let mut scrambled = ColorProfile::new_adobe_rgb().encode().expect("encodes");
    scrambled[128..]
        .iter_mut()
        .zip(&noise)
        .for_each(|(byte, noise)| *byte ^= noise);
    let grey = ColorProfile::new_gray_with_gamma(1.8)
        .encode()
        .expect("encodes");
    for profile in [
        &b"not a profile"[..],
        &[],
        &cut,
        &of_inks,
        &noise,
        &scrambled,
        &grey,
        &vec![0; 5 << 20],
    ] {
        looks_like(
            &jpeg_of(&flat(ADOBE), ColorType::Rgb, Some(profile)),
            ADOBE,
            2,
        );
        looks_like(
            &webp_of(
                RgbImage::from_pixel(SIDE.into(), SIDE.into(), image::Rgb(ADOBE)).into(),
                false,
                profile,
            ),
            ADOBE,
            0,
        );
        let plain = written(
            RgbImage::from_pixel(SIDE.into(), SIDE.into(), image::Rgb(ADOBE)),
            ImageFormat::Png,
        );
        looks_like(
            &with_png_chunk(&plain, b"iCCP", &[b"name\0\0", profile].concat()),
            ADOBE,
            0,
        );
        let good = png_with(
            &flat(ADOBE),
            SIDE.into(),
            png::ColorType::Rgb,
            png::BitDepth::Eight,
            |info| {
                info.icc_profile = Some(profile.to_vec().into());
            },
        );
        looks_like(&good, ADOBE, 0);
    }
    for profile in [&b"not a profile"[..], &noise, &scrambled] {
        looks_like(
            &jpeg_of(&flat([255, 0, 0, 0]), ColorType::Cmyk, Some(profile)),
            [0, 255, 255],
            5,
        );
        looks_like(
            &jpeg_of(&flat([128]), ColorType::Luma, Some(profile)),
            [128; 3],
            1,
        );
    }
}

#[test]
fn png_colour_chunks_are_applied_without_a_profile() {
    let plain = png_with(
        &flat(ADOBE),
        SIDE.into(),
        png::ColorType::Rgb,
        png::BitDepth::Eight,
        |_| {},
    );
    let number = |value: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small and positive"
        )]
        let scaled = (value * 100_000.0).round() as u32;
        scaled.to_be_bytes()
    };
    let adobe: Vec<u8> = [0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06]
        .into_iter()
        .flat_map(number)
        .collect();
    let (gamma, chromaticities) = (with_png_chunk(&plain, b"gAMA", &number(1.0 / 2.199)), adobe);
    looks_like(&with_png_chunk(&gamma, b"cHRM", &chromaticities), SEEN, 2);
    // With linear gamma, 90 of 255 is 159 in sRGB, and 160 is 207.
    looks_like(
        &with_png_chunk(&plain, b"gAMA", &number(1.0)),
        [159, 207, 159],
        2,
    );
    looks_like(&with_png_chunk(&plain, b"gAMA", &number(0.45455)), ADOBE, 0);
    looks_like(&with_png_chunk(&plain, b"sRGB", &[0]), ADOBE, 0);
    // Display P3 with the sRGB curve and full range; then PQ, whose code points are ignored.
    let p3 = with_png_chunk(
        &png_with(
            &flat([200, 60, 50]),
            SIDE.into(),
            png::ColorType::Rgb,
            png::BitDepth::Eight,
            |_| {},
        ),
        b"cICP",
        &[12, 13, 0, 1],
    );
    looks_like(&p3, [216, 45, 39], 3);
    looks_like(&with_png_chunk(&plain, b"cICP", &[9, 16, 0, 1]), ADOBE, 0);
    looks_like(&with_png_chunk(&plain, b"cHRM", &[0; 32]), ADOBE, 0);
}
