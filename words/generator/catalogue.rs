//! Reads one Fluent file.

use std::collections::BTreeMap;

use fluent_syntax::{
    ast::{self, Entry},
    parser,
};

use super::{
    Language, Source,
    pattern::{Piece, Reader},
};

/// The messages of one language.
pub struct Catalogue {
    /// The file's name.
    pub file: String,
    /// The messages, in the file's order.
    pub messages: Vec<Message>,
}

/// A message in one language.
pub struct Message {
    /// Its id.
    pub id: String,
    /// The comment above the group that it is in.
    pub group: String,
    /// The comment above the message.
    pub comment: String,
    /// Its text.
    pub pieces: Vec<Piece>,
}

/// The patterns of a file, which messages can refer to.
pub struct Patterns<'a> {
    /// By id.
    pub messages: BTreeMap<&'a str, &'a ast::Pattern<&'a str>>,
    /// By id, without the dash.
    pub terms: BTreeMap<&'a str, &'a ast::Pattern<&'a str>>,
}

/// Reads a file; adds what is wrong with it to `problems`.
pub fn read(source: &Source, language: &Language, problems: &mut Vec<String>) -> Catalogue {
    let Source { file, text } = source;
    let resource = match parser::parse(text.as_str()) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            for error in errors {
                let line = text[..error.pos.start.min(text.len())]
                    .matches('\n')
                    .count()
                    + 1;
                problems.push(format!("{file}:{line}: {}", error.kind));
            }
            resource
        }
    };
    let mut patterns = Patterns {
        messages: BTreeMap::new(),
        terms: BTreeMap::new(),
    };
    for entry in &resource.body {
        let (id, dash, pattern, attributes) = match entry {
            Entry::Message(message) => (
                message.id.name,
                "",
                message.value.as_ref(),
                &message.attributes,
            ),
            Entry::Term(term) => (term.id.name, "-", Some(&term.value), &term.attributes),
            _ => continue,
        };
        if !attributes.is_empty() {
            problems.push(format!("{file}: {dash}{id}: attributes are not supported"));
        }
        let Some(pattern) = pattern else {
            problems.push(format!("{file}: {dash}{id}: the message has no text"));
            continue;
        };
        let known = if dash.is_empty() {
            &mut patterns.messages
        } else {
            &mut patterns.terms
        };
        if known.insert(id, pattern).is_some() {
            problems.push(format!("{file}: {dash}{id}: the id is there twice"));
        }
    }
    let reader = Reader::new(&patterns, language);
    let (mut messages, mut group) = (Vec::new(), String::new());
    for entry in &resource.body {
        match entry {
            Entry::GroupComment(comment) => group = words(comment),
            Entry::Message(ast::Message {
                id,
                value: Some(pattern),
                comment,
                ..
            }) => match reader.read(pattern) {
                Ok(pieces) => messages.push(Message {
                    id: id.name.to_owned(),
                    group: group.clone(),
                    comment: comment.as_ref().map(words).unwrap_or_default(),
                    pieces,
                }),
                Err(problem) => problems.push(format!("{file}: {}: {problem}", id.name)),
            },
            _ => {}
        }
    }
    Catalogue {
        file: file.clone(),
        messages,
    }
}

fn words(comment: &ast::Comment<&str>) -> String {
    comment.content.join(" ").trim().to_owned()
}
