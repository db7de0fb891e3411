use leptos::prelude::*;
use shared::Timestamp;

use super::Erase;

/// A moment. The server writes it in UTC and says so. In the browser `shell/times.js` rewrites all
/// of them at once, as the time that has passed or the local day, and keeps them fresh; so neither
/// end ever says what the other would say differently.
#[component]
pub fn When(
    /// The moment.
    at: Timestamp,
    /// Whether only the day matters, however long ago it was.
    #[prop(optional)]
    day: bool,
) -> impl IntoView {
    view! { <time datetime=at.to_string() title=at.minute() data-day=day.then_some("")>{words(&at, day)}</time> }.erase()
}

#[cfg(feature = "ssr")]
fn words(at: &Timestamp, day: bool) -> String {
    if day {
        format!("{} (UTC)", at.day())
    } else {
        at.minute()
    }
}

/// What the page's script says, for an element that the program makes itself. An element that the
/// server sent is left as it is.
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
    words.unwrap_or_else(|| at.minute())
}

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
fn words(at: &Timestamp, _day: bool) -> String {
    at.minute()
}
