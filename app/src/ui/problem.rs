use std::borrow::Cow;

use leptos::prelude::*;
use shared::{Kind, ShownError, paths};
use words::Locale;

use crate::{
    i18n::locale,
    ui::{Erase, PageTitle},
};

/// The title of an error page.
pub fn problem_title(kind: Kind, l: Locale) -> Cow<'static, str> {
    match kind {
        Kind::NotFound => l.problem_not_found(),
        Kind::Unauthenticated => l.problem_sign_in(),
        Kind::Forbidden => l.problem_forbidden(),
        Kind::Unavailable | Kind::InDoubt | Kind::Throttled => l.problem_one_moment(),
        _ => l.problem_failed(),
    }
}

/// Whether retrying later may succeed.
pub const fn is_passing(kind: Kind) -> bool {
    matches!(kind, Kind::Unavailable | Kind::Throttled | Kind::Internal)
}

/// An error page, with links to what the user can do instead. Reloads by itself once the site is
/// reachable again.
#[component]
pub fn Problem(error: ShownError) -> impl IntoView {
    let l = locale();
    let title = problem_title(error.kind, l);
    let sign_in = (error.kind == Kind::Unauthenticated).then(sign_in_and_return);
    #[cfg(feature = "hydrate")]
    if error.kind == Kind::Unavailable {
        recovery::begin();
    }
    view! {
        <PageTitle text=title.clone()/>
        <section class="problem">
            <h1>{title}</h1>
            <p>{error.message}</p>
            <p class="actions">
                {sign_in.map(|href| view! { <a class="button" href=href rel="external">{l.sign_in()}</a> }.erase())}
                {is_passing(error.kind).then(|| view! { <a class="button" href="" rel="external">{l.retry()}</a> }.erase())}
                <a class="quiet button" href=paths::GALLERY>{l.go_to_gallery()}</a>
            </p>
        </section>
    }
    .erase()
}

/// The sign-in address that leads back to this page.
#[cfg(feature = "ssr")]
fn sign_in_and_return() -> String {
    let here = with_context::<axum::http::request::Parts, _>(|parts| {
        parts
            .uri
            .path_and_query()
            .map_or_else(String::new, |path| path.as_str().to_owned())
    });
    // A server function's path is not a page.
    let page = here.filter(|path| !path.starts_with(paths::actions::PREFIX));
    page.map_or_else(
        || paths::LOGIN.into(),
        |path| paths::with_next(paths::LOGIN, &path),
    )
}

/// The sign-in address. A page that needs it is rendered by the server.
#[cfg(not(feature = "ssr"))]
fn sign_in_and_return() -> String {
    paths::LOGIN.into()
}

#[cfg(feature = "hydrate")]
mod recovery {
    use std::time::Duration;

    use gloo_net::http::Request;
    use leptos::{prelude::*, task::spawn_local};

    use crate::dom::on_window;

    /// Retry interval while the page is unavailable.
    const INTERVAL: Duration = Duration::from_secs(5);

    /// Requests the page every few seconds, and immediately when the network is back; reloads once
    /// it is available.
    pub fn begin() {
        let online = on_window("online", |_: web_sys::Event| retry());
        let timer = set_interval_with_handle(retry, INTERVAL).ok();
        on_cleanup(move || {
            online.remove();
            if let Some(timer) = timer {
                timer.clear();
            }
        });
    }

    fn retry() {
        if !window().navigator().on_line() {
            return;
        }
        spawn_local(async {
            let Ok(href) = window().location().href() else {
                return;
            };
            let answer = Request::get(&href)
                .header("Accept", "text/html")
                .send()
                .await;
            if answer.is_ok_and(|answer| answer.status() < 500) {
                let _ = window().location().reload();
            }
        });
    }
}
