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
        Kind::Unavailable | Kind::Throttled => "One moment",
        _ => "That did not work",
    };
    let sign_in = error.kind == Kind::Unauthenticated;
    view! {
        <PageTitle text=title/>
        <section class="problem">
            <p class="problem-code" aria-hidden="true">{error.kind.status()}</p>
            <h1>{title}</h1>
            <p>{error.message}</p>
            <p class="actions">
                {sign_in.then(|| view! { <a class="button" href="/login">"Sign in"</a> })}
                <a class="quiet button" href="/">"Go to the gallery"</a>
            </p>
        </section>
    }
}
