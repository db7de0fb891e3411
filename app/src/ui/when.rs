use leptos::prelude::*;
use shared::Timestamp;

#[cfg(feature = "ssr")]
use crate::i18n::day as date;
use crate::{
    i18n::{locale, minute},
    ui::Erase,
};

/// A point in time. The server renders it in UTC. In the browser `shell/times.js` rewrites all of
/// them, as elapsed time or the local date, and keeps them current; so hydration never sees a
/// different text.
#[component]
pub fn When(
    /// The point in time.
    at: Timestamp,
    /// Whether to show only the date, however recent.
    #[prop(optional)]
    day: bool,
) -> impl IntoView {
    view! { <time datetime=at.to_string() title=minute(&at, locale()) data-day=day.then_some("")>{words(&at, day)}</time> }.erase()
}

#[cfg(feature = "ssr")]
fn words(at: &Timestamp, day: bool) -> String {
    if day {
        locale().day_in_utc(&date(at, locale()))
    } else {
        minute(at, locale())
    }
}

/// The text for an element that the WASM creates, from `shell/times.js`. Server-rendered elements
/// keep their text.
#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
fn words(at: &Timestamp, day: bool) -> String {
    use js_sys::{Function, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    let script = Reflect::get(&window(), &"artcritiqueWhen".into())
        .ok()
        .and_then(|words| words.dyn_into::<Function>().ok());
    let words = script.and_then(|words| {
        words
            .call2(&JsValue::NULL, &at.0.as_str().into(), &day.into())
            .ok()?
            .as_string()
    });
    words.unwrap_or_else(|| minute(at, locale()))
}

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
fn words(at: &Timestamp, _day: bool) -> String {
    minute(at, locale())
}
