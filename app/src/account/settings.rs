use leptos::prelude::*;
use shared::{
    AppError,
    dto::{Page, SessionView},
    paths,
};

use crate::{
    Failure,
    account::{actions::list_sessions, email::EmailSetting},
    boot::rejected_form,
    ui::{FormError, PageTitle, Problem, TextField, When},
};

/// The layout of the settings pages.
#[component]
pub fn Frame(children: Children) -> impl IntoView {
    if crate::boot::current().viewer.is_none() {
        let error = AppError::sign_in_first();
        let _ = crate::failure::answer::<()>(Err(error.clone()));
        return view! { <Problem error/> }.into_any();
    }
    let path = leptos_router::hooks::use_location()
        .pathname
        .get_untracked();
    let here = |tab: &str| (path == tab).then_some("page");
    view! {
        <section class="narrow">
            <h1>"Settings"</h1>
            <nav class="tabs" aria-label="Settings">
                <a href=paths::SETTINGS aria-current=here(paths::SETTINGS)>"Account"</a>
                <a href=paths::SESSIONS aria-current=here(paths::SESSIONS)>"Signed-in browsers"</a>
                <a href=paths::TOKENS aria-current=here(paths::TOKENS)>"Tokens"</a>
            </nav>
            {children()}
        </section>
    }
    .into_any()
}

/// `/settings`: the account and its password.
#[component]
pub fn AccountSettings() -> impl IntoView {
    let rejected = rejected_form(paths::actions::CHANGE_PASSWORD);
    let changed = crate::address::query("changed").is_some() && rejected.is_none();
    let viewer = crate::boot::current().viewer.clone();
    view! {
        <Frame>
        <PageTitle text="Settings · ArtCritique"/>
        {viewer.map(|viewer| view! {
            <p>"You are "<strong dir="auto">{viewer.display_name}</strong>", "<a href=paths::person(&viewer.handle)>{format!("@{}", viewer.handle)}</a>"."</p>
        })}
        <EmailSetting/>
        <h2>"Change password"</h2>
        <p class="hint">"All your other browsers will be signed out. Your "<a href=paths::TOKENS>"tokens"</a>" stay valid."</p>
        <p class="notice" role="status">{changed.then_some("Your password is changed. Other browsers are signed out.")}</p>
        <FormError message=rejected.as_ref().map(|rejected| rejected.error.message.clone()) rejected=rejected.clone()/>
        <form method="post" action=paths::actions::CHANGE_PASSWORD class="stack">
            <TextField name="current_password" label="Current password" kind="password" autocomplete="current-password" rejected=rejected.clone()/>
            <TextField
                name="new_password" label="New password" kind="password" autocomplete="new-password" rejected=rejected
                hint="At least 8 characters."
            />
            <button type="submit">"Change password"</button>
        </form>
        </Frame>
    }
}

/// `/settings/sessions`: the viewer's sessions.
#[component]
pub fn SessionSettings() -> impl IntoView {
    let sessions = Resource::new(|| crate::address::query("before"), list_sessions);
    let rejected = rejected_form(paths::actions::REVOKE_SESSION);
    view! {
        <Frame>
        <PageTitle text="Signed-in browsers · ArtCritique"/>
        <h2>"Signed-in browsers"</h2>
        <p class="hint">"Sign out one you don't know, then change your password."</p>
        <FormError message=rejected.as_ref().map(|rejected| rejected.error.message.clone()) rejected=rejected/>
        <Suspense>
            {move || Suspend::new(async move {
                match sessions.await {
                    Ok(Page { items, next }) => view! {
                        <ul class="sessions">{items.into_iter().map(row).collect_view()}</ul>
                        {next.map(|next| view! { <p class="more"><a class="quiet button" href=paths::page_of(paths::SESSIONS, &next)>"Longer ago"</a></p> })}
                    }.into_any(),
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
        </Frame>
    }
}

fn row(session: SessionView) -> impl IntoView {
    let name = format!("session-{}", session.id);
    let end = if session.current {
        view! { <span class="tag">"This browser"</span> }.into_any()
    } else {
        view! {
            <form method="post" action=paths::actions::REVOKE_SESSION>
                <input type="hidden" name="id" value=session.id.to_string()/>
                <button type="submit" class="quiet" aria-describedby=name.clone()>"Sign out"</button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <strong id=name.clone()>{browser(&session.agent)}</strong>
                <p class="hint">"From "{session.address}", since "<When at=session.signed_in_at/>", last seen "<When at=session.seen_at/></p>
            </div>
            {end}
        </li>
    }
}

/// The names of the browser and the operating system in a `User-Agent` value.
fn browser(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(sign, _)| agent.contains(sign))
            .map(|(_, name)| *name)
    };
    let name = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        _ if agent.is_empty() => "An unnamed program".to_owned(),
        _ => agent.chars().take(60).collect(),
    }
}
