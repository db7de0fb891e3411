//! The pages for a forgotten password and for the links in mails. Visiting a link changes nothing:
//! programs that scan mails follow links.

use domain::accounts::recovery::{RESET_HOURS, VerifyLink};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use shared::{Kind, ShownError, paths, text::Password};
use words::{SLOT, around};

use crate::{
    Failure,
    boot::{RejectedForm, rejected_form},
    failure::answer,
    i18n::{count, locale},
    request::domain,
    ui::{PageTitle, Problem, RejectionMessage, TextField},
};

/// `/forgot`: asks for a link that resets the password.
#[component]
pub fn Forgot() -> impl IntoView {
    let rejected = rejected_form(paths::actions::REQUEST_PASSWORD_RESET);
    let sent = rejected.is_none() && crate::address::query("sent").is_some();
    let l = locale();
    let notice = sent.then(|| l.forgot_sent(RESET_HOURS));
    view! {
        <PageTitle text=l.page_title(&l.forgot_page())/>
        <section class="narrow">
            <h1>{l.forgot_page()}</h1>
            <p class="notice" role="status">{notice}</p>
            <p class="hint">{if sent {
                l.forgot_not_arrived()
            } else {
                l.forgot_hint()
            }}</p>
            <RejectionMessage rejected=rejected.clone()/>
            <form method="post" action=paths::actions::REQUEST_PASSWORD_RESET class="stack">
                <TextField name="email" label=l.email() kind="email" autocomplete="email" rejected=rejected/>
                <button type="submit">{l.forgot_submit()}</button>
            </form>
            <p class="aside"><a href=paths::LOGIN>{l.sign_in()}</a></p>
        </section>
    }
}

/// The secret in the page's address.
fn secret() -> String {
    use_params_map().read().get("secret").unwrap_or_default()
}

/// Shown for a link that is not valid any more.
fn dead_link(error: ShownError) -> AnyView {
    let ask = error.kind == Kind::NotFound;
    view! {
        <Problem error/>
        {ask.then(|| view! { <p class="aside"><a href=paths::FORGOT>{locale().forgot_page()}</a></p> })}
    }
    .into_any()
}

async fn reset_link(secret: String) -> Result<String, Failure> {
    answer(domain()?.recovery.reset_link(&secret).await)
}

/// `/reset/{secret}`: chooses a new password.
#[component]
pub fn ResetPassword() -> impl IntoView {
    let handle = Resource::new(secret, reset_link);
    let rejected = rejected_form(paths::actions::RESET_PASSWORD);
    view! {
        <PageTitle text=locale().page_title(&locale().reset_page())/>
        <section class="narrow">
            <Suspense>
                {move || {
                    let rejected = rejected.clone();
                    Suspend::new(async move {
                        match handle.await {
                            Ok(handle) => view! { <NewPassword handle rejected/> }.into_any(),
                            Err(Failure(error)) => dead_link(error),
                        }
                    })
                }}
            </Suspense>
        </section>
    }
}

#[component]
fn NewPassword(handle: String, rejected: Option<RejectedForm>) -> impl IntoView {
    let l = locale();
    view! {
        <h1>{l.reset_page()}</h1>
        <p>{l.reset_for(&format!("@{handle}"))}</p>
        <p class="hint">{l.reset_hint()}</p>
        <RejectionMessage rejected=rejected.clone()/>
        <form method="post" action=paths::actions::RESET_PASSWORD class="stack">
            <input type="hidden" name="secret" value=secret()/>
            // Password managers store the password under this name; it is not sent.
            <input type="text" autocomplete="username" value=handle readonly=true hidden=true/>
            <TextField
                name="new_password" label=l.settings_new_password() kind="password" autocomplete="new-password" rejected=rejected
                hint=l.password_hint(count(Password::MIN))
            />
            <button type="submit">{l.reset_submit()}</button>
        </form>
    }
}

async fn verify_link(secret: String) -> Result<VerifyLink, Failure> {
    answer(domain()?.recovery.verify_link(&secret).await)
}

/// `/verify/{secret}`: verifies the e-mail address.
#[component]
pub fn VerifyEmail() -> impl IntoView {
    let link = Resource::new(secret, verify_link);
    let rejected = rejected_form(paths::actions::VERIFY_EMAIL);
    view! {
        <PageTitle text=locale().page_title(&locale().verify_page())/>
        <section class="narrow">
            <Suspense>
                {move || {
                    let rejected = rejected.clone();
                    Suspend::new(async move {
                        match link.await {
                            Ok(link) => view! { <Verification link rejected/> }.into_any(),
                            Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                        }
                    })
                }}
            </Suspense>
        </section>
    }
}

#[component]
fn Verification(link: VerifyLink, rejected: Option<RejectedForm>) -> impl IntoView {
    let l = locale();
    let form = (!link.verified).then(|| {
        let text = l.verify_text(SLOT);
        let (before, after) = around(&text);
        view! {
            <p>{before.to_owned()}<strong>{link.email}</strong>{after.to_owned()}</p>
            <form method="post" action=paths::actions::VERIFY_EMAIL class="stack">
                <input type="hidden" name="secret" value=secret()/>
                <button type="submit">{l.verify_submit()}</button>
            </form>
        }
    });
    view! {
        <h1>{l.verify_page()}</h1>
        <RejectionMessage rejected=rejected.clone()/>
        <p>{link.verified.then(|| l.verify_already())}</p>
        {form}
    }
}
