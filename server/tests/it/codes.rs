//! Every error in the sources has its sentence in the catalogue, with just the parameters that the
//! source gives it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use shared::{
    AppError, Thing,
    text::{
        CritiqueBody, Description, DisplayName, Email, Handle, IdempotencyKey, Password, Title,
        TokenName,
    },
};

/// Functions that make a phrase of a code, with the parameters that they add themselves.
const MAKERS: [(&str, &[&str]); 9] = [
    ("Phrase::new(", &[]),
    ("AppError::new(", &[]),
    ("AppError::field(", &[]),
    ("allow(", &[]),
    ("malformed(", &[]),
    ("refuse(", &[]),
    (".phrase(", &["character", "column"]),
    ("sized(", &["height", "width"]),
    ("too_often(", &["unit", "wait"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The source without its tests and comments.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source");
    let code = text.split("#[cfg(test)]\nmod tests").next();
    code.unwrap_or_default()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What is between the parenthesis that was just opened and its end, and what follows.
fn within(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

/// The literals of a text that could be codes.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2).filter(|literal| {
        literal
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

/// The names in the chain of `.with("name", …)` that begins a text.
fn chained(mut rest: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    while let Some((arguments, after)) = rest.trim_start().strip_prefix(".with(").and_then(within) {
        names.extend(arguments.trim_start().split('"').nth(1));
        rest = after;
    }
    names
}

/// Each code that a source makes a phrase of, with the parameters it gets there.
fn phrases(code: &str) -> Vec<(String, BTreeSet<&str>)> {
    let mut found = Vec::new();
    for (maker, own) in MAKERS {
        for (at, _) in code.match_indices(maker) {
            // The end of a longer name.
            let before = code[..at].chars().next_back();
            let is_name = maker.starts_with(|c: char| c.is_alphabetic());
            if is_name && before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let Some((arguments, rest)) = within(&code[at + maker.len()..]) else {
                continue;
            };
            // The first argument is the field.
            let arguments = match maker {
                "AppError::field(" => arguments.split_once(',').map_or("", |(_, rest)| rest),
                _ => arguments,
            };
            if maker != "Phrase::new(" && arguments.contains("hrase") {
                // A phrase within, which is found by its own maker.
                continue;
            }
            let mut names = chained(rest);
            names.extend(own);
            found.extend(literals(arguments).map(|code| (code.to_owned(), names.clone())));
        }
    }
    found
}

#[test]
fn every_code_in_the_sources_is_in_the_catalogue_with_its_parameters() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for name in ["shared", "domain", "server", "app"] {
        sources(&workspace.join(name).join("src"), &mut files);
    }
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for path in files.iter().filter(|path| !path.ends_with("tests.rs")) {
        let code = code_of(path);
        for (error, names) in phrases(&code) {
            let Some(wanted) = words::error_parameters(&error) else {
                faults.push(format!("{}: no {error}", path.display()));
                continue;
            };
            let wanted: BTreeSet<&str> = wanted.iter().copied().collect();
            if wanted != names {
                faults.push(format!(
                    "{}: {error} gets {names:?}, wants {wanted:?}",
                    path.display()
                ));
            }
            *used.entry(error).or_default() += 1;
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    for known in [
        "sign-in-attempts",
        "picture-too-small",
        "handle-character",
        "sort",
    ] {
        assert!(used.contains_key(known), "{known} is not found: {used:?}");
    }
    assert!(used.len() > 70, "only {} are found", used.len());
}

#[test]
fn what_texts_and_missing_things_say_is_in_the_catalogue() {
    let long = |n: usize| "x".repeat(n);
    let said = [
        DisplayName::parse("").err(),
        DisplayName::parse(&long(51)).err(),
        Title::parse("").err(),
        Title::parse(&long(121)).err(),
        Title::parse("a\0").err(),
        Description::parse(&long(5_001)).err(),
        Description::parse("a\n\0").err(),
        CritiqueBody::parse("").err(),
        CritiqueBody::parse(&long(10_001)).err(),
        TokenName::parse("").err(),
        TokenName::parse(&long(61)).err(),
        IdempotencyKey::parse("").err(),
        Handle::parse("a b").err(),
        Handle::parse("a").err(),
        Handle::parse("-a").err(),
        Handle::parse_new("admin").err(),
        Email::parse("").err(),
        Email::parse("a b@c").err(),
        Password::parse("").err(),
        Password::parse(&long(600)).err(),
    ];
    for (n, phrase) in said.into_iter().enumerate() {
        let phrase = phrase.unwrap_or_else(|| panic!("{n} is accepted"));
        assert!(
            words::known(&AppError::field("x", phrase.clone())),
            "{phrase}"
        );
    }
    for thing in [
        Thing::Artwork,
        Thing::Critique,
        Thing::Person,
        Thing::Notification,
        Thing::Session,
        Thing::Token,
        Thing::Picture,
        Thing::Page,
        Thing::Address,
    ] {
        assert!(words::known(&AppError::not_found(thing)), "{thing:?}");
    }
}

#[test]
fn phrases_are_found_with_their_parameters() {
    let code = r#"
        let a = Phrase::new("a-b").with("max", f("x)", 1)).with(
            "min", 2);
        AppError::field("title", "sort");
        AppError::new(Kind::Invalid, Phrase::new("c"));
        AppError::new(Kind::Invalid, "typo");
        if_allow("not-a-code");
    "#;
    let found = phrases(code);
    let names = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(
        found,
        [
            ("a-b".to_owned(), names(&["max", "min"])),
            ("c".to_owned(), names(&[])),
            ("typo".to_owned(), names(&[])),
            ("sort".to_owned(), names(&[])),
        ]
    );
}
