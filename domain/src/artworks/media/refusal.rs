//! Why a picture is rejected.

use shared::{AppError, Kind, Phrase};

use crate::{
    Error,
    artworks::media::limits::{PIXELS_MAX, SIDE_MAX, SIDE_MIN},
};

fn refuse(kind: Kind, phrase: impl Into<Phrase>) -> Error {
    AppError {
        kind,
        ..AppError::field("image", phrase)
    }
    .into()
}

pub(super) fn none_chosen() -> Error {
    refuse(Kind::Invalid, "picture-missing")
}

pub(super) fn too_many_bytes() -> Error {
    AppError::upload_too_large().into()
}

pub(super) fn unknown_format() -> Error {
    refuse(Kind::Unsupported, "picture-format")
}

/// A variant of a known format that no browser shows, for example lossless or arithmetic-coded
/// JPEG.
pub(super) fn unknown_variety(format: &str) -> Error {
    let phrase = Phrase::new("picture-variety").with("format", format);
    refuse(Kind::Unsupported, phrase)
}

pub(super) fn damaged() -> Error {
    refuse(Kind::Invalid, "picture-damaged")
}

pub(super) fn incomplete() -> Error {
    refuse(Kind::Invalid, "picture-incomplete")
}

pub(super) fn too_small(width: u32, height: u32) -> Error {
    let phrase = sized("picture-too-small", width, height).with("min", SIDE_MIN);
    refuse(Kind::Invalid, phrase)
}

pub(super) fn side_too_long(width: u32, height: u32) -> Error {
    let phrase = sized("picture-side-too-long", width, height).with("max", SIDE_MAX);
    refuse(Kind::Invalid, phrase)
}

pub(super) fn too_many_pixels(width: u32, height: u32) -> Error {
    let phrase =
        sized("picture-too-many-pixels", width, height).with("megapixels", PIXELS_MAX / 1_000_000);
    refuse(Kind::Invalid, phrase)
}

fn sized(code: &'static str, width: u32, height: u32) -> Phrase {
    Phrase::new(code)
        .with("width", width)
        .with("height", height)
}
