use std::borrow::Cow;

use leptos::prelude::*;
use shared::{
    paths,
    text::{NAME_MAX, Password},
};

use crate::{
    boot::{RejectedForm, rejected_form},
    i18n::{count, locale},
    ui::{IdempotencyField, PageTitle, RejectionMessage, TextField},
};

/// The path to go to after signing in: from the rejected form, else from the query.
fn next(rejected: Option<&RejectedForm>) -> String {
    rejected
        .and_then(|rejected| rejected.value("next"))
        .or_else(|| crate::address::query("next"))
        .unwrap_or_default()
}

/// What a person who comes from the form of a mailed link is told.
fn after_a_mail() -> Option<Cow<'static, str>> {
    let came_by = |name| crate::address::query(name).is_some();
    if came_by("reset") {
        Some(locale().reset_done())
    } else {
        came_by("verified").then(|| locale().verify_done_here())
    }
}

/// `/login`. A plain form: the next page loads with the new session.
#[component]
pub fn Login() -> impl IntoView {
    let rejected = rejected_form(paths::actions::SIGN_IN);
    let next = next(rejected.as_ref());
    let notice = rejected.is_none().then(after_a_mail).flatten();
    let l = locale();
    view! {
        <PageTitle text=l.page_title(&l.sign_in())/>
        <section class="narrow">
            <h1>{l.sign_in()}</h1>
            <p class="notice" role="status">{notice}</p>
            <RejectionMessage rejected=rejected.clone()/>
            <form method="post" action=paths::actions::SIGN_IN class="stack">
                <input type="hidden" name="next" value=next.clone()/>
                <TextField name="handle" label=l.handle() autocomplete="username" rejected=rejected/>
                <TextField name="password" label=l.password() kind="password" autocomplete="current-password"/>
                <button type="submit">{l.sign_in()}</button>
            </form>
            <p class="aside"><a href=paths::FORGOT>{l.login_forgot()}</a></p>
            <p class="aside">{l.login_new_here()}" "<a href=with_next(paths::REGISTER, &next)>{l.login_create_account()}</a></p>
        </section>
    }
}

/// `/register`.
#[component]
pub fn Register() -> impl IntoView {
    let rejected = rejected_form(paths::actions::REGISTER);
    let next = next(rejected.as_ref());
    let l = locale();
    view! {
        <PageTitle text=l.page_title(&l.join())/>
        <section class="narrow">
            <h1>{l.register_heading()}</h1>
            <RejectionMessage rejected=rejected.clone()/>
            <form method="post" action=paths::actions::REGISTER class="stack">
                <input type="hidden" name="next" value=next.clone()/>
                <IdempotencyField rejected=rejected.clone()/>
                <TextField
                    name="handle" label=l.handle() autocomplete="username" rejected=rejected.clone()
                    hint=l.handle_hint()
                />
                <TextField name="display_name" label=l.display_name() autocomplete="name" limit=NAME_MAX rejected=rejected.clone()
                    hint=l.display_name_hint()/>
                <TextField name="email" label=l.email() kind="email" autocomplete="email" rejected=rejected.clone() hint=l.email_hint()/>
                <TextField
                    name="password" label=l.password() kind="password" autocomplete="new-password" rejected=rejected
                    hint=l.password_hint(count(Password::MIN))
                />
                <button type="submit">{l.register_submit()}</button>
            </form>
            <p class="aside">{l.register_here_already()}" "<a href=with_next(paths::LOGIN, &next)>{l.sign_in()}</a></p>
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
