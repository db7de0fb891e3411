//! Where the files are: one folder for each picture.

use std::{io::SeekFrom, ops::Range, path::PathBuf};

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, GetResultPayload, ObjectStoreExt, PutPayload, path::Path,
};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::Media;
use crate::{Error, Result};

/// How much of a file is in memory at a time while it is sent, in bytes.
const PIECE: usize = 64 * 1_024;

/// A stretch of a stored file, read as it is taken.
pub struct Opened {
    /// Of the whole file, in bytes.
    pub size: u64,
    /// Its bytes, or where reading them failed.
    pub bytes: BoxStream<'static, std::io::Result<Bytes>>,
}

impl Media {
    /// The size of a stored file in bytes, or nothing if there is no such file.
    ///
    /// # Errors
    /// When the store is out of reach.
    pub async fn size(&self, key: &str, file: &str) -> Result<Option<u64>> {
        let Some(path) = path(key, file) else {
            return Ok(None);
        };
        Ok(found(self.store.head(&path).await)?.map(|meta| meta.size))
    }

    /// Opens a stored file, or a stretch of it; nothing if there is no such file.
    ///
    /// # Errors
    /// When the store is out of reach, or the file has no such stretch.
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
                ReaderStream::with_capacity(file.take(range.end - range.start), PIECE).boxed()
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

    /// Deletes a picture's files, and its folder with the last of them. A file that is gone is no
    /// error; one that can't be deleted is logged and left.
    pub async fn delete(&self, key: &str, files: &[String]) {
        for file in files {
            if let Err(error) = found(
                self.store
                    .delete(&Path::from(format!("{key}/{file}")))
                    .await,
            ) {
                tracing::warn!(%error, key, file, "a deleted picture's file stays behind");
            }
        }
    }

    /// Removes folders that have no files in them.
    ///
    /// # Errors
    /// When the folder of all pictures can't be read.
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
        // Succeeds only if there is nothing in it.
        if entry.file_type()?.is_dir() && std::fs::remove_dir(entry.path()).is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Where a file is; nothing for a name that no file has.
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
