//! WebP: chunks in a RIFF container; the first picture is decoded (RFC 9649, section 2).

use std::io::Cursor;

use image::{ImageDecoder, codecs::webp::WebPDecoder, imageops, metadata::Orientation};
use moxcms::{DataColorSpace, Layout};

use crate::{
    Result,
    artworks::media::{
        colour::Profile,
        decode::{Decoded, picture, pixel_buffer},
        limits::{PIXELS_MAX, PROFILE_MAX},
        refusal,
    },
};

const HEAD: usize = 12;
/// Size of a frame's header before its chunks: position, size, duration and flags.
const FRAME_HEAD: usize = 16;
const ALPHA_FLAG: u8 = 0x10;

/// A chunk with its name; `data` is shorter than `length` if the file is truncated.
struct Chunk<'a> {
    name: &'a [u8],
    length: usize,
    data: &'a [u8],
}

impl Chunk<'_> {
    fn is_whole(&self) -> bool {
        self.data.len() == self.length
    }

    fn write(&self, file: &mut Vec<u8>) {
        file.extend(self.name);
        file.extend(u32::try_from(self.length).unwrap_or(u32::MAX).to_le_bytes());
        file.extend(self.data);
        // Chunks start at even offsets.
        file.extend((self.length % 2 == 1).then_some(0));
    }
}

fn chunks(mut rest: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    std::iter::from_fn(move || {
        let name = rest.get(..4)?;
        let length = usize::try_from(u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?)).ok()?;
        let body = &rest[8..];
        let data = &body[..length.min(body.len())];
        rest = body
            .get(length.saturating_add(length % 2)..)
            .unwrap_or_default();
        Some(Chunk { name, length, data })
    })
}

/// The first three bytes as a little-endian number.
fn u24(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .take(3)
        .rev()
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// The size in pixels that a chunk declares, if it declares one.
fn announced(chunk: &Chunk) -> Option<(u32, u32)> {
    match (chunk.name, chunk.data) {
        (b"VP8X", [_, _, _, _, canvas @ ..]) if canvas.len() >= 6 => {
            Some((u24(canvas) + 1, u24(&canvas[3..]) + 1))
        }
        (b"VP8 ", [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..]) => Some((
            (u16::from_le_bytes([*w0, *w1]) & 0x3fff).into(),
            (u16::from_le_bytes([*h0, *h1]) & 0x3fff).into(),
        )),
        (b"VP8L", [0x2f, b0, b1, b2, b3, ..]) => {
            let bits = u32::from_le_bytes([*b0, *b1, *b2, *b3]);
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        _ => None,
    }
}

/// The size of the canvas, in pixels.
pub(super) fn size(upload: &[u8]) -> Result<(u32, u32)> {
    let mut incomplete = true;
    for chunk in chunks(upload.get(HEAD..).unwrap_or_default()) {
        if let Some(size) = announced(&chunk) {
            return Ok(size);
        }
        incomplete = !chunk.is_whole();
    }
    Err(if incomplete {
        refusal::incomplete()
    } else {
        refusal::damaged()
    })
}

/// The relevant parts of a file.
#[derive(Default)]
struct Taken<'a> {
    /// The position of the first picture on the canvas, in pixels.
    place: (u32, u32),
    alpha: Option<Chunk<'a>>,
    picture: Option<Chunk<'a>>,
    profile: &'a [u8],
    orientation: Option<Orientation>,
}

fn take(upload: &[u8]) -> Taken<'_> {
    let mut taken = Taken::default();
    for chunk in chunks(upload.get(HEAD..).unwrap_or_default()) {
        match chunk.name {
            b"ICCP" if chunk.is_whole() && chunk.length <= PROFILE_MAX => {
                taken.profile = chunk.data;
            }
            b"EXIF" => {
                let exif = chunk.data.strip_prefix(b"Exif\0\0").unwrap_or(chunk.data);
                taken.orientation = taken
                    .orientation
                    .or_else(|| Orientation::from_exif_chunk(exif));
            }
            b"ANMF" if taken.picture.is_none() => {
                taken.place = (
                    u24(chunk.data) * 2,
                    u24(chunk.data.get(3..).unwrap_or_default()) * 2,
                );
                chunks(chunk.data.get(FRAME_HEAD..).unwrap_or_default())
                    .for_each(|inner| taken.offer(inner));
            }
            _ => taken.offer(chunk),
        }
    }
    taken
}

impl<'a> Taken<'a> {
    /// Takes a chunk if it belongs to the first picture.
    fn offer(&mut self, chunk: Chunk<'a>) {
        match chunk.name {
            b"ALPH" if self.picture.is_none() => self.alpha = Some(chunk),
            b"VP8 " | b"VP8L" if self.picture.is_none() => self.picture = Some(chunk),
            _ => {}
        }
    }

    /// A file with only the first picture, and that picture's size in pixels.
    fn file(&self) -> Result<(Vec<u8>, (u32, u32))> {
        let picture = self.picture.as_ref().ok_or_else(refusal::incomplete)?;
        let alpha = self.alpha.as_ref().filter(|_| picture.name == b"VP8 ");
        if !picture.is_whole() || alpha.is_some_and(|alpha| !alpha.is_whole()) {
            return Err(refusal::incomplete());
        }
        let (width, height) = announced(picture).ok_or_else(refusal::damaged)?;
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        if let Some(alpha) = alpha {
            let mut head = vec![ALPHA_FLAG, 0, 0, 0];
            head.extend(&width.saturating_sub(1).to_le_bytes()[..3]);
            head.extend(&height.saturating_sub(1).to_le_bytes()[..3]);
            Chunk {
                name: b"VP8X",
                length: head.len(),
                data: &head,
            }
            .write(&mut file);
            alpha.write(&mut file);
        }
        picture.write(&mut file);
        let length = u32::try_from(file.len() - 8).unwrap_or(u32::MAX);
        file[4..8].copy_from_slice(&length.to_le_bytes());
        Ok((file, (width, height)))
    }
}

pub(super) fn decode(upload: &[u8]) -> Result<Decoded> {
    let (canvas, taken) = (size(upload)?, take(upload));
    let (file, (width, height)) = taken.file()?;
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(refusal::too_many_pixels(width, height));
    }
    let decoder = WebPDecoder::new(Cursor::new(file)).map_err(|_| refusal::damaged())?;
    let channels = usize::from(decoder.color_type().bytes_per_pixel());
    let mut pixels = pixel_buffer(width, height, channels)?;
    decoder
        .read_image(&mut pixels)
        .map_err(|_| refusal::damaged())?;
    let layout = if channels == 4 {
        Layout::Rgba
    } else {
        Layout::Rgb
    };
    let line = usize::try_from(width).unwrap_or(1);
    Profile::read(taken.profile, DataColorSpace::Rgb).convert(&mut pixels, line, layout);
    let mut picture = picture(width, height, channels, pixels)?;
    if canvas != (width, height) || taken.place != (0, 0) {
        let mut whole = image::RgbaImage::new(canvas.0, canvas.1);
        imageops::replace(
            &mut whole,
            &picture.into_rgba8(),
            taken.place.0.into(),
            taken.place.1.into(),
        );
        picture = whole.into();
    }
    Ok(Decoded {
        picture,
        orientation: taken.orientation.unwrap_or(Orientation::NoTransforms),
    })
}
