//! Locates the built site, a folder or the files inside this program, and the file names with
//! content hashes.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use app::shell::Assets;
use leptos::config::LeptosOptions;

use crate::config::{Config, origin::Origins};
#[cfg(any(test, feature = "embed"))]
use crate::http::embedded::Embedded;

const NAME: &str = "artcritique";
/// The file with the content hashes, one `kind: hash` a line.
pub const HASHES: &str = "hash.txt";

/// The built site: scripts and styles in `pkg/`, and the public files beside it.
#[derive(Clone, Debug)]
pub enum BuiltSite {
    /// A folder.
    Folder(PathBuf),
    /// Files inside this program.
    #[cfg(any(test, feature = "embed"))]
    Embedded(Embedded),
}

impl fmt::Display for BuiltSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            #[cfg(any(test, feature = "embed"))]
            Self::Embedded(_) => f.write_str("the site inside this program"),
        }
    }
}

impl BuiltSite {
    /// The site inside this program, if it was built with one.
    #[cfg(feature = "embed")]
    const INSIDE: Option<Self> = Some(Self::Embedded(Embedded::THIS_PROGRAM));
    #[cfg(not(feature = "embed"))]
    const INSIDE: Option<Self> = None;

    /// The folder as configured, as set by cargo-leptos, beside the binary, or the output folder of
    /// a build. Otherwise the site inside this program, if it was built with one.
    ///
    /// # Errors
    /// When there is neither.
    pub fn find(config: &Config) -> anyhow::Result<Self> {
        if let Some(folder) = &config.site_dir {
            return Ok(Self::Folder(folder.clone()));
        }
        let beside = std::env::current_exe().context("this program's own path")?;
        let beside = beside.parent().unwrap_or(Path::new("."));
        let told = std::env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from);
        let places = told.into_iter().chain([
            beside.join("site"),
            beside.join("../site"),
            "target/site".into(),
        ]);
        let tried: Vec<PathBuf> = places.collect();
        if let Some(folder) = tried.iter().find(|folder| folder.join("pkg").is_dir()) {
            return Ok(Self::Folder(folder.clone()));
        }
        if let Some(inside) = Self::INSIDE {
            return Ok(inside);
        }
        bail!(
            "no built site in {tried:?}; build it with `cargo leptos build`, or name its folder in ARTCRITIQUE_SITE_DIR"
        )
    }

    /// The pairs of kind and hash. A build writes the file beside the binary; a packaged site has
    /// it among its files.
    fn hashes(&self) -> Vec<(String, String)> {
        let text = match self {
            Self::Folder(folder) => {
                let beside = std::env::current_exe()
                    .ok()
                    .and_then(|path| Some(path.parent()?.join(HASHES)));
                let places = [Some(folder.join(HASHES)), beside];
                let mut places = places.into_iter().flatten();
                places.find_map(|path| std::fs::read_to_string(path).ok())
            }
            #[cfg(any(test, feature = "embed"))]
            Self::Embedded(files) => files.text(HASHES),
        };
        let pairs = text.unwrap_or_default();
        pairs
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(kind, hash)| (kind.trim().to_owned(), hash.trim().to_owned()))
            .collect()
    }

    fn has(&self, path: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.join(path).is_file(),
            #[cfg(any(test, feature = "embed"))]
            Self::Embedded(files) => files.has(path),
        }
    }

    /// The first file that pages refer to and the site lacks.
    pub fn missing<'a>(&self, assets: &'a Assets) -> Option<&'a str> {
        let named = [&assets.css, &assets.js, &assets.wasm].map(String::as_str);
        named
            .into_iter()
            .find(|path| !self.has(path.trim_start_matches('/')))
    }

    /// The asset URLs for the document, and the options for Leptos.
    pub fn assets(&self, origins: &Origins) -> (Assets, LeptosOptions) {
        let hashes = self.hashes();
        let named = |kind: &str, ending: &str| {
            let hash = hashes
                .iter()
                .find(|(of, _)| of == kind)
                .map(|(_, hash)| format!(".{hash}"))
                .unwrap_or_default();
            format!("/pkg/{NAME}{hash}.{ending}")
        };
        let leptos = LeptosOptions::builder()
            .output_name(NAME)
            .reload_port(3001_u32)
            .hash_files(true)
            .build();
        let assets = Assets {
            js: named("js", "js"),
            wasm: named("wasm", "wasm"),
            css: named("css", "css"),
            origin: origins.canonical(),
            socket_origin: origins.sockets(),
            reload: std::env::var_os("LEPTOS_WATCH").map(|_| leptos.clone()),
        };
        (assets, leptos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::origin::Origin, http::embedded::Packed};

    fn origins() -> Origins {
        let origin: Origin = "https://art.example".parse().expect("an origin");
        Origins::new(Some(origin), ([127, 0, 0, 1], 3000).into())
    }

    #[test]
    fn embedded_hashes_name_the_assets() {
        fn find(path: &str) -> Option<Packed> {
            let bytes: &[u8] = match path {
                HASHES => b"js: J-s\nwasm: Wasm\ncss: Css\n",
                "pkg/artcritique.J-s.js" | "pkg/artcritique.Css.css" => b"",
                _ => return None,
            };
            Some(Packed::new(bytes, None))
        }
        let built = BuiltSite::Embedded(Embedded::new(find, Vec::new));
        let (assets, _) = built.assets(&origins());
        assert_eq!(assets.css, "/pkg/artcritique.Css.css");
        assert_eq!(assets.js, "/pkg/artcritique.J-s.js");
        assert_eq!(
            built.missing(&assets),
            Some("/pkg/artcritique.Wasm.wasm"),
            "the table lacks the WASM"
        );
    }

    #[test]
    fn the_hashes_of_a_folder_are_read_from_the_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("pkg")).expect("a folder");
        std::fs::write(folder.path().join(HASHES), "js: 1\nwasm: 2\ncss: 3\n").expect("a file");
        for name in ["artcritique.1.js", "artcritique.2.wasm"] {
            std::fs::write(folder.path().join("pkg").join(name), "").expect("a file");
        }
        let built = BuiltSite::Folder(folder.path().to_owned());
        let (assets, _) = built.assets(&origins());
        assert_eq!(built.missing(&assets), Some("/pkg/artcritique.3.css"));
    }
}
