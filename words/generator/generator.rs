//! Turns the message catalogue, one Fluent file (projectfluent.org) a language, into Rust.
//!
//! A module of the build script, and of the tests. `catalogue` reads the files, `pattern` their
//! messages, `agree` compares the languages, `write` writes the Rust.

mod agree;
mod catalogue;
#[path = "../src/markers.rs"]
mod markers;
mod pattern;
mod write;

use catalogue::Catalogue;

/// A language of the catalogue.
pub struct Language {
    /// The language tag (BCP 47), which is also the file's name.
    pub tag: &'static str,
    /// The plural categories that whole numbers have in it (Unicode CLDR).
    categories: &'static [&'static str],
}

/// The languages. The others follow the first one's messages and order of parameters.
pub const LANGUAGES: [Language; 2] = [
    Language {
        tag: "en",
        categories: &["one", "other"],
    },
    Language {
        tag: "de",
        categories: &["one", "other"],
    },
];

/// The text of one language's file.
pub struct Source {
    /// The file's name, for error messages.
    pub file: String,
    /// Its content.
    pub text: String,
}

/// The Rust code for these files, one a language and in the order of [`LANGUAGES`], or all the
/// problems found in them.
pub fn generate(sources: &[Source]) -> Result<String, Vec<String>> {
    let mut problems = Vec::new();
    let catalogues: Vec<Catalogue> = sources
        .iter()
        .zip(&LANGUAGES)
        .map(|(source, language)| catalogue::read(source, language, &mut problems))
        .collect();
    let messages = if problems.is_empty() {
        agree::join(&catalogues, &mut problems)
    } else {
        Vec::new()
    };
    if problems.is_empty() {
        Ok(write::code(&messages))
    } else {
        Err(problems)
    }
}
