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

/// The words that [`GUARD`] shows, as JSON. It fills in `{n}` and `{max}`; of each pair of texts
/// the first is for one character.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_its_words_in_every_language() {
        for locale in Locale::offered(true) {
            let words: serde_json::Value =
                serde_json::from_str(guard_words(*locale)).expect("JSON");
            for (name, slots) in [("left", 1), ("over", 2), ("shorten", 2)] {
                let texts = words[name].as_array().expect("a pair");
                assert_eq!(texts.len(), 2, "{locale:?} {name}");
                for text in texts.iter().filter_map(|text| text.as_str()) {
                    let filled = ["{n}", "{max}"];
                    let found = filled.iter().filter(|slot| text.contains(**slot));
                    assert_eq!(found.count(), slots, "{locale:?} {text}");
                }
            }
            for name in ["reload", "stopped", "unstarted"] {
                assert!(
                    words[name].as_str().is_some_and(|text| !text.is_empty()),
                    "{locale:?} {name}"
                );
            }
        }
        assert_ne!(guard_words(Locale::En), guard_words(Locale::De));
    }
}
