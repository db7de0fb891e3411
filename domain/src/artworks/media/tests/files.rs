//! Sample files, made in code.

use std::{borrow::Cow, io::Cursor};

use image::{DynamicImage, ImageFormat, RgbImage};
use jpeg_encoder::ColorType;

/// A picture whose pixels differ everywhere.
pub fn patterned(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let mixed = x.wrapping_mul(0x9e37_79b9) ^ y.wrapping_mul(0x85eb_ca6b);
        image::Rgb([
            x.to_le_bytes()[0],
            y.to_le_bytes()[0],
            mixed.to_le_bytes()[2],
        ])
    })
}

pub fn written(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .into()
        .write_to(&mut Cursor::new(&mut bytes), format)
        .expect("encodes");
    bytes
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    written(patterned(width, height), ImageFormat::Png)
}

/// A JPEG with encoder settings of the test.
pub fn jpeg(
    pixels: &[u8],
    (width, height): (u16, u16),
    colours: ColorType,
    set: impl FnOnce(&mut jpeg_encoder::Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
    set(&mut encoder);
    encoder
        .encode(pixels, width, height, colours)
        .expect("encodes");
    bytes
}

/// A PNG with header fields set by the test.
pub fn png_with(
    pixels: &[u8],
    side: u32,
    colours: png::ColorType,
    depth: png::BitDepth,
    set: impl FnOnce(&mut png::Info),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut info = png::Info::with_size(side, side);
    (info.color_type, info.bit_depth) = (colours, depth);
    set(&mut info);
    let encoder = png::Encoder::with_info(&mut bytes, info).expect("sound");
    let mut writer = encoder.write_header().expect("writes");
    writer.write_image_data(pixels).expect("writes");
    writer.finish().expect("finishes");
    bytes
}

/// An interlaced PNG, without compression.
pub fn interlaced_png(picture: &RgbImage) -> Vec<u8> {
    const PASSES: [(u32, u32, u32, u32); 7] = [
        (0, 8, 0, 8),
        (4, 8, 0, 8),
        (0, 4, 4, 8),
        (2, 4, 0, 4),
        (0, 2, 2, 4),
        (1, 2, 0, 2),
        (0, 1, 1, 2),
    ];
    let mut lines = Vec::new();
    for (x, across, y, down) in PASSES {
        for y in (y..picture.height()).step_by(down as usize) {
            lines.push(0);
            (x..picture.width())
                .step_by(across as usize)
                .for_each(|x| lines.extend(picture.get_pixel(x, y).0));
        }
    }
    // Stored blocks of Deflate (RFC 1951, section 3.2.4).
    let mut zlib = vec![0x78, 0x01];
    let blocks = lines.chunks(60_000).count();
    for (n, block) in lines.chunks(60_000).enumerate() {
        let length = u16::try_from(block.len()).expect("short");
        zlib.push(u8::from(n + 1 == blocks));
        zlib.extend(length.to_le_bytes());
        zlib.extend((!length).to_le_bytes());
        zlib.extend(block);
    }
    let (a, b) = lines.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    zlib.extend((b << 16 | a).to_be_bytes());
    let mut head = picture.width().to_be_bytes().to_vec();
    head.extend(picture.height().to_be_bytes());
    head.extend([8, 2, 0, 0, 1]);
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        png_chunk(b"IHDR", &head),
        png_chunk(b"IDAT", &zlib),
        png_chunk(b"IEND", &[]),
    ]
    .concat()
}

fn png_chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend(data);
    let mut whole = u32::try_from(data.len())
        .expect("short")
        .to_be_bytes()
        .to_vec();
    whole.extend(&chunk);
    whole.extend(crc32(&chunk).to_be_bytes());
    whole
}

/// Inserts a chunk before the first `IDAT`.
pub fn with_png_chunk(png: &[u8], name: &[u8], data: &[u8]) -> Vec<u8> {
    let at = png
        .windows(4)
        .position(|name| name == b"IDAT")
        .expect("pixels")
        - 4;
    [&png[..at], &png_chunk(name, data), &png[at..]].concat()
}

pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// A WebP in the extended format, with these chunks before the picture; `flags` as in RFC 9649,
/// section 2.7.
pub fn extended_webp(
    still: &[u8],
    (width, height): (u32, u32),
    flags: u8,
    before: &[(&[u8], &[u8])],
) -> Vec<u8> {
    let mut head = vec![flags, 0, 0, 0];
    head.extend(&(width - 1).to_le_bytes()[..3]);
    head.extend(&(height - 1).to_le_bytes()[..3]);
    let mut body = riff_chunk(b"VP8X", &head);
    for (name, data) in before {
        body.extend(riff_chunk(name, data));
    }
    body.extend(&still[12..]);
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(body.len() + 4).expect("short").to_le_bytes());
    file.extend(b"WEBP");
    file.extend(body);
    file
}

pub fn riff_chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend(u32::try_from(data.len()).expect("short").to_le_bytes());
    chunk.extend(data);
    chunk.extend((data.len() % 2 == 1).then_some(0));
    chunk
}

/// A lossy WebP.
pub fn lossy_webp(picture: &DynamicImage) -> Vec<u8> {
    let layout = if picture.color().has_alpha() {
        webp::PixelLayout::Rgba
    } else {
        webp::PixelLayout::Rgb
    };
    webp::Encoder::new(
        picture.as_bytes(),
        layout,
        picture.width(),
        picture.height(),
    )
    .encode(90.0)
    .to_vec()
}

/// An encoded profile for the `icc_profile` of a PNG.
pub fn profile(profile: &moxcms::ColorProfile) -> Cow<'static, [u8]> {
    profile.encode().expect("encodes").into()
}
