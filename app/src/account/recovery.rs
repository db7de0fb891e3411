//! The pages for a forgotten password and for the links in mails. Visiting a link changes nothing:
//! programs that scan mails follow links.

use domain::accounts::recovery::{RESET_HOURS, VerifyLink};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use shared::{Kind, paths};

use crate::{
    Failure,
    boot::{RejectedForm, rejected_form},
    failure::answer,
    request::domain,
    ui::{FormError, PageTitle, Problem, TextField},
};

/// The message above a rejected form.
fn whole(rejected: Option<&RejectedForm>) -> Option<String> {
    rejected.map(|rejected| rejected.error.message.clone())
}

/// `/forgot`: asks for a link that resets the password.
#[component]
pub fn Forgot() -> impl IntoView {
    let rejected = rejected_form(paths::actions::REQUEST_PASSWORD_RESET);
    let sent = rejected.is_none() && crate::address::query("sent").is_some();
    let hours = if RESET_HOURS == 1 { "hour" } else { "hours" };
    let notice = sent.then(|| {
        format!("If there is an account with this address, a link is on its way to it. It is valid for {RESET_HOURS} {hours}.")
    });
    view! {
        <PageTitle text="Reset your password · ArtCritique"/>
        <section class="narrow">
            <h1>"Reset your password"</h1>
            <p class="notice" role="status">{notice}</p>
            <p class="hint">{if sent {
                "Nothing arrived? Look in the spam folder, or try again."
            } else {
                "Enter the e-mail address of your account. We send you a link with which you choose a new password."
            }}</p>
            <FormError message=whole(rejected.as_ref()) rejected=rejected.clone()/>
            <form method="post" action=paths::actions::REQUEST_PASSWORD_RESET class="stack">
                <TextField name="email" label="E-mail" kind="email" autocomplete="email" rejected=rejected/>
                <button type="submit">"Send link"</button>
            </form>
            <p class="aside"><a href=paths::LOGIN>"Sign in"</a></p>
        </section>
    }
}

/// The secret in the page's address.
fn secret() -> String {
    use_params_map().read().get("secret").unwrap_or_default()
}

/// Shown for a link that is not valid any more.
fn dead_link(error: shared::AppError) -> AnyView {
    let ask = error.kind == Kind::NotFound;
    view! {
        <Problem error/>
        {ask.then(|| view! { <p class="aside"><a href=paths::FORGOT>"Reset your password"</a></p> })}
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
        <PageTitle text="Choose a new password · ArtCritique"/>
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
    view! {
        <h1>"Choose a new password"</h1>
        <p>{format!("A new password for @{handle}")}</p>
        <p class="hint">"All your browsers and programs will be signed out."</p>
        <FormError message=whole(rejected.as_ref()) rejected=rejected.clone()/>
        <form method="post" action=paths::actions::RESET_PASSWORD class="stack">
            <input type="hidden" name="secret" value=secret()/>
            // Password managers store the password under this name; it is not sent.
            <input type="text" autocomplete="username" value=handle readonly=true hidden=true/>
            <TextField
                name="new_password" label="New password" kind="password" autocomplete="new-password" rejected=rejected
                hint="At least 8 characters; a few words make a good one."
            />
            <button type="submit">"Set password"</button>
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
        <PageTitle text="Verify your e-mail address · ArtCritique"/>
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
    let form = (!link.verified).then(|| {
        view! {
            <p>"Is "<strong>{link.email}</strong>" your address?"</p>
            <form method="post" action=paths::actions::VERIFY_EMAIL class="stack">
                <input type="hidden" name="secret" value=secret()/>
                <button type="submit">"Verify address"</button>
            </form>
        }
    });
    view! {
        <h1>"Verify your e-mail address"</h1>
        <FormError message=whole(rejected.as_ref()) rejected=rejected.clone()/>
        <p>{link.verified.then_some("This address is verified already.")}</p>
        {form}
    }
}
