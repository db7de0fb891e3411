use std::borrow::Cow;

use domain::policy::Role;
use leptos::prelude::*;
use shared::{
    Timestamp,
    dto::{CreatedToken, Page, Scope, TokenView},
    paths,
};
use words::{Locale, SLOT, around};

use crate::{
    Failure,
    account::{actions::list_tokens, settings::Frame},
    boot::{RejectedForm, rejected_form},
    i18n::locale,
    request,
    ui::{IdempotencyField, PageTitle, Problem, RejectionMessage, TextField, When},
};

/// The choices for the days until a token expires; empty for a token that never does.
const EXPIRIES: [&str; 5] = ["7", "30", "90", YEAR, ""];
/// A year that may be a leap year, in days.
const YEAR: &str = "366";
const EXPIRES_BY_DEFAULT: &str = "30";

/// `/settings/tokens`: the viewer's tokens, a form for a new one and, in the answer to that form,
/// its secret.
#[component]
pub fn TokenSettings() -> impl IntoView {
    let tokens = Resource::new(|| crate::address::query("before"), list_tokens);
    let revoked = rejected_form(paths::actions::REVOKE_TOKEN);
    let created = request::created_token();
    let l = locale();
    view! {
        <Frame>
        <PageTitle text=l.page_title(&l.tokens())/>
        <h2>{l.tokens()}</h2>
        <p class="hint">{l.tokens_hint()}</p>
        {created.map(secret)}
        <RejectionMessage rejected=revoked/>
        <Suspense>
            {move || Suspend::new(async move {
                match tokens.await {
                    Ok(Page { items, .. }) if items.is_empty() => view! { <p class="empty">{l.tokens_none()}</p> }.into_any(),
                    Ok(Page { items, next }) => view! {
                        <ul class="sessions">{items.into_iter().map(row).collect_view()}</ul>
                        {next.map(|next| view! { <p class="more"><a class="quiet button" href=paths::page_of(paths::TOKENS, &next)>{l.notifications_older()}</a></p> })}
                    }.into_any(),
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
        <h2>{l.tokens_new()}</h2>
        <NewToken/>
        </Frame>
    }
}

/// The secret of a new token.
fn secret(CreatedToken { view, token }: CreatedToken) -> impl IntoView {
    let l = locale();
    let Some(token) = token else {
        return view! {
            <p class="notice" role="status">{l.tokens_shown_before()}</p>
        }
        .into_any();
    };
    let yours = l.tokens_yours(SLOT);
    let (before, after) = around(&yours);
    view! {
        <div class="secret">
            <label for="secret">{before.to_owned()}<strong dir="auto">{view.name}</strong>{after.to_owned()}</label>
            <p class="hint" id="secret-hint">{l.tokens_created()}</p>
            <input id="secret" class="copy" type="text" readonly=true autofocus=true autocomplete="off" spellcheck="false" dir="ltr" aria-describedby="secret-hint" value=token/>
        </div>
    }
    .into_any()
}

/// The form for a new token.
#[component]
fn NewToken() -> impl IntoView {
    let rejected = rejected_form(paths::actions::CREATE_TOKEN);
    let error = |field: &str| {
        rejected
            .as_ref()
            .and_then(|rejected| rejected.error.of(field).map(str::to_owned))
    };
    let (scopes_error, expires_error) = (error("scopes"), error("expires"));
    let expires = rejected
        .as_ref()
        .and_then(|rejected| rejected.value("expires"))
        .unwrap_or_else(|| EXPIRES_BY_DEFAULT.into());
    let moderator = request::reader().is_some_and(|actor| actor.role == Role::Moderator);
    let scopes = Scope::ALL
        .into_iter()
        .filter(|scope| moderator || *scope != Scope::Moderate)
        .map(|scope| choice(scope, is_chosen(rejected.as_ref(), scope)))
        .collect_view();
    let l = locale();
    view! {
        <RejectionMessage rejected=rejected.clone()/>
        <form method="post" action=paths::actions::CREATE_TOKEN class="stack">
            <IdempotencyField rejected=rejected.clone()/>
            <TextField name="name" label=l.tokens_name() hint=l.tokens_name_hint() limit=shared::text::TOKEN_NAME_MAX rejected/>
            <fieldset class="field choices" aria-describedby="scopes-error">
                <legend>{l.tokens_scopes()}</legend>
                {scopes}
                <p class="error" id="scopes-error">{scopes_error}</p>
            </fieldset>
            <div class="field">
                <label for="expires">{l.tokens_expiry_choice()}</label>
                <select id="expires" name="expires" aria-describedby="expires-error">
                    {EXPIRIES.map(|days| view! { <option value=days selected=days == expires>{expiry(days, l)}</option> }).collect_view()}
                </select>
                <p class="error" id="expires-error">{expires_error}</p>
            </div>
            <button type="submit">{l.tokens_create()}</button>
        </form>
    }
}

fn is_chosen(rejected: Option<&RejectedForm>, scope: Scope) -> bool {
    rejected.is_some_and(|rejected| {
        rejected
            .fields
            .iter()
            .any(|(name, value)| name.starts_with("scopes") && value == scope.word())
    })
}

fn choice(scope: Scope, checked: bool) -> impl IntoView {
    view! {
        <label>
            <input type="checkbox" name="scopes[]" value=scope.word() checked=checked/>
            <span><code>{scope.word()}</code>" · "{words(scope, locale())}</span>
        </label>
    }
}

fn words(scope: Scope, l: Locale) -> Cow<'static, str> {
    match scope {
        Scope::Read => l.tokens_scope_read(),
        Scope::Write => l.tokens_scope_write(),
        Scope::Notifications => l.tokens_scope_notifications(),
        Scope::Moderate => l.tokens_scope_moderate(),
    }
}

/// The words for one of [`EXPIRIES`].
fn expiry(days: &str, l: Locale) -> Cow<'static, str> {
    match days.parse() {
        _ if days == YEAR => l.tokens_expiry_year(),
        Ok(days) => l.tokens_expiry_days(days).into(),
        Err(_) => l.tokens_expiry_never(),
    }
}

fn row(token: TokenView) -> impl IntoView {
    let name = format!("token-{}", token.id);
    let now = domain::clock::timestamp(domain::clock::now());
    let l = locale();
    let expires = match token.expires_at {
        Some(at) if at <= now => {
            view! { <span class="tag">{with_time(&l.tokens_expired(SLOT), at)}</span> }.into_any()
        }
        Some(at) => with_time(&l.tokens_expires(SLOT), at).into_any(),
        None => l.tokens_never_expires().into_any(),
    };
    let used = match token.last_used_at {
        Some(at) => with_time(&l.tokens_last_used(SLOT), at).into_any(),
        None => l.tokens_never_used().into_any(),
    };
    let made = with_time(&l.tokens_made(SLOT), token.created_at);
    let scopes = token
        .scopes
        .into_iter()
        .map(|scope| view! { <code class="tag">{scope.word()}</code>" " })
        .collect_view();
    view! {
        <li>
            <div>
                <strong id=name.clone() dir="auto">{token.name}</strong>
                <p>{scopes}</p>
                <p class="hint">{made}" · "{used}" · "{expires}</p>
            </div>
            <form method="post" action=paths::actions::REVOKE_TOKEN>
                <input type="hidden" name="id" value=token.id.to_string()/>
                <button type="submit" class="quiet" aria-describedby=name>{l.tokens_revoke()}</button>
            </form>
        </li>
    }
}

/// A message with a time in it.
fn with_time(message: &str, at: Timestamp) -> impl IntoView + use<> {
    let (before, after) = around(message);
    view! { {before.to_owned()}<When at/>{after.to_owned()} }
}
