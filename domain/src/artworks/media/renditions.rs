//! The sizes and formats in which a picture is stored: several widths for pages, and the full size.
//!
//! An opaque picture is a JPEG in every size, with a WebP a third smaller beside it in the sizes
//! that pages show. A transparent picture is a WebP, or a PNG if a side exceeds the maximum of
//! WebP.

use std::io::Cursor;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use fast_image_resize::{FilterType, MulDiv, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageFormat};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType};
use shared::dto::Picture;
use webp::{PixelLayout, WebPConfig};

use crate::{Error, Result};

/// Widths for pages, in pixels; only those smaller than the picture are made. The full size is
/// stored too.
pub(super) const WIDTHS: [u32; 7] = [320, 480, 640, 960, 1_280, 1_920, 2_560];
/// Maximum side length of a WebP, in pixels.
const WEBP_SIDE_MAX: u32 = 16_383;
/// Maximum side length of the placeholder, in pixels; its longer side has at least half of it.
const PLACEHOLDER_SIDE: u32 = 20;

/// JPEG quality of the sizes for pages, and of the full size.
const JPEG_QUALITY: u8 = 84;
const JPEG_WHOLE_QUALITY: u8 = 92;
/// WebP quality for the same two uses; its scale differs from JPEG's.
const WEBP_QUALITY: f32 = 80.0;
const WEBP_WHOLE_QUALITY: f32 = 92.0;
/// libwebp's effort, from 0 to 6.
const WEBP_EFFORT: i32 = 2;

/// A picture's files and metadata.
pub(super) struct Encoded {
    /// File names and contents, smallest first.
    pub files: Vec<(String, Bytes)>,
    /// The file extension of the format that exists in every size.
    pub ext: &'static str,
    /// Full width in pixels.
    pub width: u32,
    /// Full height in pixels.
    pub height: u32,
    /// A few pixels as a `data:` URL.
    pub placeholder: String,
}

/// The height of a picture of `width` × `height` pixels when scaled to the width `to`.
pub(super) fn height_at(width: u32, height: u32, to: u32) -> u32 {
    let (width, height, to) = (u64::from(width.max(1)), u64::from(height), u64::from(to));
    u32::try_from((height * to + width / 2) / width)
        .unwrap_or(u32::MAX)
        .max(1)
}

/// Encodes an `Rgb8` or `Rgba8` picture in all its sizes.
pub(super) fn encode(picture: DynamicImage) -> Result<Encoded> {
    let (width, height) = (picture.width(), picture.height());
    let short = width.max(height) <= WEBP_SIDE_MAX;
    let see_through = picture.color().has_alpha();
    let ext = match (see_through, short) {
        (false, _) => "jpg",
        (true, true) => "webp",
        (true, false) => "png",
    };
    let mut files = Vec::new();
    if !see_through && short && Picture::is_for_pages(width, height) {
        files.push((format!("{width}.webp"), webp(&picture, WEBP_QUALITY)?));
    }
    files.push((format!("{width}.{ext}"), write(&picture, ext, true)?));

    let mut scaler = Scaler::new(see_through);
    // The largest of the smaller sizes is detailed enough to be the source of the others.
    let mut source = scaler.prepared(picture)?;
    for to in WIDTHS.into_iter().filter(|kept| *kept < width).rev() {
        let smaller = scaler.scaled(&source, to, height_at(width, height, to))?;
        let shown = scaler.shown(&smaller)?;
        if !see_through && short {
            files.push((format!("{to}.webp"), webp(&shown, WEBP_QUALITY)?));
        }
        files.push((format!("{to}.{ext}"), write(&shown, ext, false)?));
        if source.width() == width {
            source = smaller;
        }
    }
    files.reverse();
    Ok(Encoded {
        files,
        ext,
        width,
        height,
        placeholder: placeholder(&mut scaler, &source)?,
    })
}

fn placeholder(scaler: &mut Scaler, source: &DynamicImage) -> Result<String> {
    let (width, height) = placeholder_size(source.width(), source.height());
    let tiny = scaler.scaled(source, width, height)?;
    let mut bytes = Vec::new();
    scaler
        .shown(&tiny)?
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP)
        .map_err(Error::internal)?;
    Ok(format!(
        "data:image/webp;base64,{}",
        BASE64_STANDARD.encode(bytes)
    ))
}

/// The placeholder size that comes closest to the picture's aspect ratio.
fn placeholder_size(width: u32, height: u32) -> (u32, u32) {
    let (long, short) = (width.max(height), width.min(height));
    let sizes = (PLACEHOLDER_SIDE / 2..=PLACEHOLDER_SIDE)
        .rev()
        .map(|side| (side, height_at(long, short, side)));
    let off = |(side, other): &(u32, u32)| {
        let (drawn, true_shape) = (
            u64::from(*other) * u64::from(long),
            u64::from(*side) * u64::from(short),
        );
        // The error relative to the shorter side, in integers so that sizes can be compared.
        drawn.abs_diff(true_shape) * 1_000_000 / true_shape.max(1)
    };
    let (side, other) = sizes
        .min_by_key(off)
        .unwrap_or((PLACEHOLDER_SIDE, PLACEHOLDER_SIDE));
    if width >= height {
        (side, other)
    } else {
        (other, side)
    }
}

/// Scales with premultiplied alpha, so that the hidden colours of transparent pixels don't bleed
/// into edges.
struct Scaler {
    resizer: Resizer,
    alpha: MulDiv,
    see_through: bool,
}

impl Scaler {
    fn new(see_through: bool) -> Self {
        Self {
            resizer: Resizer::new(),
            alpha: MulDiv::new(),
            see_through,
        }
    }

    /// Premultiplies the alpha, as [`Self::scaled`] expects.
    fn prepared(&self, mut picture: DynamicImage) -> Result<DynamicImage> {
        if self.see_through {
            self.alpha
                .multiply_alpha_inplace(&mut picture)
                .map_err(Error::internal)?;
        }
        Ok(picture)
    }

    /// Scales a premultiplied picture.
    fn scaled(&mut self, picture: &DynamicImage, width: u32, height: u32) -> Result<DynamicImage> {
        let mut smaller = DynamicImage::new(width, height, picture.color());
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
            .use_alpha(false);
        self.resizer
            .resize(picture, &mut smaller, &options)
            .map_err(Error::internal)?;
        Ok(smaller)
    }

    /// Undoes the premultiplication.
    fn shown(&self, picture: &DynamicImage) -> Result<DynamicImage> {
        let mut shown = picture.clone();
        if self.see_through {
            self.alpha
                .divide_alpha_inplace(&mut shown)
                .map_err(Error::internal)?;
        }
        Ok(shown)
    }
}

fn write(picture: &DynamicImage, ext: &str, whole: bool) -> Result<Bytes> {
    match ext {
        "jpg" => jpeg(picture, whole),
        "webp" => webp(
            picture,
            if whole {
                WEBP_WHOLE_QUALITY
            } else {
                WEBP_QUALITY
            },
        ),
        _ => {
            let mut bytes = Vec::new();
            picture
                .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
                .map_err(Error::internal)?;
            Ok(bytes.into())
        }
    }
}

/// Sizes for pages are progressive, which makes them smaller and shows a preview while they load.
/// The full size is not, since that would take six more bytes of memory a pixel; its colours are
/// not subsampled.
fn jpeg(picture: &DynamicImage, whole: bool) -> Result<Bytes> {
    let side = |side: u32| u16::try_from(side).map_err(Error::internal);
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(
        &mut bytes,
        if whole {
            JPEG_WHOLE_QUALITY
        } else {
            JPEG_QUALITY
        },
    );
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    if !whole {
        encoder.set_progressive(true);
        encoder.set_optimized_huffman_tables(true);
    }
    let (width, height) = (side(picture.width())?, side(picture.height())?);
    encoder
        .encode(picture.as_bytes(), width, height, ColorType::Rgb)
        .map_err(Error::internal)?;
    Ok(bytes.into())
}

fn webp(picture: &DynamicImage, quality: f32) -> Result<Bytes> {
    let mut config =
        WebPConfig::new().map_err(|()| Error::internal("libwebp has no such settings"))?;
    config.quality = quality;
    config.method = WEBP_EFFORT;
    let layout = if picture.color().has_alpha() {
        PixelLayout::Rgba
    } else {
        PixelLayout::Rgb
    };
    let encoder = webp::Encoder::new(
        picture.as_bytes(),
        layout,
        picture.width(),
        picture.height(),
    );
    let file = encoder
        .encode_advanced(&config)
        .map_err(|error| Error::internal(format!("libwebp: {error:?}")))?;
    Ok(Bytes::copy_from_slice(&file))
}
