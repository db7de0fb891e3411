use leptos::prelude::*;
use shared::{AppError, Kind};

use super::PageTitle;

/// A page that could not be shown, and what to do instead.
#[component]
pub fn Problem(error: AppError) -> impl IntoView {
    let title = match error.kind {
        Kind::NotFound => "Not here",
        Kind::Unauthenticated => "Please sign in",
        Kind::Forbidden => "Not yours to change",
        Kind::Unavailable | Kind::InDoubt | Kind::Throttled => "One moment",
        _ => "That did not work",
    };
    let sign_in = (error.kind == Kind::Unauthenticated).then(sign_in_and_return);
    view! {
        <PageTitle text=title/>
        <section class="problem">
            <p class="problem-code" aria-hidden="true">{error.kind.status()}</p>
            <h1>{title}</h1>
            <p>{error.message}</p>
            <p class="actions">
                {sign_in.map(|href| view! { <a class="button" href=href rel="external">"Sign in"</a> })}
                <a class="quiet button" href="/">"Go to the gallery"</a>
            </p>
        </section>
    }
}

/// Signing in, and back to this page.
#[cfg(feature = "ssr")]
fn sign_in_and_return() -> String {
    let here = with_context::<axum::http::request::Parts, _>(|parts| parts.uri.path().to_owned());
    // A refused form's own address is no page.
    here.filter(|path| !path.starts_with("/actions/")).map_or_else(|| "/login".into(), |path| format!("/login?next={path}"))
}

/// Signing in; such a page is the server's.
#[cfg(not(feature = "ssr"))]
fn sign_in_and_return() -> String {
    "/login".into()
}
