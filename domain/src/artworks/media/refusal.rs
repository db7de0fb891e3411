//! Why a picture is rejected, in sentences for the user.

use shared::{AppError, Kind};

use crate::{
    Error,
    artworks::media::limits::{PIXELS_MAX, SIDE_MAX, SIDE_MIN},
};

fn refuse(kind: Kind, message: impl Into<String>) -> Error {
    AppError {
        kind,
        ..AppError::field("image", message)
    }
    .into()
}

pub(super) fn none_chosen() -> Error {
    refuse(Kind::Invalid, "Please choose a picture.")
}

pub(super) fn too_many_bytes() -> Error {
    AppError::upload_too_large().into()
}

pub(super) fn unknown_format() -> Error {
    refuse(
        Kind::Unsupported,
        "Please choose a JPEG, PNG, WebP or GIF picture.",
    )
}

/// A variant of a known format that no browser shows, for example lossless or arithmetic-coded
/// JPEG.
pub(super) fn unknown_variety(format: &str) -> Error {
    let message = format!(
        "This is an unusual kind of {format} that can't be read here. Please save it as an ordinary {format}."
    );
    refuse(Kind::Unsupported, message)
}

pub(super) fn damaged() -> Error {
    refuse(
        Kind::Invalid,
        "This picture is damaged or not what it says it is. Please save it anew and try again.",
    )
}

pub(super) fn incomplete() -> Error {
    refuse(
        Kind::Invalid,
        "This file is incomplete: the end of the picture is missing. Please copy or export it again and try that one.",
    )
}

pub(super) fn too_small(width: u32, height: u32) -> Error {
    let message = format!(
        "This picture is {width} × {height} pixels; please choose one of at least {SIDE_MIN} × {SIDE_MIN} pixels."
    );
    refuse(Kind::Invalid, message)
}

pub(super) fn side_too_long(width: u32, height: u32) -> Error {
    let message = format!(
        "This picture is {width} × {height} pixels; please choose one that is at most {SIDE_MAX} pixels wide and high."
    );
    refuse(Kind::Invalid, message)
}

pub(super) fn too_many_pixels(width: u32, height: u32) -> Error {
    let (megapixels, most) = (
        f64::from(width) * f64::from(height) / 1e6,
        PIXELS_MAX / 1_000_000,
    );
    let message = format!(
        "This picture is {width} × {height} pixels, which is {megapixels:.1} megapixels; please choose one of at most {most} megapixels."
    );
    refuse(Kind::Invalid, message)
}
