use leptos::prelude::*;
use shared::{
    AppError,
    bidi::isolate,
    dto::{Page, SessionView},
    paths,
    text::Password,
};
use words::{Locale, SLOT, around};

use crate::{
    Failure,
    account::{actions::list_sessions, email::EmailSetting},
    boot::rejected_form,
    failure::refused,
    i18n::{count, locale},
    language::LanguageForm,
    ui::{PageTitle, Problem, RejectionMessage, TextField, When},
};

/// The layout of the settings pages.
#[component]
pub fn Frame(children: Children) -> impl IntoView {
    if crate::boot::current().viewer.is_none() {
        let error = refused(AppError::sign_in_first());
        return view! { <Problem error/> }.into_any();
    }
    let l = locale();
    let path = leptos_router::hooks::use_location()
        .pathname
        .get_untracked();
    let here = |tab: &str| (path == tab).then_some("page");
    view! {
        <section class="narrow">
            <h1>{l.account_menu_settings()}</h1>
            <nav class="tabs" aria-label=l.account_menu_settings()>
                <a href=paths::SETTINGS aria-current=here(paths::SETTINGS)>{l.settings_account()}</a>
                <a href=paths::SESSIONS aria-current=here(paths::SESSIONS)>{l.settings_browsers()}</a>
                <a href=paths::TOKENS aria-current=here(paths::TOKENS)>{l.tokens()}</a>
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
    let spoken = crate::address::query("language").is_some() && rejected.is_none();
    let viewer = crate::boot::current().viewer.clone();
    let l = locale();
    view! {
        <Frame>
        <PageTitle text=l.page_title(&l.account_menu_settings())/>
        {viewer.map(|viewer| {
            let text = l.settings_you_are(SLOT, SLOT);
            let (before, rest) = around(&text);
            let (between, after) = around(rest);
            view! {
                <p>{before.to_owned()}<strong dir="auto">{viewer.display_name}</strong>{between.to_owned()}<a href=paths::person(&viewer.handle)>{format!("@{}", viewer.handle)}</a>{after.to_owned()}</p>
            }
        })}
        <h2>{l.language()}</h2>
        <p class="notice" role="status">{spoken.then(|| l.language_changed())}</p>
        <LanguageForm next=paths::LANGUAGE_CHANGED.to_owned() id="settings-language"/>
        <EmailSetting/>
        <h2>{l.settings_change_password()}</h2>
        <p class="hint">{l.settings_change_password_hint()}" "<a href=paths::TOKENS>{l.settings_tokens_stay()}</a></p>
        <p class="notice" role="status">{changed.then(|| l.settings_password_changed())}</p>
        <RejectionMessage rejected=rejected.clone()/>
        <form method="post" action=paths::actions::CHANGE_PASSWORD class="stack">
            <TextField name="current_password" label=l.settings_current_password() kind="password" autocomplete="current-password" rejected=rejected.clone()/>
            <TextField
                name="new_password" label=l.settings_new_password() kind="password" autocomplete="new-password" rejected=rejected
                hint=l.settings_new_password_hint(count(Password::MIN))
            />
            <button type="submit">{l.settings_change_password()}</button>
        </form>
        </Frame>
    }
}

/// `/settings/sessions`: the viewer's sessions.
#[component]
pub fn SessionSettings() -> impl IntoView {
    let sessions = Resource::new(|| crate::address::query("before"), list_sessions);
    let rejected = rejected_form(paths::actions::REVOKE_SESSION);
    let l = locale();
    view! {
        <Frame>
        <PageTitle text=l.page_title(&l.settings_browsers())/>
        <h2>{l.settings_browsers()}</h2>
        <p class="hint">{l.settings_browsers_hint()}</p>
        <RejectionMessage rejected/>
        <Suspense>
            {move || Suspend::new(async move {
                match sessions.await {
                    Ok(Page { items, next }) => view! {
                        <ul class="sessions">{items.into_iter().map(row).collect_view()}</ul>
                        {next.map(|next| view! { <p class="more"><a class="quiet button" href=paths::page_of(paths::SESSIONS, &next)>{l.settings_browsers_older()}</a></p> })}
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
    let l = locale();
    let text = l.settings_browser_seen(&session.address, SLOT, SLOT);
    let (before, rest) = around(&text);
    let (between, after) = around(rest);
    let end = if session.current {
        view! { <span class="tag">{l.settings_this_browser()}</span> }.into_any()
    } else {
        view! {
            <form method="post" action=paths::actions::REVOKE_SESSION>
                <input type="hidden" name="id" value=session.id.to_string()/>
                <button type="submit" class="quiet" aria-describedby=name.clone()>{l.sign_out()}</button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <strong id=name.clone()>{browser(&session.agent, l)}</strong>
                <p class="hint">{before.to_owned()}<When at=session.signed_in_at/>{between.to_owned()}<When at=session.seen_at/>{after.to_owned()}</p>
            </div>
            {end}
        </li>
    }
}

/// The names of the browser and the operating system in a `User-Agent` value.
fn browser(agent: &str, l: Locale) -> String {
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
        (Some(name), Some(system)) => l.settings_browser_on(name, system),
        (Some(name), None) => name.to_owned(),
        _ if agent.is_empty() => l.settings_browser_unnamed().into_owned(),
        _ => isolate(&agent.chars().take(60).collect::<String>()).into_owned(),
    }
}
