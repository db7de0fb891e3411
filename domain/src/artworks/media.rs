//! Pictures: validated, decoded, converted to sRGB, turned upright, stripped of metadata, and
//! stored in several sizes.
//!
//! The uploaded file is never served. A picture's format is detected from its bytes, not from its
//! name or the client's `Content-Type`; its size is checked before its pixels are decoded.
//!
//! [`decode`] turns a file into pixels, [`renditions`] turns pixels into files, and [`store`]
//! stores the files.

mod colour;
mod decode;
mod limits;
mod refusal;
mod renditions;
mod store;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use image::DynamicImage;
use object_store::{ObjectStore, local::LocalFileSystem};
use renditions::{Encoded, height_at};
use shared::{
    UPLOAD_MAX,
    dto::{Picture, Rendition},
    paths,
};
pub use store::Opened;

use crate::{Error, Result, blocking::BlockingPool, entities::artwork};

/// The widths, in pixels, in which an earlier version stores a picture. Every work has a file in
/// each of these widths that is smaller than the picture, and one in the last width or the
/// picture's own, because an earlier version that runs beside this one knows only those.
const EARLIER_WIDTHS: [u32; 3] = [480, 960, 1_920];

/// The picture store.
#[derive(Clone)]
pub struct Media {
    store: Arc<dyn ObjectStore>,
    root: PathBuf,
    /// Decoded pictures need much memory, so only a few are decoded at a time.
    pool: BlockingPool,
}

/// A picture that has been stored.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// The folder of the picture.
    pub key: String,
    /// The file extension of the format that exists in every size.
    pub ext: String,
    /// The names of the files, smallest first.
    pub files: Vec<String>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// A few pixels as a `data:` URL.
    pub placeholder: String,
}

/// A stored picture that no work refers to yet. Dropping it deletes its files unless it was
/// claimed, for example when a client disconnects before the work is written.
#[derive(Debug)]
pub struct Unclaimed {
    media: Media,
    stored: Stored,
    claimed: AtomicBool,
}

impl std::fmt::Debug for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Media")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

impl Media {
    /// Stores pictures in a folder, which is created if missing.
    ///
    /// # Errors
    /// When the folder can't be created or used.
    pub fn folder(path: &std::path::Path) -> Result<Self> {
        std::fs::create_dir_all(path)
            .map_err(|error| Error::internal(format!("{}: {error}", path.display())))?;
        let store = LocalFileSystem::new_with_prefix(path)?.with_automatic_cleanup(true);
        let permits = usize::try_from(limits::DECODED_AT_ONCE).unwrap_or(1);
        Ok(Self {
            store: Arc::new(store),
            root: path.to_owned(),
            pool: BlockingPool::new(permits, limits::WAITING_MAX),
        })
    }

    /// The underlying object store.
    pub(crate) fn files(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Validates, re-encodes and stores an upload.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`], [`shared::Kind::TooLarge`] or [`shared::Kind::Unsupported`] with
    /// a sentence on the field `image`; [`shared::Kind::Unavailable`] when too many uploads wait.
    pub async fn ingest(&self, upload: Bytes) -> Result<Unclaimed> {
        if upload.is_empty() {
            return Err(refusal::none_chosen());
        }
        if upload.len() > UPLOAD_MAX {
            return Err(refusal::too_many_bytes());
        }
        let head = decode::head(&upload)?;
        let work = move || {
            let picture = decode::decode(&upload, head)?;
            drop(upload);
            renditions::encode(picture)
        };
        let encoded = self
            .pool
            .run(limits::permits(head.width, head.height), work)
            .await??;
        self.keep(encoded).await
    }

    /// Stores a picture painted by the program, without validation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keep_image(&self, image: image::RgbImage) -> Result<Stored> {
        let encoded = self
            .pool
            .run(1, move || {
                renditions::encode(DynamicImage::ImageRgb8(image))
            })
            .await??;
        Ok(self.keep(encoded).await?.claim())
    }

    async fn keep(&self, encoded: Encoded) -> Result<Unclaimed> {
        let Encoded {
            files,
            ext,
            width,
            height,
            placeholder,
        } = encoded;
        let key = format!(
            "{:016x}{:016x}",
            rand::random::<u64>(),
            rand::random::<u64>()
        );
        let names = files.iter().map(|(name, _)| name.clone()).collect();
        let stored = Stored {
            key,
            ext: ext.into(),
            files: names,
            width,
            height,
            placeholder,
        };
        let unclaimed = Unclaimed {
            media: self.clone(),
            stored,
            claimed: AtomicBool::new(false),
        };
        for (name, bytes) in files {
            self.put(&unclaimed.stored.key, &name, bytes).await?;
        }
        Ok(unclaimed)
    }
}

impl Unclaimed {
    /// Keeps the files and returns the picture.
    pub fn claim(&self) -> Stored {
        self.claimed.store(true, Ordering::Release);
        self.stored.clone()
    }

    /// The picture, claimed or not.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Deletes the files.
    pub async fn discard(self) {
        self.claimed.store(true, Ordering::Release);
        self.media
            .delete(&self.stored.key, &self.stored.files)
            .await;
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if *self.claimed.get_mut() {
            return;
        }
        let (media, stored) = (self.media.clone(), std::mem::take(&mut self.stored));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { media.delete(&stored.key, &stored.files).await });
        }
    }
}

impl Stored {
    /// The width of the picture for an earlier version, in pixels; see [`EARLIER_WIDTHS`].
    pub(crate) fn earlier_width(&self) -> u32 {
        self.width.min(EARLIER_WIDTHS[2])
    }

    /// The height for that width, in pixels.
    pub(crate) fn earlier_height(&self) -> u32 {
        height_at(self.width, self.height, self.earlier_width())
    }
}

/// The picture of an artwork, for pages.
pub fn picture(row: &artwork::Model) -> Picture {
    let pixels = |side: i32| u32::try_from(side).unwrap_or(1);
    let (width, height) = (
        pixels(row.full_width.unwrap_or(row.width)),
        pixels(row.full_height.unwrap_or(row.height)),
    );
    let (files, ext) = (files(row), row.media_ext.as_str());
    let url = |file: &str| paths::files::picture(&row.media_key, file);
    let sources = files.iter().filter_map(|file| {
        let of: u32 = file.strip_suffix(ext)?.strip_suffix('.')?.parse().ok()?;
        let beside = format!("{of}.webp");
        let webp = (ext != "webp" && files.contains(&beside)).then(|| url(&beside));
        Some(Rendition {
            url: url(file),
            width: of,
            height: height_at(width, height, of),
            webp,
        })
    });
    Picture {
        sources: sources.collect(),
        width,
        height,
        placeholder: row.placeholder.clone(),
        see_through: ext != "jpg",
    }
}

/// The names of the files of an artwork's picture, smallest first.
pub(crate) fn files(row: &artwork::Model) -> Vec<String> {
    if let Some(files) = &row.media_files {
        return files.split(' ').map(str::to_owned).collect();
    }
    let width = u32::try_from(row.width).unwrap_or(1);
    let kept = EARLIER_WIDTHS
        .into_iter()
        .filter(|kept| *kept < width)
        .chain([width]);
    kept.map(|width| format!("{width}.{}", row.media_ext))
        .collect()
}

#[cfg(test)]
mod tests;
