//! Compares the languages: each must have the same messages with the same parameters.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    catalogue::{Catalogue, Message},
    markers::FIRST,
    pattern::{Type, encoded, parameters},
};

/// Most parameters of a message: each is named by a letter.
const MAX_PARAMETERS: usize = 26;

/// Names that a message or a parameter can't have in Rust.
const KEYWORDS: [&str; 39] = [
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern", "false",
    "fn", "for", "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "unsafe",
    "use", "where", "while", "yield",
];

/// Methods of `Locale` besides the messages.
const TAKEN: [&str; 9] = [
    "dir",
    "error",
    "name",
    "negotiate",
    "number",
    "offered",
    "parse",
    "render",
    "tag",
];

/// A message in all languages.
pub struct Joined<'a> {
    /// Its id.
    pub id: &'a str,
    /// The comment above its group.
    pub group: &'a str,
    /// The comment above it.
    pub comment: &'a str,
    /// Its parameters, and whether each is a number.
    pub parameters: Vec<(&'a str, bool)>,
    /// Its text in each language, as `render` reads it.
    pub texts: Vec<String>,
}

/// The messages of the first language with those of the others; adds to `problems` where they do
/// not agree.
pub fn join<'a>(catalogues: &'a [Catalogue], problems: &mut Vec<String>) -> Vec<Joined<'a>> {
    let by_id: Vec<BTreeMap<&str, &Message>> = catalogues
        .iter()
        .map(|catalogue| {
            let messages = catalogue.messages.iter();
            messages
                .map(|message| (message.id.as_str(), message))
                .collect()
        })
        .collect();
    let ids: BTreeSet<&str> = by_id.iter().flat_map(BTreeMap::keys).copied().collect();
    for (catalogue, known) in catalogues.iter().zip(&by_id) {
        for id in ids.iter().filter(|id| !known.contains_key(**id)) {
            problems.push(format!("{}: {id}: the message is missing", catalogue.file));
        }
    }
    let mut functions = BTreeMap::new();
    for id in ids {
        let function = function(id);
        if KEYWORDS.contains(&&*function) || TAKEN.contains(&&*function) {
            problems.push(format!("{id}: `{function}` can't be the name of a message"));
        }
        if let Some(other) = functions.insert(function, id) {
            problems.push(format!("{id}: its name in Rust is that of {other}"));
        }
    }
    let first = catalogues.first().map_or(&[][..], |first| &first.messages);
    let together = first.iter().filter_map(|message| {
        let id = message.id.as_str();
        let versions: Option<Vec<(&str, &Message)>> = catalogues
            .iter()
            .zip(&by_id)
            .map(|(catalogue, known)| Some((catalogue.file.as_str(), *known.get(id)?)))
            .collect();
        joined(message, &versions?)
            .map_err(|found| problems.extend(found))
            .ok()
    });
    together.collect()
}

fn joined<'a>(
    message: &'a Message,
    versions: &[(&str, &'a Message)],
) -> Result<Joined<'a>, Vec<String>> {
    let mut problems = Vec::new();
    let id = message.id.as_str();
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in parameters(&message.pieces) {
        if !names.contains(&name) {
            names.push(name);
        }
        if KEYWORDS.contains(&name) {
            problems.push(format!("{id}: ${name} can't be the name of a parameter"));
        }
    }
    if names.len() > MAX_PARAMETERS {
        problems.push(format!("{id}: more than {MAX_PARAMETERS} parameters"));
    }
    for (file, version) in versions {
        let used = parameters(&version.pieces);
        for name in names.iter().filter(|name| !uses(&used, name)) {
            problems.push(format!("{file}: {id}: the variable ${name} is not used"));
        }
        let strange: BTreeSet<&str> = used.iter().map(|(name, _)| *name).collect();
        for name in strange.iter().filter(|name| !names.contains(name)) {
            problems.push(format!("{file}: {id}: the variable ${name} is unknown"));
        }
    }
    let kinds = |name: &str| -> Vec<Type> {
        let all = versions
            .iter()
            .flat_map(|(_, version)| parameters(&version.pieces));
        all.filter(|(found, _)| *found == name)
            .map(|(_, kind)| kind)
            .collect()
    };
    for name in &names {
        let kinds = kinds(name);
        if kinds.iter().any(|kind| kind.is_number()) && kinds.contains(&Type::Text) {
            problems.push(format!(
                "{id}: ${name} is a number in one place and a word in another"
            ));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let letter = |name: &str| {
        let place = names
            .iter()
            .position(|known| *known == name)
            .unwrap_or_default();
        (FIRST..=u8::MAX).nth(place).map_or('?', char::from)
    };
    Ok(Joined {
        id,
        group: &message.group,
        comment: &message.comment,
        texts: versions
            .iter()
            .map(|(_, version)| encoded(&version.pieces, &letter))
            .collect(),
        parameters: names
            .iter()
            .map(|name| (*name, kinds(name).iter().any(|kind| kind.is_number())))
            .collect(),
    })
}

fn uses(used: &[(&str, Type)], name: &str) -> bool {
    used.iter().any(|(used, _)| *used == name)
}

/// The name of a message or parameter in Rust.
pub fn function(id: &str) -> String {
    id.replace('-', "_").to_ascii_lowercase()
}
