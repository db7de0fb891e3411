//! Pictures: checked, turned upright, stripped of everything but pixels, and stored in a few widths.
//!
//! What was uploaded is never served. A picture's kind is read from its bytes, never from its name or the client's
//! word; its size is known before its pixels are unpacked.

use std::{io::Cursor, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, imageops::FilterType};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path};
use shared::{
    AppError, Kind,
    dto::{Picture, Rendition},
};
use tokio::sync::Semaphore;

use crate::{Error, Result, entities::artwork};

/// Largest upload, in bytes.
pub const UPLOAD_MAX: usize = 20 * 1_024 * 1_024;
/// Widths that are kept, in pixels; none is larger than the picture was.
const WIDTHS: [u32; 3] = [480, 960, 1_920];
/// Longest side taken, in pixels.
const SIDE_MAX: u32 = 16_000;
/// Most pixels taken: 50 megapixels, which unpack to 200 MB.
const PIXELS_MAX: u64 = 50_000_000;
/// Most memory a decoder may ask for, in bytes.
const DECODE_MAX: u64 = 512 * 1_024 * 1_024;
const JPEG_QUALITY: u8 = 84;

/// Where pictures are kept.
#[derive(Clone)]
pub struct Media {
    store: Arc<dyn ObjectStore>,
    /// Unpacked pictures are large: a few at a time.
    places: Arc<Semaphore>,
}

/// A picture that has been stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its folder.
    pub key: String,
    /// Its file ending.
    pub ext: &'static str,
    /// Width of the largest rendition, in pixels.
    pub width: u32,
    /// Height of the same.
    pub height: u32,
    /// A few pixels as a `data:` address.
    pub placeholder: String,
}

struct Encoded {
    files: Vec<(u32, Bytes)>,
    ext: &'static str,
    width: u32,
    height: u32,
    placeholder: String,
}

impl Media {
    /// Keeps pictures in a folder, made if it is not there.
    ///
    /// # Errors
    /// When the folder can't be made or used.
    pub fn folder(path: &std::path::Path) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(|error| Error::internal(format!("{}: {error}", path.display())))?;
        let store = LocalFileSystem::new_with_prefix(path)?;
        Ok(Self { store: Arc::new(store), places: Arc::new(Semaphore::new(2)) })
    }

    /// Where its files are.
    pub(crate) fn files(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Checks, re-encodes and stores what was uploaded.
    ///
    /// # Errors
    /// [`Kind::Invalid`], [`Kind::TooLarge`] or [`Kind::Unsupported`] with a sentence on the field `image`.
    pub async fn ingest(&self, upload: Bytes) -> Result<Stored> {
        if upload.is_empty() {
            return Err(AppError::field("image", "Please choose a picture.").into());
        }
        if upload.len() > UPLOAD_MAX {
            return Err(refuse(Kind::TooLarge, "Please choose a picture of at most 20 MB."));
        }
        let _place = self.places.acquire().await.map_err(Error::internal)?;
        let encoded = tokio::task::spawn_blocking(move || encode(&upload)).await.map_err(Error::internal)??;
        self.keep(encoded).await
    }

    /// Stores a picture made in code, as it is.
    ///
    /// # Errors
    /// When it can't be stored.
    pub async fn keep_image(&self, image: image::RgbImage) -> Result<Stored> {
        let _place = self.places.acquire().await.map_err(Error::internal)?;
        let encoded =
            tokio::task::spawn_blocking(move || renditions(DynamicImage::ImageRgb8(image))).await.map_err(Error::internal)??;
        self.keep(encoded).await
    }

    async fn keep(&self, encoded: Encoded) -> Result<Stored> {
        let Encoded { files, ext, width, height, placeholder } = encoded;
        let key = format!("{:016x}{:016x}", rand::random::<u64>(), rand::random::<u64>());
        for (width, file) in files {
            self.store.put(&Path::from(format!("{key}/{width}.{ext}")), PutPayload::from_bytes(file)).await?;
        }
        Ok(Stored { key, ext, width, height, placeholder })
    }

    /// A rendition's bytes, or nothing if there is no such picture.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn read(&self, key: &str, file: &str) -> Result<Option<Bytes>> {
        if key.len() != 32
            || !key.bytes().all(|b| b.is_ascii_hexdigit())
            || !file.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
        {
            return Ok(None);
        }
        match self.store.get(&Path::from(format!("{key}/{file}"))).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a picture's files. One that fails is logged and left.
    pub async fn delete(&self, key: &str, ext: &str, width: u32) {
        for width in widths(width) {
            if let Err(error) = self.store.delete(&Path::from(format!("{key}/{width}.{ext}"))).await {
                tracing::warn!(%error, key, "a deleted picture's file stays behind");
            }
        }
    }
}

/// The picture of an artwork, as pages show it.
pub fn picture(row: &artwork::Model) -> Picture {
    let (width, height) = (u32::try_from(row.width).unwrap_or(1), u32::try_from(row.height).unwrap_or(1));
    let url = |width| format!("/media/{}/{width}.{}", row.media_key, row.media_ext);
    Picture {
        sources: widths(width).map(|width| Rendition { url: url(width), width }).collect(),
        width,
        height,
        placeholder: row.placeholder.clone(),
    }
}

/// The widths a picture of this width is kept in, smallest first.
fn widths(width: u32) -> impl Iterator<Item = u32> {
    WIDTHS.into_iter().filter(move |kept| *kept < width).chain([width.min(WIDTHS[2])])
}

fn refuse(kind: Kind, message: &str) -> Error {
    AppError { kind, ..AppError::field("image", message) }.into()
}

fn encode(upload: &[u8]) -> Result<Encoded> {
    let damaged =
        || refuse(Kind::Invalid, "This picture is damaged or not what it says it is. Please save it anew and try again.");
    let format = image::guess_format(upload)
        .ok()
        .filter(|format| matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif));
    let Some(format) = format else {
        return Err(refuse(Kind::Unsupported, "Please choose a JPEG, PNG, WebP or GIF picture."));
    };
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| damaged())?;
    let (width, height) = decoder.dimensions();
    if width > SIDE_MAX || height > SIDE_MAX || u64::from(width) * u64::from(height) > PIXELS_MAX {
        let message = format!("This picture is {width} × {height} pixels; please choose one of at most 50 megapixels.");
        return Err(refuse(Kind::Invalid, &message));
    }
    if width < 16 || height < 16 {
        return Err(refuse(Kind::Invalid, "Please choose a picture of at least 16 × 16 pixels."));
    }
    let orientation = decoder.orientation().map_err(|_| damaged())?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| damaged())?;
    picture.apply_orientation(orientation);
    renditions(picture)
}

fn renditions(picture: DynamicImage) -> Result<Encoded> {
    // Sixteen-bit and float pictures come down to what screens show.
    let see_through = picture.color().has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel.0[3] < 255);
    let picture: DynamicImage = if see_through { picture.to_rgba8().into() } else { picture.to_rgb8().into() };
    let ext = if see_through { "webp" } else { "jpg" };
    let largest = scaled(&picture, picture.width().min(WIDTHS[2]));
    let (width, height) = (largest.width(), largest.height());
    let mut files = Vec::new();
    for kept in widths(width) {
        files.push((kept, write(&scaled(&largest, kept), ext)?));
    }
    let tiny = largest.thumbnail(20, 20).to_rgb8();
    let mut bytes = Vec::new();
    DynamicImage::from(tiny).write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP).map_err(Error::internal)?;
    let placeholder = format!("data:image/webp;base64,{}", BASE64_STANDARD.encode(bytes));
    Ok(Encoded { files, ext, width, height, placeholder })
}

fn scaled(picture: &DynamicImage, width: u32) -> DynamicImage {
    if width == picture.width() {
        return picture.clone();
    }
    let height = u64::from(picture.height()) * u64::from(width) / u64::from(picture.width());
    picture.resize_exact(width, u32::try_from(height).unwrap_or(u32::MAX).max(1), FilterType::CatmullRom)
}

fn write(picture: &DynamicImage, ext: &str) -> Result<Bytes> {
    let mut bytes = Vec::new();
    let written = if ext == "jpg" {
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))
    } else {
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP)
    };
    written.map_err(Error::internal)?;
    Ok(bytes.into())
}

#[cfg(test)]
#[path = "media_tests.rs"]
mod tests;
