//! Limits on the size of pictures and on concurrent decoding.

/// Minimum side length, in pixels.
pub(super) const SIDE_MIN: u32 = 16;
/// Maximum side length, in pixels: the maximum of JPEG (libjpeg's `JPEG_MAX_DIMENSION`).
pub(super) const SIDE_MAX: u32 = 65_500;
/// Maximum number of pixels, whatever the aspect ratio.
pub(super) const PIXELS_MAX: u64 = 50_000_000;
/// Maximum size of a colour profile, in bytes; real ones have up to 3 MB.
pub(super) const PROFILE_MAX: usize = 4 * 1_024 * 1_024;

/// Pictures decoded at once; [`permits`] gives the permits that each takes.
pub(super) const DECODED_AT_ONCE: u32 = 2;
/// Uploads that may wait to be decoded; further ones are rejected.
pub(super) const WAITING_MAX: usize = 64;
/// Pictures of more pixels than this are decoded alone. Decoding takes up to 10 bytes a pixel: 160
/// MB at this size, 500 MB at most.
const DECODED_ALONE_ABOVE: u64 = 16_000_000;

/// The permits of the pool that decoding a picture of this size takes.
pub(super) fn permits(width: u32, height: u32) -> u32 {
    if u64::from(width) * u64::from(height) > DECODED_ALONE_ABOVE {
        DECODED_AT_ONCE
    } else {
        1
    }
}
