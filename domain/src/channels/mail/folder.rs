use std::{
    fmt,
    fs::{DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::channels::mail::MailError;

/// Mails that are kept; beyond that, the oldest is deleted for each new one.
const MAX_MAILS: usize = 1_000;

/// A folder of mails, for a site without an SMTP relay. Only the server's user can read it: mails
/// contain links with which an account can be taken over.
pub struct Folder(PathBuf);

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Folder {
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Writes a mail to `ID.eml`, replacing an earlier copy of the same mail.
    pub async fn write(&self, id: &str, mail: Vec<u8>) -> Result<(), MailError> {
        let name = format!("{id}.eml");
        self.off_thread(move |folder| {
            put(folder, &name, &mail)?;
            delete_oldest(folder)
        })
        .await
    }

    /// Checks that the folder can be written.
    pub async fn check(&self) -> Result<(), MailError> {
        let name = format!(".check-{}", std::process::id());
        self.off_thread(move |folder| {
            put(folder, &name, b"")?;
            std::fs::remove_file(folder.join(&name))
        })
        .await
    }

    async fn off_thread(
        &self,
        work: impl FnOnce(&Path) -> io::Result<()> + Send + 'static,
    ) -> Result<(), MailError> {
        let folder = self.0.clone();
        let done = tokio::task::spawn_blocking(move || work(&folder)).await;
        let done = done.unwrap_or_else(|error| Err(io::Error::other(error)));
        done.map_err(|error| {
            MailError::Temporary(format!(
                "the folder {} can't be written: {error}",
                self.0.display()
            ))
        })
    }
}

/// Writes a file that is never seen half written, readable by its owner only.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let draft = folder.join(format!(".{name}-{:016x}", rand::random::<u64>()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&draft, folder.join(name)));
    written.inspect_err(|_| drop(std::fs::remove_file(&draft)))
}

fn delete_oldest(folder: &Path) -> io::Result<()> {
    let mut mails: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(folder)?
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|kind| kind == "eml"))
        // Another process may delete it at the same time.
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    if mails.len() > MAX_MAILS {
        mails.sort();
        for (_, oldest) in &mails[..mails.len() - MAX_MAILS] {
            match std::fs::remove_file(oldest) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn mails_are_private_and_a_second_copy_replaces_the_first() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(root.path().join("mail"));
        folder.check().await.expect("writable");
        for mail in ["one", "two"] {
            folder.write("reset.1", mail.into()).await.expect("written");
        }
        let files: Vec<_> = std::fs::read_dir(&folder.0)
            .expect("there")
            .flatten()
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(std::fs::read(files[0].path()).expect("read"), b"two");
        let mode = |path: &Path| path.metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&files[0].path()), mode(&folder.0)), (0o600, 0o700));
    }

    #[tokio::test]
    async fn the_oldest_mails_are_deleted_beyond_the_limit() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(root.path().to_owned());
        for n in 0..MAX_MAILS {
            std::fs::write(root.path().join(format!("{n}.eml")), b"").expect("written");
        }
        let old = root.path().join("7.eml");
        let yesterday = SystemTime::now() - std::time::Duration::from_hours(24);
        OpenOptions::new()
            .write(true)
            .open(&old)
            .and_then(|file| file.set_modified(yesterday))
            .expect("set back");
        folder.write("new", b"x".to_vec()).await.expect("written");
        assert!(!old.exists() && root.path().join("new.eml").exists());
        assert_eq!(
            std::fs::read_dir(root.path()).expect("there").count(),
            MAX_MAILS
        );
    }
}
