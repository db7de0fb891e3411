//! How large a picture may be, and how much is decoded at a time.

use super::{decode::Head, refusal};
use crate::Result;

/// Shortest side taken, in pixels.
pub(super) const SIDE_MIN: u32 = 16;
/// Longest side taken, in pixels: what JPEG can hold (libjpeg's `JPEG_MAX_DIMENSION`).
pub(super) const SIDE_MAX: u32 = 65_500;
/// Most pixels taken, whatever the shape.
pub(super) const PIXELS_MAX: u64 = 50_000_000;
/// Most bytes of a colour profile; real ones have up to 3 MB.
pub(super) const PROFILE_MAX: usize = 4 * 1_024 * 1_024;

/// Pictures decoded at a time: as many as [`permits`] gives out permits.
pub(super) const DECODED_AT_ONCE: u32 = 2;
/// Uploads that may wait to be decoded; further ones are told to come back.
pub(super) const WAITING_MAX: usize = 64;
/// From so many pixels on a picture is decoded alone. Decoding takes up to 10 bytes a pixel: 160 MB
/// here, 500 MB at most.
const ALONE: u64 = 16_000_000;

/// Refuses a size that is out of bounds, naming the bound.
pub(super) fn check(width: u32, height: u32) -> Result<()> {
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

/// Permits of the pool that decoding a picture takes.
pub(super) fn permits(head: &Head) -> u32 {
    if u64::from(head.width) * u64::from(head.height) > ALONE {
        DECODED_AT_ONCE
    } else {
        1
    }
}
