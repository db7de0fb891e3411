//! Tests of uploads, format by format.

mod alpha;
mod colours;
mod completeness;
mod earlier;
mod files;
mod sizes;

use image::{DynamicImage, RgbaImage};
use shared::AppError;

use crate::{
    Error, Result,
    artworks::media::{decode, renditions, renditions::Encoded},
};

fn ingested(upload: &[u8]) -> Result<Encoded> {
    renditions::encode(decode::decode(upload, decode::head(upload)?)?)
}

fn decoded(upload: &[u8]) -> Result<DynamicImage> {
    decode::decode(upload, decode::head(upload)?)
}

/// The decoded pixels of an upload.
fn pixels(upload: &[u8]) -> RgbaImage {
    decoded(upload).expect("is taken").into_rgba8()
}

/// The error with which an upload is rejected.
fn refusal(upload: &[u8]) -> AppError {
    match decoded(upload) {
        Err(Error::App(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("was taken"),
    }
}

/// The code of the sentence on the field `image`, and its parameters.
fn sentence(upload: &[u8]) -> String {
    refusal(upload).of("image").expect("a sentence").to_string()
}
