//! Generates the messages of `words` from the catalogue in `locales/`.

#[path = "generator/generator.rs"]
mod generator;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use generator::{LANGUAGES, Source};

fn main() -> io::Result<()> {
    let variable = |name| env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let folder = variable("CARGO_MANIFEST_DIR").join("../locales");
    println!("cargo::rerun-if-changed=generator");
    let mut sources = Vec::new();
    for language in &LANGUAGES {
        let file = format!("{}.ftl", language.tag);
        let path = folder.join(&file);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = read(&path)?;
        sources.push(Source {
            file: format!("locales/{file}"),
            text,
        });
    }
    match generator::generate(&sources) {
        Ok(code) => fs::write(variable("OUT_DIR").join("messages.rs"), code),
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            Ok(())
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    let named = |error| io::Error::other(format!("{}: {error}", path.display()));
    fs::read_to_string(path).map_err(named)
}
