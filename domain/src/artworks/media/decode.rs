//! Decodes an upload to upright sRGB pixels.
//!
//! Each format has a module that parses its file. The decoder gets a copy of only the parts that
//! hold the picture, so that text, previews and later frames cost no memory, and a profile costs at
//! most [`PROFILE_MAX`](super::limits::PROFILE_MAX).

mod gif;
mod jpeg;
mod png;
mod webp;

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageFormat, metadata::Orientation};

use crate::{
    Error, Result,
    artworks::media::{
        limits::{PIXELS_MAX, SIDE_MAX, SIDE_MIN},
        refusal,
    },
};

/// An upload's format and size, read before it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    format: ImageFormat,
    /// Width in pixels, before the orientation is applied.
    pub width: u32,
    /// Height in pixels, before the orientation is applied.
    pub height: u32,
}

/// A decoded picture, `Rgb8` or `Rgba8` in sRGB, and the orientation yet to be applied.
struct Decoded {
    picture: DynamicImage,
    orientation: Orientation,
}

/// Detects an upload's format, reads its size and checks both; decodes nothing.
///
/// # Errors
/// [`shared::Kind::Unsupported`] or [`shared::Kind::Invalid`] with a sentence on the field `image`.
pub(super) fn head(upload: &[u8]) -> Result<Head> {
    let format = image::guess_format(upload).map_err(|_| refusal::unknown_format())?;
    let (width, height) = match format {
        ImageFormat::Jpeg => jpeg::size(upload),
        ImageFormat::Png => png::size(upload),
        ImageFormat::WebP => webp::size(upload),
        ImageFormat::Gif => gif::size(upload),
        _ => return Err(refusal::unknown_format()),
    }?;
    check(width, height)?;
    Ok(Head {
        format,
        width,
        height,
    })
}

/// Rejects a size out of bounds, with an error that names the bound.
fn check(width: u32, height: u32) -> Result<()> {
    if width < SIDE_MIN || height < SIDE_MIN {
        Err(refusal::too_small(width, height))
    } else if u64::from(width) * u64::from(height) > PIXELS_MAX {
        Err(refusal::too_many_pixels(width, height))
    } else if width > SIDE_MAX || height > SIDE_MAX {
        Err(refusal::side_too_long(width, height))
    } else {
        Ok(())
    }
}

/// Decodes an upload.
///
/// # Errors
/// [`shared::Kind::Unsupported`] or [`shared::Kind::Invalid`] with a sentence on the field `image`.
pub(super) fn decode(upload: &[u8], head: Head) -> Result<DynamicImage> {
    // Decoders may panic on malicious input (`image`'s own documentation).
    let decoded = catch_unwind(AssertUnwindSafe(|| match head.format {
        ImageFormat::Jpeg => jpeg::decode(upload),
        ImageFormat::Png => png::decode(upload),
        ImageFormat::WebP => webp::decode(upload),
        _ => gif::decode(upload),
    }));
    let Decoded {
        mut picture,
        orientation,
    } = decoded.unwrap_or_else(|_| Err(refusal::damaged()))?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Makes a picture of pixels; `channels` is 3 or 4. Drops a fully opaque alpha channel.
fn picture(width: u32, height: u32, channels: usize, mut pixels: Vec<u8>) -> Result<DynamicImage> {
    if channels == 4 && pixels.chunks_exact(4).any(|pixel| pixel[3] < u8::MAX) {
        return image::RgbaImage::from_raw(width, height, pixels)
            .map(DynamicImage::from)
            .ok_or_else(wrong_size);
    }
    if channels == 4 {
        // In place, since a copy would be the largest allocation of all.
        let count = pixels.len() / 4;
        for n in 0..count {
            pixels.copy_within(n * 4..n * 4 + 3, n * 3);
        }
        pixels.truncate(count * 3);
    }
    image::RgbImage::from_raw(width, height, pixels)
        .map(DynamicImage::from)
        .ok_or_else(wrong_size)
}

fn wrong_size() -> Error {
    Error::internal("a decoder returned a different number of pixels than the picture has")
}

/// A zeroed buffer for this many pixels.
fn pixel_buffer(width: u32, height: u32, channels: usize) -> Result<Vec<u8>> {
    let pixels = usize::try_from(u64::from(width) * u64::from(height)).map_err(Error::internal)?;
    Ok(vec![0; pixels * channels])
}
