use leptos::prelude::*;

use crate::{
    boot::{Echo, echo},
    parts::{AttemptField, FormError, PageTitle, TextField},
};

/// Where to go once signed in: as asked for in the query, or kept from the refused form.
fn next(echo: Option<&Echo>) -> String {
    echo.and_then(|echo| echo.value("next")).or_else(|| super::query("next")).unwrap_or_default()
}

/// The sentence for a whole form, unless a field has its own.
fn whole(echo: Option<&Echo>) -> Option<String> {
    echo.map(|echo| echo.error.message.clone())
}

/// `/login`. A plain form: the page that follows starts afresh with its own session.
#[component]
pub fn Login() -> impl IntoView {
    let echo = echo("/actions/sign_in");
    let next = next(echo.as_ref());
    view! {
        <PageTitle text="Sign in · ArtCritique"/>
        <section class="narrow">
            <h1>"Sign in"</h1>
            <FormError message=whole(echo.as_ref()) echo=echo.clone()/>
            <form method="post" action="/actions/sign_in" class="stack">
                <input type="hidden" name="next" value=next.clone()/>
                <TextField name="handle" label="Handle" autocomplete="username" echo=echo/>
                <TextField name="password" label="Password" kind="password" autocomplete="current-password"/>
                <button type="submit">"Sign in"</button>
            </form>
            <p class="aside">"New here? "<a href=with_next("/register", &next)>"Create an account"</a></p>
        </section>
    }
}

/// `/register`.
#[component]
pub fn Register() -> impl IntoView {
    let echo = echo("/actions/register");
    let next = next(echo.as_ref());
    view! {
        <PageTitle text="Join · ArtCritique"/>
        <section class="narrow">
            <h1>"Join ArtCritique"</h1>
            <FormError message=whole(echo.as_ref()) echo=echo.clone()/>
            <form method="post" action="/actions/register" class="stack">
                <input type="hidden" name="next" value=next.clone()/>
                <AttemptField echo=echo.clone()/>
                <TextField
                    name="handle" label="Handle" autocomplete="username" echo=echo.clone()
                    hint="Your name in addresses: letters a–z, digits, _ and -."
                />
                <TextField name="display_name" label="Display name" autocomplete="name" limit=50usize echo=echo.clone()
                    hint="What people call you, in any script."/>
                <TextField name="email" label="E-mail" kind="email" autocomplete="email" echo=echo.clone() hint="Never shown to others."/>
                <TextField
                    name="password" label="Password" kind="password" autocomplete="new-password" echo=echo
                    hint="At least 8 characters; a few words make a good one."
                />
                <button type="submit">"Create account"</button>
            </form>
            <p class="aside">"Here already? "<a href=with_next("/login", &next)>"Sign in"</a></p>
        </section>
    }
}

fn with_next(path: &str, next: &str) -> String {
    if next.is_empty() { path.to_owned() } else { format!("{path}?next={}", escaped(next)) }
}

/// A path as one value of a query.
pub fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('&', "%26").replace('#', "%23").replace('+', "%2B").replace('?', "%3F")
}
