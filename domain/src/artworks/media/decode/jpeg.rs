//! JPEG: a list of segments, some of which hold the picture (ITU T.81, annex B).

mod scans;

use image::metadata::Orientation;
use moxcms::{DataColorSpace, Layout};
use scans::Scans;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use crate::{
    Result,
    artworks::media::{
        colour::{Profile, inks_to_rgb},
        decode::{Decoded, picture},
        limits::{PROFILE_MAX, SIDE_MAX},
        refusal,
    },
};

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DHT: u8 = 0xc4;
const DRI: u8 = 0xdd;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;
/// Maximum number of scans; encoders write about ten. Each scan costs a pass over the whole
/// picture, however few bytes it has.
const SCANS_MAX: usize = 100;

/// A segment, or the entropy-coded data after a scan's header.
enum Part<'a> {
    /// A marker with its payload; `whole` is the payload with its length field.
    Segment {
        marker: u8,
        payload: &'a [u8],
        whole: &'a [u8],
    },
    /// Huffman-coded data.
    Data(&'a [u8]),
    /// The end of the picture.
    End,
}

/// Iterates over the parts of a file, and stops at the end of the file, whether or not the picture
/// is complete.
struct Parts<'a> {
    rest: &'a [u8],
    in_scan: bool,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        if std::mem::take(&mut self.in_scan) {
            let (data, rest) = self.rest.split_at(end_of_data(self.rest));
            self.rest = rest;
            return Some(Part::Data(data));
        }
        loop {
            // Skip bytes between segments, as every decoder does.
            let start = self.rest.iter().position(|byte| *byte == 0xff)?;
            let here = &self.rest[start..];
            let fill = here.iter().position(|byte| *byte != 0xff)?;
            let (marker, after) = (here[fill], &here[fill + 1..]);
            match marker {
                EOI => return Some(Part::End),
                // Markers without a payload.
                0x00 | 0x01 | 0xd0..=0xd8 => self.rest = after,
                _ => {
                    let length = usize::from(u16::from_be_bytes([*after.first()?, *after.get(1)?]));
                    let payload = after.get(2..length)?;
                    self.rest = &after[length..];
                    self.in_scan = marker == SOS;
                    return Some(Part::Segment {
                        marker,
                        payload,
                        whole: &after[..length],
                    });
                }
            }
        }
    }
}

/// The end of entropy-coded data: the first marker that is not a restart marker.
fn end_of_data(data: &[u8]) -> usize {
    let mut from = 0;
    while let Some(found) = data[from..].iter().position(|byte| *byte == 0xff) {
        let at = from + found;
        match data.get(at + 1) {
            Some(0x00 | 0xff | 0xd0..=0xd7) => from = at + 1,
            Some(_) => return at,
            None => break,
        }
    }
    data.len()
}

fn parts(upload: &[u8]) -> Parts<'_> {
    Parts {
        rest: upload.get(2..).unwrap_or_default(),
        in_scan: false,
    }
}

/// Whether a marker starts a frame: SOF0 to SOF15.
fn begins_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, DHT | 0xc8 | 0xcc)
}

/// The size in pixels.
pub(super) fn size(upload: &[u8]) -> Result<(u32, u32)> {
    for part in parts(upload) {
        match part {
            Part::Segment {
                marker,
                payload: [_, h1, h0, w1, w0, ..],
                ..
            } if begins_frame(marker) => {
                return Ok((
                    u16::from_be_bytes([*w1, *w0]).into(),
                    u16::from_be_bytes([*h1, *h0]).into(),
                ));
            }
            Part::End => return Err(refusal::damaged()),
            _ => {}
        }
    }
    Err(refusal::incomplete())
}

/// The relevant parts of a file.
struct Taken {
    /// A file with only the picture.
    file: Vec<u8>,
    profile: Vec<u8>,
    orientation: Orientation,
    /// The colour transform in Adobe's segment: 0 none, 1 `YCbCr`, 2 YCCK.
    adobe: Option<u8>,
    /// The ids of the colour components.
    components: Vec<u8>,
}

fn take(upload: &[u8]) -> Result<Taken> {
    let mut taken = Taken {
        file: Vec::with_capacity(upload.len()),
        profile: Vec::new(),
        orientation: Orientation::NoTransforms,
        adobe: None,
        components: Vec::new(),
    };
    let (mut scans, mut count, mut ended) = (Scans::default(), 0, false);
    let mut profile = Vec::new();
    taken.file.extend([0xff, SOI]);
    for part in parts(upload) {
        match part {
            Part::Data(data) => {
                scans.data(data);
                taken.file.extend(data);
            }
            Part::End => {
                ended = true;
                break;
            }
            Part::Segment {
                marker,
                payload,
                whole,
            } => {
                match (marker, payload) {
                    (APP1, [b'E', b'x', b'i', b'f', 0, 0, exif @ ..]) => {
                        taken.orientation =
                            Orientation::from_exif_chunk(exif).unwrap_or(taken.orientation);
                    }
                    (
                        APP2,
                        [
                            b'I',
                            b'C',
                            b'C',
                            b'_',
                            b'P',
                            b'R',
                            b'O',
                            b'F',
                            b'I',
                            b'L',
                            b'E',
                            0,
                            number,
                            _,
                            piece @ ..,
                        ],
                    ) => {
                        profile.push((*number, piece));
                    }
                    (DHT, tables) => scans.tables(tables),
                    (DRI, restarts) => scans.restarts(restarts),
                    (SOS, scan) => scans.scan(scan),
                    (
                        APP14,
                        [
                            b'A',
                            b'd',
                            b'o',
                            b'b',
                            b'e',
                            _,
                            _,
                            _,
                            _,
                            _,
                            _,
                            transform,
                            ..,
                        ],
                    ) => taken.adobe = Some(*transform),
                    _ => {}
                }
                if begins_frame(marker) {
                    // Accept baseline, extended and progressive frames with 8 bits per sample.
                    if !matches!(marker, 0xc0..=0xc2) || payload.first() != Some(&8) {
                        return Err(refusal::unknown_variety("JPEG"));
                    }
                    scans.frame(marker == 0xc2, payload);
                    taken.components = payload
                        .get(6..)
                        .unwrap_or_default()
                        .chunks_exact(3)
                        .map(|named| named[0])
                        .collect();
                }
                count += usize::from(marker == SOS);
                if count > SCANS_MAX {
                    return Err(refusal::unknown_variety("JPEG"));
                }
                // Keep the frame, its tables and its scans.
                if matches!(marker, 0xc0..=0xcf | SOS..=DRI) {
                    taken.file.extend([0xff, marker]);
                    taken.file.extend(whole);
                }
            }
        }
    }
    // Some encoders omit the end marker, which is harmless if the scans are complete.
    if scans.lack_blocks() || !ended && !scans.are_finished() {
        return Err(refusal::incomplete());
    }
    taken.file.extend([0xff, EOI]);
    profile.sort_by_key(|(number, _)| *number);
    if profile.iter().map(|(_, piece)| piece.len()).sum::<usize>() <= PROFILE_MAX {
        taken.profile = profile
            .into_iter()
            .flat_map(|(_, piece)| piece)
            .copied()
            .collect();
    }
    Ok(taken)
}

/// The meaning of a picture's components.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Colours {
    Grey,
    Rgb,
    /// RGB whose component ids are not `RGB`.
    UnnamedRgb,
    YCbCr,
    Cmyk,
    Ycck,
}

impl Taken {
    fn colours(&self) -> Result<Colours> {
        Ok(match (self.components.as_slice(), self.adobe) {
            ([_], _) => Colours::Grey,
            (b"RGB", _) => Colours::Rgb,
            ([_, _, _], Some(0)) => Colours::UnnamedRgb,
            ([_, _, _], _) => Colours::YCbCr,
            ([_, _, _, _], Some(2)) => Colours::Ycck,
            ([_, _, _, _], _) => Colours::Cmyk,
            _ => return Err(refusal::unknown_variety("JPEG")),
        })
    }
}

pub(super) fn decode(upload: &[u8]) -> Result<Decoded> {
    let taken = take(upload)?;
    let colours = taken.colours()?;
    // The decoder copies samples unconverted if the requested colour space is the one it assumes
    // for the file. Four inks and unnamed RGB are read this way: the decoder would otherwise invert
    // the former and reject the latter as damaged.
    let wanted = match colours {
        Colours::Grey => ColorSpace::Luma,
        Colours::Rgb | Colours::YCbCr => ColorSpace::RGB,
        Colours::UnnamedRgb => ColorSpace::YCbCr,
        Colours::Cmyk | Colours::Ycck => ColorSpace::CMYK,
    };
    let side = usize::try_from(SIDE_MAX).unwrap_or(usize::MAX);
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(side)
        .set_max_height(side);
    let options = options.jpeg_set_out_colorspace(wanted);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(taken.file.as_slice()), options);
    let mut pixels = decoder.decode().map_err(|_| refusal::damaged())?;
    let (line, lines) = decoder.dimensions().ok_or_else(refusal::damaged)?;
    drop(decoder);
    match colours {
        Colours::Grey => {
            pixels = Profile::read(&taken.profile, DataColorSpace::Gray).grey_to_rgb(&pixels, line);
        }
        Colours::Cmyk | Colours::Ycck => {
            let profile = Profile::read(&taken.profile, DataColorSpace::Cmyk);
            pixels = four_inks(pixels, line, colours == Colours::Ycck, &profile);
        }
        Colours::Rgb | Colours::UnnamedRgb | Colours::YCbCr => {
            Profile::read(&taken.profile, DataColorSpace::Rgb).convert(
                &mut pixels,
                line,
                Layout::Rgb,
            );
        }
    }
    let (width, height) = (
        u32::try_from(line).unwrap_or(0),
        u32::try_from(lines).unwrap_or(0),
    );
    Ok(Decoded {
        picture: picture(width, height, 3, pixels)?,
        orientation: taken.orientation,
    })
}

/// Converts four inks to RGB, in place. Inks are stored inverted, as Adobe does; in YCCK the first
/// three are stored as `YCbCr` of the uninverted inks.
fn four_inks(mut pixels: Vec<u8>, line: usize, ycck: bool, profile: &Profile) -> Vec<u8> {
    let transform = profile.transform(Layout::Rgba, Layout::Rgb);
    let (mut ink, mut rgb) = (vec![0; line * 4], vec![0; line * 3]);
    let lines = pixels.len() / (line * 4).max(1);
    for n in 0..lines {
        ink.copy_from_slice(&pixels[n * line * 4..(n + 1) * line * 4]);
        for pixel in ink.chunks_exact_mut(4) {
            let [c, m, y, k] = [pixel[0], pixel[1], pixel[2], pixel[3]];
            let [c, m, y] = if ycck {
                from_ycc(c, m, y)
            } else {
                [255 - c, 255 - m, 255 - y]
            };
            pixel.copy_from_slice(&[c, m, y, 255 - k]);
        }
        if transform
            .as_ref()
            .is_none_or(|transform| transform.transform(&ink, &mut rgb).is_err())
        {
            inks_to_rgb(&ink, &mut rgb);
        }
        pixels[n * line * 3..(n + 1) * line * 3].copy_from_slice(&rgb);
    }
    pixels.truncate(lines * line * 3);
    pixels
}

/// Converts `YCbCr` to RGB as in JFIF (ITU T.871, section 7), in 16-bit fixed point.
fn from_ycc(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    let byte =
        |value: i32| u8::try_from(((value + 0x8000) >> 16).clamp(0, 255)).unwrap_or_default();
    [
        byte(y + 91_881 * cr),
        byte(y - 22_554 * cb - 46_802 * cr),
        byte(y + 116_130 * cb),
    ]
}
