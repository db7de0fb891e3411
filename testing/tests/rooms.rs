//! No circles: sibling modules, each with everything below it, depend on each other in one
//! direction only, in every crate and at every level.
//!
//! A module may use what its parent defines and a parent its children, since together they are one
//! room. `NAME_browser` is the part of `NAME` that runs in a browser, so both count as one. The
//! root is the exception: it puts the rooms together, so a room may use only what the root
//! re-exports. Test code may use anything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    iter::Peekable,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The crates with rooms, as folders of the workspace.
const CRATES: [&str; 9] = [
    "app",
    "bench",
    "demo",
    "domain",
    "migration",
    "server",
    "shared",
    "testing",
    "words",
];

/// A module by its path below the crate.
type Module = Vec<String>;

/// What a file says.
#[derive(Default)]
struct Source {
    /// The paths it uses, from the crate's root.
    uses: BTreeSet<Module>,
    /// What it re-exports: the path that each name stands for.
    exports: BTreeMap<String, Module>,
    /// Its modules that are compiled for tests only.
    tests: BTreeSet<Module>,
}

#[test]
fn rooms_form_no_circles() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let faults: Vec<String> = CRATES
        .iter()
        .flat_map(|name| faults(name, &sources(&workspace.join(name).join("src"))))
        .collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn circles_are_found() {
    let source = |text: &str, module: &[&str]| {
        let module: Module = module.iter().map(|part| (*part).to_owned()).collect();
        (module.clone(), parse(text, &module))
    };
    let crate_of = |files: Vec<(Module, Source)>| faults("x", &files.into_iter().collect());
    let circle = crate_of(vec![
        source("mod a; mod b; pub use b::Deep;", &[]),
        source("use crate::Deep;", &["a"]),
        source("mod c;", &["b"]),
        source("view! { <A x=crate::a::thing()/> }", &["b", "c"]),
    ]);
    assert_eq!(circle, ["x: a -> b (Deep), b -> a (a::thing)"]);
    let root = crate_of(vec![
        source("mod a; pub struct Whole;", &[]),
        source("use super::Whole;", &["a"]),
    ]);
    assert_eq!(root, ["x: a uses Whole, which the root defines"]);
    let sound = crate_of(vec![
        source("mod a; mod b; #[cfg(test)] mod kit;", &[]),
        source("mod c; mod d;", &["a"]),
        source("use super::Parent; use crate::b::{self, One};", &["a", "c"]),
        source("#[cfg(test)] mod tests { use crate::a::c; }", &["a", "d"]),
        source("fn f() {}", &["b"]),
        source("use crate::a; use crate::b;", &["kit"]),
    ]);
    assert_eq!(sound, [""; 0]);
}

/// The sources of a crate by module.
fn sources(folder: &Path) -> BTreeMap<Module, Source> {
    let mut files = Vec::new();
    list(folder, &mut files);
    files
        .into_iter()
        .map(|file| {
            let below = file.strip_prefix(folder).expect("below its folder");
            let mut module: Module = below
                .with_extension("")
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            if matches!(module.last().map(String::as_str), Some("lib" | "main")) {
                module.pop();
            }
            let text = fs::read_to_string(&file).expect("readable");
            (module.clone(), parse(&text, &module))
        })
        .collect()
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn parse(text: &str, module: &Module) -> Source {
    let tokens: TokenStream = text.parse().expect("a Rust file");
    let mut source = Source::default();
    read(tokens, module, &mut source);
    source
}

/// Collects the paths of a stream of tokens in this module, macros included.
fn read(tokens: TokenStream, module: &Module, source: &mut Source) {
    let mut tokens = tokens.into_iter().peekable();
    let mut for_tests = false;
    let mut exported = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                if let Some(TokenTree::Group(attribute)) = tokens.peek() {
                    for_tests |= is_for_tests(&attribute.stream());
                    tokens.next();
                }
                continue;
            }
            TokenTree::Ident(word) if word == "mod" => {
                let Some(TokenTree::Ident(name)) = tokens.next() else {
                    continue;
                };
                let inner = [module.as_slice(), &[name.to_string()]].concat();
                match tokens.next() {
                    Some(TokenTree::Group(body)) if !for_tests => {
                        read(body.stream(), &inner, source);
                    }
                    Some(TokenTree::Punct(_)) if for_tests => {
                        source.tests.insert(inner);
                    }
                    _ => {}
                }
            }
            TokenTree::Ident(word) if word == "pub" => {
                exported = true;
                if let Some(TokenTree::Group(_)) = tokens.peek() {
                    tokens.next();
                }
                continue;
            }
            TokenTree::Ident(word) if word == "use" => {
                let mut paths = Vec::new();
                tree(&mut tokens, Vec::new(), &mut paths);
                for (path, name) in paths {
                    let Some(path) = from_root(&path, module, true) else {
                        continue;
                    };
                    if exported {
                        source.exports.insert(name, path.clone());
                    }
                    source.uses.insert(path);
                }
            }
            TokenTree::Ident(word) if is_anchor(&word.to_string()) => {
                let mut path = vec![word.to_string()];
                while skip_colons(&mut tokens) {
                    match tokens.peek() {
                        Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                        _ => break,
                    }
                    tokens.next();
                }
                source.uses.extend(from_root(&path, module, false));
            }
            TokenTree::Group(group) if !for_tests => read(group.stream(), module, source),
            _ => {}
        }
        for_tests &= !ends_item(tokens.peek());
        exported = false;
    }
}

fn is_anchor(word: &str) -> bool {
    matches!(word, "crate" | "super" | "self")
}

fn is_for_tests(attribute: &TokenStream) -> bool {
    let text = attribute.to_string().replace(' ', "");
    text.starts_with("cfg(test") || text.starts_with("cfg(all(test")
}

/// Whether an attribute no longer applies after the token before this one.
fn ends_item(next: Option<&TokenTree>) -> bool {
    match next {
        Some(TokenTree::Punct(mark)) => mark.as_char() == '#',
        Some(TokenTree::Ident(word)) => {
            matches!(
                word.to_string().as_str(),
                "mod" | "use" | "pub" | "fn" | "impl" | "struct"
            )
        }
        Some(_) => false,
        None => true,
    }
}

fn skip_colons(tokens: &mut Peekable<impl Iterator<Item = TokenTree>>) -> bool {
    for _ in 0..2 {
        match tokens.peek() {
            Some(TokenTree::Punct(mark)) if mark.as_char() == ':' => tokens.next(),
            _ => return false,
        };
    }
    true
}

/// The paths of a `use` after what precedes it, each with the name it is known by.
fn tree(
    tokens: &mut Peekable<impl Iterator<Item = TokenTree>>,
    mut path: Module,
    paths: &mut Vec<(Module, String)>,
) {
    loop {
        match tokens.peek() {
            Some(TokenTree::Ident(word)) => {
                path.push(word.to_string());
                tokens.next();
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let mut inner = group.stream().into_iter().peekable();
                while inner.peek().is_some() {
                    tree(&mut inner, path.clone(), paths);
                    inner.next();
                }
                tokens.next();
                return;
            }
            _ => {
                // A glob.
                tokens.next();
                paths.push((path, String::new()));
                return;
            }
        }
        if skip_colons(tokens) {
            continue;
        }
        let mut name = path.last().cloned().unwrap_or_default();
        if name == "self" && path.len() > 1 {
            path.pop();
            name = path.last().cloned().unwrap_or_default();
        }
        if matches!(tokens.peek(), Some(TokenTree::Ident(word)) if word == "as") {
            tokens.next();
            name = tokens
                .next()
                .map(|name| name.to_string())
                .unwrap_or_default();
        }
        paths.push((path, name));
        return;
    }
}

/// A path as seen from the crate's root; `None` for one into another crate. In a `use`, a path
/// without an anchor may start at a module beside it.
fn from_root(path: &[String], module: &Module, in_use: bool) -> Option<Module> {
    let mut base = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "super" | "self" => module.clone(),
        _ if in_use => return Some([module.as_slice(), path].concat()),
        _ => return None,
    };
    let mut rest = path;
    while let Some((anchor, after)) = rest.split_first().filter(|(word, _)| is_anchor(word)) {
        if anchor == "super" {
            base.pop();
        }
        rest = after;
    }
    base.extend_from_slice(rest);
    Some(base)
}

/// The module that a path leads to, and the item in it. Follows re-exports.
fn resolve(path: &Module, sources: &BTreeMap<Module, Source>) -> (Module, String) {
    let mut path = path.clone();
    for _ in 0..8 {
        let depth = (0..=path.len())
            .rev()
            .find(|depth| sources.contains_key(&path[..*depth]))
            .unwrap_or(0);
        let (module, item) = path.split_at(depth);
        let exported = item
            .first()
            .and_then(|item| sources.get(module)?.exports.get(item))
            .filter(|target| **target != path);
        match exported {
            Some(target) => path = [target.as_slice(), &item[1..]].concat(),
            None => return (module.to_vec(), item.first().cloned().unwrap_or_default()),
        }
    }
    (path, String::new())
}

/// The rule's violations in a crate, one line each.
fn faults(name: &str, sources: &BTreeMap<Module, Source>) -> Vec<String> {
    let tests: BTreeSet<&Module> = sources.values().flat_map(|source| &source.tests).collect();
    let is_test =
        |module: &Module| (1..=module.len()).any(|n| tests.contains(&module[..n].to_vec()));
    let mut faults = Vec::new();
    // By parent: the edges between its children, each with an example.
    let mut levels: BTreeMap<Module, BTreeMap<String, BTreeMap<String, String>>> = BTreeMap::new();
    for (module, source) in sources.iter().filter(|(module, _)| !is_test(module)) {
        for path in &source.uses {
            let (target, item) = resolve(path, sources);
            if target.is_empty() && !module.is_empty() && !item.is_empty() && path.len() == 1 {
                faults.push(format!(
                    "{name}: {} uses {item}, which the root defines",
                    module.join("::")
                ));
            }
            let common = module
                .iter()
                .zip(&target)
                .take_while(|(a, b)| a == b)
                .count();
            let (Some(from), Some(to)) = (module.get(common), target.get(common)) else {
                continue;
            };
            let [from, to] = [from, to].map(|name| name.trim_end_matches("_browser").to_owned());
            if from != to {
                levels
                    .entry(module[..common].to_vec())
                    .or_default()
                    .entry(from)
                    .or_default()
                    .entry(to)
                    .or_insert_with(|| path.join("::"));
            }
        }
    }
    for (parent, edges) in levels {
        let place: Module = std::iter::once(name.to_owned()).chain(parent).collect();
        for circle in circles(&edges) {
            faults.push(format!("{}: {circle}", place.join("::")));
        }
    }
    faults
}

/// One circle for each group of modules that reach each other.
fn circles(edges: &BTreeMap<String, BTreeMap<String, String>>) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for start in edges.keys().map(String::as_str) {
        if seen.contains(start) {
            continue;
        }
        // A shortest way back to the start.
        let mut ways: Vec<Vec<&str>> = vec![vec![start]];
        let mut visited: BTreeSet<&str> = BTreeSet::new();
        let mut next = 0;
        while let Some(way) = ways.get(next).cloned() {
            next += 1;
            let last = way.last().copied().unwrap_or(start);
            for target in edges.get(last).into_iter().flat_map(BTreeMap::keys) {
                let longer = [way.as_slice(), &[target.as_str()]].concat();
                if target == start {
                    seen.extend(&way);
                    found.push(
                        longer
                            .windows(2)
                            .map(|step| {
                                format!("{} -> {} ({})", step[0], step[1], edges[step[0]][step[1]])
                            })
                            .collect::<Vec<_>>()
                            .join(", "),
                    );
                    next = ways.len();
                    ways.clear();
                    break;
                }
                if visited.insert(target.as_str()) {
                    ways.push(longer);
                }
            }
        }
    }
    found
}
