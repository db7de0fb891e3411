//! The storage of files: one folder per picture.

use std::{io::SeekFrom, ops::Range, path::PathBuf};

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, GetResultPayload, ObjectStoreExt, PutPayload, path::Path,
};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::{Error, Result, artworks::media::Media};

/// Buffer size for streaming a file, in bytes.
const BUFFER_SIZE: usize = 64 * 1_024;

/// A stored file or a range of it, read as a stream.
pub struct Opened {
    /// Size of the whole file, in bytes.
    pub size: u64,
    /// The content, or the error of reading it.
    pub bytes: BoxStream<'static, std::io::Result<Bytes>>,
}

impl Media {
    /// The size of a stored file in bytes, or `None` if there is no such file.
    ///
    /// # Errors
    /// When the store is unreachable.
    pub async fn size(&self, key: &str, file: &str) -> Result<Option<u64>> {
        let Some(path) = path(key, file) else {
            return Ok(None);
        };
        Ok(found(self.store.head(&path).await)?.map(|meta| meta.size))
    }

    /// Opens a stored file, or a range of it; `None` if there is no such file.
    ///
    /// # Errors
    /// When the store is unreachable, or the range is outside the file.
    pub async fn open(
        &self,
        key: &str,
        file: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<Opened>> {
        let Some(path) = path(key, file) else {
            return Ok(None);
        };
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let Some(found) = found(self.store.get_opts(&path, options).await)? else {
            return Ok(None);
        };
        let (size, range) = (found.meta.size, found.range.clone());
        let bytes = match found.payload {
            GetResultPayload::File(file, _) => {
                let mut file = tokio::fs::File::from_std(file);
                file.seek(SeekFrom::Start(range.start))
                    .await
                    .map_err(Error::internal)?;
                ReaderStream::with_capacity(file.take(range.end - range.start), BUFFER_SIZE).boxed()
            }
            GetResultPayload::Stream(stream) => stream
                .map(|piece| piece.map_err(std::io::Error::other))
                .boxed(),
        };
        Ok(Some(Opened { size, bytes }))
    }

    pub(super) async fn put(&self, key: &str, file: &str, bytes: Bytes) -> Result<()> {
        self.store
            .put(
                &Path::from(format!("{key}/{file}")),
                PutPayload::from_bytes(bytes),
            )
            .await?;
        Ok(())
    }

    /// Deletes a picture's files, and its folder with the last of them. A missing file is no error;
    /// a file that can't be deleted is logged and left.
    pub async fn delete(&self, key: &str, files: &[String]) {
        for file in files {
            if let Err(error) = found(
                self.store
                    .delete(&Path::from(format!("{key}/{file}")))
                    .await,
            ) {
                tracing::warn!(%error, key, file, "a deleted picture's file could not be removed");
            }
        }
    }

    /// Removes empty folders.
    ///
    /// # Errors
    /// When the root folder can't be read.
    pub async fn remove_empty_folders(&self) -> Result<usize> {
        let root = self.root.clone();
        tokio::task::spawn_blocking(move || remove_empty(&root))
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)
    }
}

fn remove_empty(root: &PathBuf) -> std::io::Result<usize> {
    let mut removed = 0;
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        // Fails if the folder is not empty.
        if entry.file_type()?.is_dir() && std::fs::remove_dir(entry.path()).is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

/// The path of a file, or `None` if the names are invalid.
fn path(key: &str, file: &str) -> Option<Path> {
    let sound = key.len() == 32
        && key.bytes().all(|byte| byte.is_ascii_hexdigit())
        && file
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    sound.then(|| Path::from(format!("{key}/{file}")))
}

fn found<T>(result: object_store::Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
