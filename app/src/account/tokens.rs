use domain::policy::Role;
use leptos::prelude::*;
use shared::{
    dto::{CreatedToken, Page, Scope, TokenView},
    paths,
};

use crate::{
    Failure,
    account::{actions::list_tokens, settings::Frame},
    boot::{RejectedForm, rejected_form},
    request,
    ui::{FormError, IdempotencyField, PageTitle, Problem, TextField, When},
};

/// The choices for the days until a token expires.
const EXPIRIES: [(&str, &str); 5] = [
    ("7", "In 7 days"),
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("366", "In a year"),
    ("", "Never"),
];
const EXPIRES_BY_DEFAULT: &str = "30";

/// `/settings/tokens`: the viewer's tokens, a form for a new one and, in the answer to that form,
/// its secret.
#[component]
pub fn TokenSettings() -> impl IntoView {
    let tokens = Resource::new(|| crate::address::query("before"), list_tokens);
    let revoked = rejected_form(paths::actions::REVOKE_TOKEN);
    let created = request::created_token();
    view! {
        <Frame>
        <PageTitle text="Tokens · ArtCritique"/>
        <h2>"Tokens"</h2>
        <p class="hint">"With a token, a program acts for you without your password. Give each program its own, and revoke one that you no longer need."</p>
        {created.map(secret)}
        <FormError message=revoked.as_ref().map(|rejected| rejected.error.message.clone()) rejected=revoked/>
        <Suspense>
            {move || Suspend::new(async move {
                match tokens.await {
                    Ok(Page { items, .. }) if items.is_empty() => view! { <p class="empty">"You have no tokens."</p> }.into_any(),
                    Ok(Page { items, next }) => view! {
                        <ul class="sessions">{items.into_iter().map(row).collect_view()}</ul>
                        {next.map(|next| view! { <p class="more"><a class="quiet button" href=paths::page_of(paths::TOKENS, &next)>"Older"</a></p> })}
                    }.into_any(),
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
        <h2>"New token"</h2>
        <NewToken/>
        </Frame>
    }
}

/// The secret of a new token.
fn secret(CreatedToken { view, token }: CreatedToken) -> impl IntoView {
    let Some(token) = token else {
        return view! {
            <p class="notice" role="status">"You made this token a while ago, and its secret can't be shown again. If you don't have it, revoke the token and make another."</p>
        }.into_any();
    };
    view! {
        <div class="secret">
            <label for="secret">"Your new token "<strong dir="auto">{view.name}</strong></label>
            <p class="hint" id="secret-hint">"Copy it now. It is shown this once, and can't be looked up later."</p>
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
    let message = rejected
        .as_ref()
        .map(|rejected| rejected.error.message.clone());
    view! {
        <FormError message rejected=rejected.clone()/>
        <form method="post" action=paths::actions::CREATE_TOKEN class="stack">
            <IdempotencyField rejected=rejected.clone()/>
            <TextField name="name" label="Name" hint="What the token is for." limit=shared::text::TOKEN_NAME_MAX rejected/>
            <fieldset class="field choices" aria-describedby="scopes-error">
                <legend>"What the token may do"</legend>
                {scopes}
                <p class="error" id="scopes-error">{scopes_error}</p>
            </fieldset>
            <div class="field">
                <label for="expires">"Expires"</label>
                <select id="expires" name="expires" aria-describedby="expires-error">
                    {EXPIRIES.map(|(days, words)| view! { <option value=days selected=days == expires>{words}</option> }).collect_view()}
                </select>
                <p class="error" id="expires-error">{expires_error}</p>
            </div>
            <button type="submit">"Create token"</button>
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
            <span><code>{scope.word()}</code>" · "{words(scope)}</span>
        </label>
    }
}

fn words(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read works, critiques and profiles",
        Scope::Write => "post, edit and delete works and critiques, mark as helpful, follow",
        Scope::Notifications => "read and mark your notifications",
        Scope::Moderate => "moderate",
    }
}

fn row(token: TokenView) -> impl IntoView {
    let name = format!("token-{}", token.id);
    let now = domain::clock::timestamp(domain::clock::now());
    let expires = match token.expires_at {
        Some(at) if at <= now => {
            view! { <span class="tag">"Expired"</span>" "<When at/> }.into_any()
        }
        Some(at) => view! { "expires "<When at/> }.into_any(),
        None => "never expires".into_any(),
    };
    let used = match token.last_used_at {
        Some(at) => view! { "last used "<When at/> }.into_any(),
        None => "never used".into_any(),
    };
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
                <p class="hint">"Made "<When at=token.created_at/>", "{used}", "{expires}</p>
            </div>
            <form method="post" action=paths::actions::REVOKE_TOKEN>
                <input type="hidden" name="id" value=token.id.to_string()/>
                <button type="submit" class="quiet" aria-describedby=name>"Revoke"</button>
            </form>
        </li>
    }
}
