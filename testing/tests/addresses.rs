//! Every address of the site is spelled in `shared::paths`: no other source has a literal that
//! begins like one. Test code may spell them, as a second opinion.

use std::{
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The crates that could spell an address, as folders of the workspace.
const CRATES: [&str; 7] = [
    "app", "bench", "demo", "domain", "frontend", "server", "shared",
];
/// Files of the machine; the metrics, which are not on the site's own address; the URL of a relay.
const OTHERS: [&str; 3] = ["/proc/", "/metrics", "?tls="];

#[test]
fn addresses_are_spelled_in_one_place() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut faults = Vec::new();
    for name in CRATES {
        let mut files = Vec::new();
        list(&workspace.join(name).join("src"), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).expect("readable");
            for literal in addresses(&text) {
                faults.push(format!("{}: {literal}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn addresses_are_found() {
    for text in [
        r#"fn f() { g("/artworks/7") }"#,
        r##"fn f() { format!(r#"/@{name}"#) }"##,
        r#"view! { <a href=x>"y"</a> <a href="?before=1"/> }"#,
        r#"const LINK: &str = "<a href=\"/login\">";"#,
        r#"#[utoipa::path(get, path = "/api/x")] fn f() {}"#,
        r#"#[cfg(test)] use a::b; const PAGE: &str = "/login";"#,
    ] {
        assert_eq!(addresses(text).len(), 1, "{text}");
    }
    for text in [
        r#"/// `"/login"`
        fn f() { g("image/png", "/proc/stat", '/', "/", "https://art.example/x") }"#,
        r#"#[cfg(test)] mod tests { const PAGE: &str = "/login"; }"#,
    ] {
        assert_eq!(addresses(text), [""; 0], "{text}");
    }
}

/// The sources of a folder, without those of tests and the table of addresses.
fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let spells = ["tests", "paths"].contains(&&*name) || name.ends_with("_tests");
        // A model of the server, for the tests of the client's state machines.
        if spells || path.ends_with("live/model.rs") {
            continue;
        }
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The literals of a file that begin like an address.
fn addresses(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    read(text.parse().expect("a Rust file"), &mut found);
    found
}

fn read(tokens: TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut for_tests = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                // Documentation and examples may spell addresses.
                if let Some(TokenTree::Group(attribute)) = tokens.peek() {
                    let text = attribute.stream().to_string().replace(' ', "");
                    for_tests |= text.starts_with("cfg(test") || text.starts_with("cfg(all(test");
                    if text.starts_with("utoipa::path") && text.contains("path=\"/") {
                        found.push(text);
                    }
                    tokens.next();
                }
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => for_tests = false,
            TokenTree::Group(group) => {
                if !for_tests {
                    read(group.stream(), found);
                }
                for_tests &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Literal(literal) if !for_tests => {
                let literal = literal.to_string();
                if is_address(&literal) {
                    found.push(literal);
                }
            }
            _ => {}
        }
    }
}

/// Whether a literal is a string that begins like an address, or has an attribute that does.
fn is_address(literal: &str) -> bool {
    let Some((_, text)) = literal.split_once('"') else {
        return false;
    };
    let begins = |text: &str| {
        let mut chars = text.chars();
        let address = match (chars.next(), chars.next()) {
            (Some('/'), Some(next)) => next.is_ascii_lowercase() || next == '@',
            (Some('?'), Some(next)) => next.is_ascii_lowercase() && text.contains('='),
            _ => false,
        };
        address && !OTHERS.iter().any(|other| text.starts_with(other))
    };
    let plain = text.replace("\\\"", "\"");
    begins(text) || plain.split("=\"").skip(1).any(begins)
}
