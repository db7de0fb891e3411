//! The inline scripts of every page, without comments and indentation.

use std::sync::LazyLock;

use serde_json::json;
use words::Locale;

/// Runs before the WASM, and without it.
pub static GUARD: LazyLock<String> = LazyLock::new(|| strip(include_str!("guard.js")));

/// Rewrites times in the reader's time zone.
pub static TIMES: LazyLock<String> = LazyLock::new(|| strip(include_str!("times.js")));

/// Fetches and starts the WASM.
pub static START: LazyLock<String> = LazyLock::new(|| strip(include_str!("start.js")));

/// Hides the placeholders behind transparent pictures.
pub static PICTURES: LazyLock<String> = LazyLock::new(|| strip(include_str!("pictures.js")));

/// The words that [`GUARD`] shows, as JSON. It fills in `{n}` and `{max}`; of each pair of texts the
/// first is for one character.
pub fn guard_words(locale: Locale) -> &'static str {
    static WORDS: LazyLock<Vec<(Locale, String)>> = LazyLock::new(|| {
        let all = Locale::offered(true).iter();
        all.map(|locale| (*locale, words_of(*locale))).collect()
    });
    let found = WORDS.iter().find(|(of, _)| *of == locale);
    found.map_or("{}", |(_, words)| words)
}

fn words_of(l: Locale) -> String {
    let pair = |text: &dyn Fn(&str) -> String| [text("single"), text("several")];
    json!({
        "left": pair(&|number| l.counter_left(number, "{n}")),
        "over": pair(&|number| l.counter_over(number, "{n}", "{max}")),
        "shorten": pair(&|number| l.counter_shorten(number, "{n}", "{max}")),
        "reload": l.reload(),
        "stopped": l.live_stopped(),
        "unstarted": l.live_unstarted(),
    })
    .to_string()
}

fn strip(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}
