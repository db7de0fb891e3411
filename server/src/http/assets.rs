//! Locates the built site: its folder, and the file names with content hashes.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use app::shell::Assets;
use leptos::config::LeptosOptions;

use crate::config::{Config, origin::Origins};

const NAME: &str = "artcritique";

/// The folder of the built site: as configured, as set by cargo-leptos, beside the binary, or the
/// output folder of a build.
pub fn site_dir(config: &Config) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &config.site_dir {
        return Ok(folder.clone());
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
    match tried.iter().find(|folder| folder.join("pkg").is_dir()) {
        Some(folder) => Ok(folder.clone()),
        None => {
            bail!(
                "no built site in {tried:?}; build it with `cargo leptos build`, or name its folder in ARTCRITIQUE_SITE_DIR"
            )
        }
    }
}

/// The hashes in `hash.txt`, which a build writes beside the binary; a packaged site has it in its
/// folder.
fn hashes(site: &Path) -> Vec<(String, String)> {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.parent()?.join("hash.txt")));
    let text = [Some(site.join("hash.txt")), beside]
        .into_iter()
        .flatten()
        .find_map(|path| std::fs::read_to_string(path).ok());
    let pairs = text.unwrap_or_default();
    pairs
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(kind, hash)| (kind.trim().to_owned(), hash.trim().to_owned()))
        .collect()
}

/// The first file that pages refer to and the folder lacks.
pub fn missing<'a>(site: &Path, assets: &'a Assets) -> Option<&'a str> {
    let named = [&assets.css, &assets.js, &assets.wasm].map(String::as_str);
    named
        .into_iter()
        .find(|path| !site.join(path.trim_start_matches('/')).is_file())
}

/// The asset URLs for the document, and the options for Leptos.
pub fn assets(site: &Path, origins: &Origins) -> (Assets, LeptosOptions) {
    let hashes = hashes(site);
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
        .site_root(site.display().to_string())
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
