//! The addresses of files: those of the built site, and pictures.

use super::filled;

/// The folder of scripts and styles, whose names contain a hash of their content.
pub const BUILT: &str = "/pkg";
/// The icon of a browser's tab.
pub const ICON: &str = "/favicon.svg";
/// The icon on a phone's home screen.
pub const TOUCH_ICON: &str = "/apple-touch-icon.png";
/// The manifest of the site as an app.
pub const MANIFEST: &str = "/manifest.webmanifest";
/// The picture with which a page without its own is shared.
pub const SHARED_PICTURE: &str = "/share.png";
/// How the addresses of pictures begin.
pub const PICTURES: &str = "/media/";
/// A picture of an artwork, by the artwork's key and the name of the file.
pub const PICTURE: &str = "/media/{key}/{file}";

/// A script or style: the name of a file in the folder of those.
pub fn built(name: &str) -> String {
    format!("{BUILT}/{name}")
}

/// A file beside that folder, by its name.
pub fn public(name: &str) -> String {
    format!("/{name}")
}

/// A picture of an artwork.
pub fn picture(key: &str, file: &str) -> String {
    filled(&filled(PICTURE, &key), &file)
}
