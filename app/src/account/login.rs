use leptos::prelude::*;
use shared::paths;

use crate::{
    boot::{RejectedForm, rejected_form},
    ui::{FormError, IdempotencyField, PageTitle, TextField},
};

/// The path to go to after signing in: from the rejected form, else from the query.
fn next(rejected: Option<&RejectedForm>) -> String {
    rejected
        .and_then(|rejected| rejected.value("next"))
        .or_else(|| crate::address::query("next"))
        .unwrap_or_default()
}

/// The message above a rejected form.
fn whole(rejected: Option<&RejectedForm>) -> Option<String> {
    rejected.map(|rejected| rejected.error.message.clone())
}

/// What a person who comes from the form of a mailed link is told.
fn after_a_mail() -> Option<&'static str> {
    let came_by = |name| crate::address::query(name).is_some();
    if came_by("reset") {
        Some("Your password is set. Sign in with it.")
    } else {
        came_by("verified").then_some("Thank you: your e-mail address is verified.")
    }
}

/// `/login`. A plain form: the next page loads with the new session.
#[component]
pub fn Login() -> impl IntoView {
    let rejected = rejected_form(paths::actions::SIGN_IN);
    let next = next(rejected.as_ref());
    let notice = rejected.is_none().then(after_a_mail).flatten();
    view! {
        <PageTitle text="Sign in · ArtCritique"/>
        <section class="narrow">
            <h1>"Sign in"</h1>
            <p class="notice" role="status">{notice}</p>
            <FormError message=whole(rejected.as_ref()) rejected=rejected.clone()/>
            <form method="post" action=paths::actions::SIGN_IN class="stack">
                <input type="hidden" name="next" value=next.clone()/>
                <TextField name="handle" label="Handle" autocomplete="username" rejected=rejected/>
                <TextField name="password" label="Password" kind="password" autocomplete="current-password"/>
                <button type="submit">"Sign in"</button>
            </form>
            <p class="aside"><a href=paths::FORGOT>"Forgot your password?"</a></p>
            <p class="aside">"New here? "<a href=with_next(paths::REGISTER, &next)>"Create an account"</a></p>
        </section>
    }
}

/// `/register`.
#[component]
pub fn Register() -> impl IntoView {
    let rejected = rejected_form(paths::actions::REGISTER);
    let next = next(rejected.as_ref());
    view! {
        <PageTitle text="Join · ArtCritique"/>
        <section class="narrow">
            <h1>"Join ArtCritique"</h1>
            <FormError message=whole(rejected.as_ref()) rejected=rejected.clone()/>
            <form method="post" action=paths::actions::REGISTER class="stack">
                <input type="hidden" name="next" value=next.clone()/>
                <IdempotencyField rejected=rejected.clone()/>
                <TextField
                    name="handle" label="Handle" autocomplete="username" rejected=rejected.clone()
                    hint="Your name in addresses: letters a–z, digits, _ and -."
                />
                <TextField name="display_name" label="Display name" autocomplete="name" limit=50usize rejected=rejected.clone()
                    hint="What people call you, in any script."/>
                <TextField name="email" label="E-mail" kind="email" autocomplete="email" rejected=rejected.clone() hint="Never shown to others."/>
                <TextField
                    name="password" label="Password" kind="password" autocomplete="new-password" rejected=rejected
                    hint="At least 8 characters; a few words make a good one."
                />
                <button type="submit">"Create account"</button>
            </form>
            <p class="aside">"Here already? "<a href=with_next(paths::LOGIN, &next)>"Sign in"</a></p>
        </section>
    }
}

fn with_next(path: &str, next: &str) -> String {
    if next.is_empty() {
        path.to_owned()
    } else {
        paths::with_next(path, next)
    }
}
