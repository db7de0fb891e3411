//! PNG: a list of chunks. The picture is read row by row and reduced to eight bits per channel on
//! the way (PNG third edition).

use std::{io::Cursor, sync::Arc};

use image::metadata::Orientation;
use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace,
    Layout, MatrixCoefficients, ToneReprCurve, TransferCharacteristics, Transform8BitExecutor,
    Transform16BitExecutor, XyY,
};
use png::{BitDepth, ColorType, Decoder, DecodingError, InterlaceInfo, Limits, Transformations};

use crate::{
    Result,
    artworks::media::{
        colour::Profile,
        decode::{Decoded, picture, pixel_buffer},
        limits::PROFILE_MAX,
        refusal,
    },
};

const SIGNATURE: usize = 8;
/// Maximum size in bytes of a chunk with neither pixels nor palette, compressed or not.
const CHUNK_MAX: usize = 1_024 * 1_024;
/// Maximum memory of the decoder in bytes, beside the rows that are passed to it: a profile, and a
/// row or two of its own.
const DECODER_MAX: usize = PROFILE_MAX + 4 * 1_024 * 1_024;

/// A chunk with its name; `whole` includes length and checksum, and is shorter than declared if the
/// file is truncated.
struct Chunk<'a> {
    name: &'a [u8],
    whole: &'a [u8],
}

fn chunks(upload: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = upload.get(SIGNATURE..).unwrap_or_default();
    std::iter::from_fn(move || {
        let length = usize::try_from(u32::from_be_bytes(rest.get(..4)?.try_into().ok()?)).ok()?;
        let name = rest.get(4..8)?;
        let (whole, after) = rest.split_at(length.saturating_add(12).min(rest.len()));
        rest = after;
        Some(Chunk { name, whole })
    })
}

/// The size in pixels.
pub(super) fn size(upload: &[u8]) -> Result<(u32, u32)> {
    match chunks(upload).next() {
        Some(Chunk {
            name: b"IHDR",
            whole: [_, _, _, _, _, _, _, _, w3, w2, w1, w0, h3, h2, h1, h0, ..],
        }) => Ok((
            u32::from_be_bytes([*w3, *w2, *w1, *w0]),
            u32::from_be_bytes([*h3, *h2, *h1, *h0]),
        )),
        Some(Chunk { name: b"IHDR", .. }) | None => Err(refusal::incomplete()),
        Some(_) => Err(refusal::damaged()),
    }
}

/// A file with only the picture and its colour information.
fn file(upload: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(upload.len());
    file.extend(&upload[..SIGNATURE]);
    let mut pixels = false;
    for Chunk { name, whole } in chunks(upload) {
        pixels |= name == b"IDAT";
        let taken = match name {
            b"IHDR" | b"IDAT" | b"IEND" => true,
            b"PLTE" | b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"cICP" | b"iCCP" | b"eXIf" => {
                !pixels && whole.len() <= CHUNK_MAX
            }
            _ => false,
        };
        if taken {
            file.extend(whole);
        }
    }
    file
}

pub(super) fn decode(upload: &[u8]) -> Result<Decoded> {
    let mut decoder =
        Decoder::new_with_limits(Cursor::new(file(upload)), Limits { bytes: DECODER_MAX });
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(refused)?;
    let info = reader.info();
    let (width, height, rows) = (info.width, info.height, rows(info));
    let orientation = info
        .exif_metadata
        .as_deref()
        .and_then(Orientation::from_exif_chunk);
    let profile = profile(info);
    let (colours, depth) = reader.output_color_type();
    let mut lines = Lines::new(colours, depth, &profile);
    let channels = lines.to.channels();
    let stride = usize::try_from(width).unwrap_or(1) * channels;
    let mut pixels = pixel_buffer(width, height, channels)?;
    let (mut line, mut next) = (vec![0; stride], 0);
    let bits = u8::try_from(channels * 8).unwrap_or(u8::MAX);
    // Stop after the last row: the data after the pixels may be missing.
    for _ in 0..rows {
        let row = reader
            .next_interlaced_row()
            .map_err(refused)?
            .ok_or_else(refusal::damaged)?;
        match row.interlace() {
            InterlaceInfo::Null(_) => {
                lines.convert(
                    row.data(),
                    pixels
                        .get_mut(next..next + stride)
                        .ok_or_else(refusal::damaged)?,
                );
                next += stride;
            }
            InterlaceInfo::Adam7(place) => {
                let line = &mut line[..row.data().len() / lines.bytes() * channels];
                lines.convert(row.data(), line);
                png::expand_interlaced_row(&mut pixels, stride, line, place, bits);
            }
        }
    }
    Ok(Decoded {
        picture: picture(width, height, channels, pixels)?,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
    })
}

fn refused(error: DecodingError) -> crate::Error {
    match error {
        DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            refusal::incomplete()
        }
        _ => refusal::damaged(),
    }
}

/// The number of rows that the decoder returns. An interlaced picture consists of seven smaller
/// pictures (section 8).
fn rows(info: &png::Info) -> u32 {
    /// Start and step of each pass, horizontal and vertical.
    const PASSES: [(u32, u32, u32, u32); 7] = [
        (0, 8, 0, 8),
        (4, 8, 0, 8),
        (0, 4, 4, 8),
        (2, 4, 0, 4),
        (0, 2, 2, 4),
        (1, 2, 0, 2),
        (0, 1, 1, 2),
    ];
    if !info.interlaced {
        return info.height;
    }
    let passes = PASSES.into_iter().filter(|(x, ..)| info.width > *x);
    passes
        .map(|(_, _, y, step)| info.height.saturating_sub(y).div_ceil(step))
        .sum()
}

/// The colour profile, from the chunk with the highest precedence (section 4.3).
fn profile(info: &png::Info) -> Profile {
    let grey = matches!(
        info.color_type,
        ColorType::Grayscale | ColorType::GrayscaleAlpha
    );
    if let Some(points) = info.coding_independent_code_points {
        return code_points(points).map(Profile::from).unwrap_or_default();
    }
    if let Some(icc) = &info.icc_profile {
        return Profile::read(
            icc,
            if grey {
                DataColorSpace::Gray
            } else {
                DataColorSpace::Rgb
            },
        );
    }
    if info.srgb.is_some() || grey {
        return Profile::default();
    }
    gamma_and_chromaticities(info)
        .map(Profile::from)
        .unwrap_or_default()
}

/// The profile given by `gAMA` and `cHRM`; `None` if both are missing, they are invalid, or they
/// amount to sRGB.
fn gamma_and_chromaticities(info: &png::Info) -> Option<ColorProfile> {
    /// The gamma by which `gAMA` approximates sRGB.
    const SRGB_GAMMA: f32 = 1.0 / 2.2;
    const SRGB: [(f32, f32); 4] = [(0.3127, 0.329), (0.64, 0.33), (0.3, 0.6), (0.15, 0.06)];
    let point = |(x, y): (png::ScaledFloat, png::ScaledFloat)| (x.into_value(), y.into_value());
    let points = info.chrm_chunk.map_or(SRGB, |known| {
        [known.white, known.red, known.green, known.blue].map(point)
    });
    let gamma = info
        .gama_chunk
        .map(png::ScaledFloat::into_value)
        .filter(|gamma| (0.1..=10.0).contains(gamma));
    let near = |a: f32, b: f32| (a - b).abs() < 0.005;
    let srgb_points = points
        .iter()
        .zip(SRGB)
        .all(|(point, srgb)| near(point.0, srgb.0) && near(point.1, srgb.1));
    if points.iter().any(|(_, y)| *y <= 0.0)
        || srgb_points && gamma.is_none_or(|gamma| near(gamma, SRGB_GAMMA))
    {
        return None;
    }
    let mut profile = ColorProfile::new_srgb();
    if let Some(gamma) = gamma {
        let curve = ToneReprCurve::Parametric(vec![1.0 / gamma]);
        (profile.red_trc, profile.green_trc, profile.blue_trc) =
            (Some(curve.clone()), Some(curve.clone()), Some(curve));
    }
    let [(x, y), red, green, blue] = points;
    let primary = |(x, y)| Chromaticity::new(x, y);
    // This also removes the sRGB code points, which would take precedence over the curves.
    profile.update_rgb_colorimetry(
        XyY::new(x.into(), y.into(), 1.0),
        ColorPrimaries {
            red: primary(red),
            green: primary(green),
            blue: primary(blue),
        },
    );
    Some(profile)
}

/// The profile given by code points; `None` for high dynamic range, which can't be shown without
/// tone mapping, and for video range.
fn code_points(points: png::CodingIndependentCodePoints) -> Option<ColorProfile> {
    let transfer = TransferCharacteristics::try_from(points.transfer_function).ok()?;
    if matches!(
        transfer,
        TransferCharacteristics::Smpte2084 | TransferCharacteristics::Hlg
    ) || !points.is_video_full_range_image
    {
        return None;
    }
    Some(ColorProfile::new_from_cicp(CicpProfile {
        color_primaries: CicpColorPrimaries::try_from(points.color_primaries).ok()?,
        transfer_characteristics: transfer,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    }))
}

/// Converts the decoder's rows to eight-bit RGB or RGBA.
struct Lines {
    from: Layout,
    to: Layout,
    wide: bool,
    narrow_to_srgb: Option<Arc<Transform8BitExecutor>>,
    wide_to_srgb: Option<Arc<Transform16BitExecutor>>,
    samples: Vec<u16>,
    converted: Vec<u16>,
}

impl Lines {
    fn new(colours: ColorType, depth: BitDepth, profile: &Profile) -> Self {
        let (from, to) = match colours {
            ColorType::Grayscale => (Layout::Gray, Layout::Rgb),
            ColorType::GrayscaleAlpha => (Layout::GrayAlpha, Layout::Rgba),
            ColorType::Rgba => (Layout::Rgba, Layout::Rgba),
            ColorType::Rgb | ColorType::Indexed => (Layout::Rgb, Layout::Rgb),
        };
        let wide = depth == BitDepth::Sixteen;
        Self {
            from,
            to,
            wide,
            narrow_to_srgb: if wide {
                None
            } else {
                profile.transform(from, to)
            },
            wide_to_srgb: if wide {
                profile.transform_16(from, to)
            } else {
                None
            },
            samples: Vec::new(),
            converted: Vec::new(),
        }
    }

    /// Bytes per pixel of the decoder's rows.
    fn bytes(&self) -> usize {
        self.from.channels() * if self.wide { 2 } else { 1 }
    }

    fn convert(&mut self, line: &[u8], to: &mut [u8]) {
        if !self.wide {
            let transform = self.narrow_to_srgb.as_ref();
            if transform.is_none_or(|transform| transform.transform(line, to).is_err()) {
                spread(line, self.from, to, self.to);
            }
            return;
        }
        self.samples.clear();
        self.samples.extend(
            line.chunks_exact(2)
                .map(|sample| u16::from_be_bytes([sample[0], sample[1]])),
        );
        self.converted.clear();
        self.converted.resize(to.len(), 0);
        let transform = self.wide_to_srgb.as_ref();
        if transform.is_none_or(|transform| {
            transform
                .transform(&self.samples, &mut self.converted)
                .is_err()
        }) {
            spread(&self.samples, self.from, &mut self.converted, self.to);
        }
        for (to, sample) in to.iter_mut().zip(&self.converted) {
            *to = u8::try_from((u32::from(*sample) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX);
        }
    }
}

/// Copies pixels, and expands grey to three channels.
fn spread<T: Copy>(from: &[T], layout: Layout, to: &mut [T], wanted: Layout) {
    let (from_channels, to_channels) = (layout.channels(), wanted.channels());
    if from_channels == to_channels {
        return to.copy_from_slice(from);
    }
    for (from, to) in from
        .chunks_exact(from_channels)
        .zip(to.chunks_exact_mut(to_channels))
    {
        to[..3].fill(from[0]);
        if let (Some(to), Some(alpha)) = (to.get_mut(3), from.get(1)) {
            *to = *alpha;
        }
    }
}
