//! The inline scripts of every page, without comments and indentation.

use std::sync::LazyLock;

/// Runs before the WASM, and without it.
pub static GUARD: LazyLock<String> = LazyLock::new(|| strip(include_str!("guard.js")));

/// Rewrites times in the reader's time zone.
pub static TIMES: LazyLock<String> = LazyLock::new(|| strip(include_str!("times.js")));

/// Fetches and starts the WASM.
pub static START: LazyLock<String> = LazyLock::new(|| strip(include_str!("start.js")));

/// Hides the placeholders behind transparent pictures.
pub static PICTURES: LazyLock<String> = LazyLock::new(|| strip(include_str!("pictures.js")));

fn strip(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}
