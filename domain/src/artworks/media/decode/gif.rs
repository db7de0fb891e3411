//! GIF: a list of blocks; the first picture is decoded (version 89a, appendix A).

use std::io::Cursor;

use image::{ImageDecoder, codecs::gif::GifDecoder, metadata::Orientation};

use crate::{
    Result,
    artworks::media::{
        decode::{Decoded, picture, pixel_buffer},
        refusal,
    },
};

const HEAD: usize = 13;
const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
const GRAPHIC_CONTROL: u8 = 0xf9;

/// The size of the canvas, in pixels.
pub(super) fn size(upload: &[u8]) -> Result<(u32, u32)> {
    match upload {
        [_, _, _, _, _, _, w0, w1, h0, h1, ..] => Ok((
            u16::from_le_bytes([*w0, *w1]).into(),
            u16::from_le_bytes([*h0, *h1]).into(),
        )),
        _ => Err(refusal::incomplete()),
    }
}

/// Size of a colour table in bytes, from the flags that announce it.
fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// The end of a list of sub-blocks, including the empty last one; `None` if the file ends before.
fn end_of_blocks(upload: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match usize::from(*upload.get(at)?) {
            0 => return Some(at + 1),
            length => at += length + 1,
        }
    }
}

/// A file with only the first picture and what it needs; `None` if the upload ends before that
/// picture does.
fn first_picture(upload: &[u8]) -> Option<Result<Vec<u8>>> {
    let mut at = HEAD + table(*upload.get(10)?);
    let mut file = upload.get(..at)?.to_vec();
    let mut control = None;
    loop {
        match *upload.get(at)? {
            EXTENSION => {
                let end = end_of_blocks(upload, at + 2)?;
                if upload[at + 1] == GRAPHIC_CONTROL {
                    control = Some(&upload[at..end]);
                }
                at = end;
            }
            PICTURE => {
                // The image descriptor, its colour table, and the LZW minimum code size.
                let data = at + 10 + table(*upload.get(at + 9)?) + 1;
                let end = end_of_blocks(upload, data)?;
                file.extend(control.unwrap_or_default());
                file.extend(&upload[at..end]);
                file.push(TRAILER);
                return Some(Ok(file));
            }
            _ => return Some(Err(refusal::damaged())),
        }
    }
}

pub(super) fn decode(upload: &[u8]) -> Result<Decoded> {
    let file = first_picture(upload).ok_or_else(refusal::incomplete)??;
    let decoder = GifDecoder::new(Cursor::new(file)).map_err(|_| refusal::damaged())?;
    let (width, height) = decoder.dimensions();
    let mut pixels = pixel_buffer(width, height, 4)?;
    decoder
        .read_image(&mut pixels)
        .map_err(|_| refusal::damaged())?;
    Ok(Decoded {
        picture: picture(width, height, 4, pixels)?,
        orientation: Orientation::NoTransforms,
    })
}
