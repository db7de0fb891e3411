//! Locates the built site, a folder or the files inside this program, and the file names with
//! content hashes.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use app::shell::Assets;
use leptos::config::LeptosOptions;
use shared::paths;

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

    /// The folder as configured, or as set by cargo-leptos. Otherwise the site inside this program,
    /// which fits its pages; a program without one takes a folder beside it, or the output folder
    /// of a build.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(config: &Config) -> anyhow::Result<Self> {
        let told = std::env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from);
        let program = std::env::current_exe().context("this program's own path")?;
        let beside = program.parent().unwrap_or(Path::new("."));
        Self::choose(
            config.site_dir.clone().or(told),
            Self::INSIDE,
            &[
                beside.join("site"),
                beside.join("../site"),
                "target/site".into(),
            ],
        )
    }

    /// Chooses the named folder, whatever it contains, else the site inside, else the first whole
    /// site in `places`.
    fn choose(
        named: Option<PathBuf>,
        inside: Option<Self>,
        places: &[PathBuf],
    ) -> anyhow::Result<Self> {
        let found = || {
            let mut sites = places.iter().cloned().map(Self::Folder);
            sites.find(Self::is_whole)
        };
        named
            .map(Self::Folder)
            .or(inside)
            .or_else(found)
            .with_context(|| {
                format!(
                    "no built site in {places:?}; build it with `cargo leptos build`, or name its folder in ARTCRITIQUE_SITE_DIR"
                )
            })
    }

    /// Whether there are all files that pages refer to.
    fn is_whole(&self) -> bool {
        let named = self.named();
        named.iter().all(|path| self.has_address(path))
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

    fn has_address(&self, address: &str) -> bool {
        self.has(address.trim_start_matches('/'))
    }

    /// The first file that pages refer to and the site lacks.
    pub fn missing<'a>(&self, assets: &'a Assets) -> Option<&'a str> {
        let named = [&assets.css, &assets.js, &assets.wasm].map(String::as_str);
        named.into_iter().find(|path| !self.has_address(path))
    }

    /// The addresses of the script, the WASM and the style sheet.
    fn named(&self) -> [String; 3] {
        let hashes = self.hashes();
        ["js", "wasm", "css"].map(|kind| {
            let hash = hashes
                .iter()
                .find(|(of, _)| of == kind)
                .map(|(_, hash)| format!(".{hash}"))
                .unwrap_or_default();
            paths::files::built(&format!("{NAME}{hash}.{kind}"))
        })
    }

    /// The asset URLs for the document, and the options for Leptos.
    pub fn assets(&self, origins: &Origins) -> (Assets, LeptosOptions) {
        let [js, wasm, css] = self.named();
        let leptos = LeptosOptions::builder()
            .output_name(NAME)
            .reload_port(3001_u32)
            .hash_files(true)
            .build();
        let assets = Assets {
            js,
            wasm,
            css,
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
    fn only_a_named_folder_takes_the_place_of_the_site_inside() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let site = |name: &str, files: &[&str]| {
            let site = folder.path().join(name);
            std::fs::create_dir_all(site.join("pkg")).expect("a folder");
            std::fs::write(site.join(HASHES), "js: 1\nwasm: 2\ncss: 3\n").expect("a file");
            for file in files {
                std::fs::write(site.join("pkg").join(file), "").expect("a file");
            }
            site
        };
        let stray = site("stray", &["artcritique.1.js"]);
        let whole = site(
            "whole",
            &[
                "artcritique.1.js",
                "artcritique.2.wasm",
                "artcritique.3.css",
            ],
        );
        let inside = || Some(BuiltSite::Embedded(Embedded::new(|_| None, Vec::new)));
        let places = [stray.clone(), whole.clone()];
        let chosen = |named: Option<&PathBuf>, inside, places: &[PathBuf]| {
            BuiltSite::choose(named.cloned(), inside, places).map(|site| site.to_string())
        };
        let shown = |folder: &PathBuf| folder.display().to_string();
        assert_eq!(
            chosen(Some(&stray), inside(), &places).expect("the named folder"),
            shown(&stray)
        );
        assert_eq!(
            chosen(None, inside(), &places).expect("the site inside"),
            "the site inside this program"
        );
        assert_eq!(
            chosen(None, None, &places).expect("the whole site"),
            shown(&whole)
        );
        assert!(chosen(None, None, &[stray]).is_err());
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
