//! The built site inside this program: its files as a back end of `ServeDir`, which negotiates,
//! validates and answers as it does for a folder.

use std::{
    borrow::Cow,
    future::{Ready, ready},
    io::{self, Cursor, ErrorKind, SeekFrom},
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::SystemTime,
};

use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs::{Backend, File, Metadata};

/// A file inside the program.
#[derive(Clone, Debug)]
pub struct Packed {
    bytes: Cow<'static, [u8]>,
    modified: Option<SystemTime>,
}

impl Packed {
    /// A file with this content, last modified at this time.
    pub fn new(bytes: impl Into<Cow<'static, [u8]>>, modified: Option<SystemTime>) -> Self {
        Self {
            bytes: bytes.into(),
            modified,
        }
    }

    fn facts(&self) -> Facts {
        Facts {
            length: self.bytes.len() as u64,
            modified: self.modified,
        }
    }
}

impl AsRef<[u8]> for Packed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Files inside the program, by their path below the site folder, such as `pkg/artcritique.js`.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    find: fn(&str) -> Option<Packed>,
    paths: fn() -> Vec<String>,
}

impl Embedded {
    /// Files found by a function, and listed by another.
    #[cfg(test)]
    pub const fn new(find: fn(&str) -> Option<Packed>, paths: fn() -> Vec<String>) -> Self {
        Self { find, paths }
    }

    /// Whether there is a file with this path.
    pub fn has(&self, path: &str) -> bool {
        (self.find)(path).is_some()
    }

    /// The content of a file, if it is text.
    pub fn text(&self, path: &str) -> Option<String> {
        String::from_utf8((self.find)(path)?.bytes.into_owned()).ok()
    }

    /// The paths of all files.
    pub fn paths(&self) -> Vec<String> {
        (self.paths)()
    }

    /// The file that `ServeDir` asks for, whose paths begin with `./`.
    fn at(&self, path: &Path) -> io::Result<Packed> {
        let path = path.strip_prefix(".").unwrap_or(path);
        path.to_str()
            .and_then(self.find)
            .ok_or_else(|| ErrorKind::NotFound.into())
    }
}

#[cfg(feature = "embed")]
mod this_program {
    use std::time::{Duration, SystemTime};

    use super::{Embedded, Packed};

    /// The site as built, with `hash.txt`; `script/release` puts it there.
    #[derive(rust_embed::Embed)]
    #[folder = "../target/site"]
    struct Files;

    fn find(path: &str) -> Option<Packed> {
        let file = Files::get(path)?;
        let seconds = file.metadata.last_modified().map(Duration::from_secs);
        let modified = seconds.map(|seconds| SystemTime::UNIX_EPOCH + seconds);
        Some(Packed::new(file.data, modified))
    }

    impl Embedded {
        /// The site that was built into this program.
        pub const THIS_PROGRAM: Self = Self {
            find,
            paths: || Files::iter().map(Into::into).collect(),
        };
    }
}

impl Backend for Embedded {
    type File = Opened;
    type Metadata = Facts;
    type OpenFuture = Ready<io::Result<Opened>>;
    type MetadataFuture = Ready<io::Result<Facts>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        ready(self.at(&path).map(|file| Opened(Cursor::new(file))))
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        ready(self.at(&path).map(|file| file.facts()))
    }
}

/// The size and time of a file.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    length: u64,
    modified: Option<SystemTime>,
}

impl Metadata for Facts {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        self.modified.ok_or_else(|| ErrorKind::Unsupported.into())
    }

    fn len(&self) -> u64 {
        self.length
    }
}

/// A file that is being read.
#[derive(Debug)]
pub struct Opened(Cursor<Packed>);

impl File for Opened {
    type Metadata = Facts;
    type MetadataFuture<'a> = Ready<io::Result<Facts>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(self.0.get_ref().facts()))
    }
}

impl AsyncRead for Opened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncSeek for Opened {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.0).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.0).poll_complete(context)
    }
}
