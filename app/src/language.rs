//! The switch between languages, in the footer and in the settings.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {
    crate::{
        failure::answer,
        i18n::locale,
        next_page::local,
        request::{domain, go, languages, reader},
    },
    axum::http::request::Parts,
    shared::paths,
};

use crate::{Failure, json::Answer};

/// Changes the language of the account, if signed in, and redirects to `next`, a path on this site.
/// The server's answer to the form sets this browser's cookie.
#[server(endpoint = "set_language", output = Answer)]
pub async fn set_language(
    language: String,
    #[server(default)] next: String,
) -> Result<(), Failure> {
    let language = answer(languages().parse(&language))?;
    if let Some(actor) = reader() {
        answer(domain()?.accounts.set_language(&actor, language).await)?;
    }
    go(&local(&next));
    Ok(())
}

/// The path and query of the page that is shown; empty if the request is for something else.
#[cfg(feature = "ssr")]
pub fn here() -> String {
    let asked = with_context::<Parts, _>(|parts| {
        parts
            .uri
            .path_and_query()
            .map_or_else(String::new, |path| path.as_str().to_owned())
    });
    // A rejected form is shown at the path it was sent to, which is not a page.
    asked
        .filter(|path| !path.starts_with(paths::actions::PREFIX) && *path != paths::POST_ARTWORK)
        .unwrap_or_default()
}

/// A plain form with the languages that the site offers.
#[cfg(feature = "ssr")]
#[component]
pub fn LanguageForm(
    /// The page that it leads to.
    next: String,
    /// The id of its list; unique on the page.
    id: &'static str,
) -> impl IntoView {
    let l = locale();
    // In the browser `shell/guard.js` enters the page that is shown, which may be another one by
    // then.
    let follows = (id == IN_FOOTER).then_some("");
    let choices = languages()
        .offered()
        .iter()
        .map(|choice| {
            view! { <option value=choice.tag() lang=choice.tag() selected=*choice == l>{choice.name()}</option> }
        })
        .collect_view();
    view! {
        <form method="post" action=paths::actions::SET_LANGUAGE class="language">
            <input type="hidden" name="next" value=next data-here=follows/>
            <label for=id>{l.language()}</label>
            <select id=id name="language" autocomplete="off">{choices}</select>
            <button type="submit" class="quiet small">{l.language_change()}</button>
        </form>
    }
}

/// The id of the list in the footer.
#[cfg(feature = "ssr")]
pub const IN_FOOTER: &str = "language";
