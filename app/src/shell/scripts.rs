//! The scripts that stand within every page, as they are sent: without comments and indentation.

use std::sync::LazyLock;

/// Runs before the program, and without it.
pub static GUARD: LazyLock<String> = LazyLock::new(|| sent(include_str!("guard.js")));

/// Writes moments as the reader's own.
pub static TIMES: LazyLock<String> = LazyLock::new(|| sent(include_str!("times.js")));

/// Fetches and starts the program.
pub static START: LazyLock<String> = LazyLock::new(|| sent(include_str!("start.js")));

/// Takes stand-ins away from behind see-through pictures.
pub static PICTURES: LazyLock<String> = LazyLock::new(|| sent(include_str!("pictures.js")));

fn sent(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}
