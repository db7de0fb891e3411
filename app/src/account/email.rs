use domain::accounts::recovery::OwnEmail;
use leptos::prelude::*;
use shared::paths;
use words::{SLOT, around};

use crate::{
    Failure,
    boot::rejected_form,
    failure::answer,
    i18n::locale,
    request::{actor, domain},
    ui::{Problem, RejectionMessage},
};

async fn own_email() -> Result<OwnEmail, Failure> {
    let (domain, actor) = (domain()?, actor()?);
    answer(domain.recovery.own_email(&actor).await)
}

/// The account's e-mail address, and the link that verifies it.
#[component]
pub fn EmailSetting() -> impl IntoView {
    let email = Resource::new(|| (), |()| own_email());
    let rejected = rejected_form(paths::actions::SEND_VERIFICATION);
    let told = |name| rejected.is_none() && crate::address::query(name).is_some();
    let l = locale();
    let notice = if told("verified") {
        Some(l.verify_done_here())
    } else {
        told("sent").then(|| l.verify_sent_again())
    };
    view! {
        <h2>{l.email()}</h2>
        <p class="notice" role="status">{notice}</p>
        <RejectionMessage rejected/>
        <Suspense>
            {move || Suspend::new(async move {
                match email.await {
                    Ok(OwnEmail { email, verified: true }) => {
                        with_address(&l.verify_verified(SLOT), email).into_any()
                    }
                    Ok(OwnEmail { email, verified: false }) => view! {
                        {with_address(&l.verify_pending(SLOT), email)}
                        <form method="post" action=paths::actions::SEND_VERIFICATION>
                            <button type="submit" class="quiet">{l.verify_send_again()}</button>
                        </form>
                    }.into_any(),
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// A paragraph of a message that names the address.
fn with_address(message: &str, email: String) -> impl IntoView + use<> {
    let (before, after) = around(message);
    view! { <p>{before.to_owned()}<strong>{email}</strong>{after.to_owned()}</p> }
}
