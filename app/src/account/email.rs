use domain::accounts::recovery::OwnEmail;
use leptos::prelude::*;
use shared::paths;

use crate::{
    Failure,
    boot::rejected_form,
    failure::answer,
    request::{actor, domain},
    ui::{FormError, Problem},
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
    let notice = if told("verified") {
        Some("Thank you: your e-mail address is verified.")
    } else {
        told("sent").then_some(
            "The link is on its way to you. At most three mails are sent within an hour.",
        )
    };
    view! {
        <h2>"E-mail"</h2>
        <p class="notice" role="status">{notice}</p>
        <FormError message=rejected.as_ref().map(|rejected| rejected.error.message.clone()) rejected=rejected/>
        <Suspense>
            {move || Suspend::new(async move {
                match email.await {
                    Ok(OwnEmail { email, verified: true }) => view! {
                        <p><strong>{email}</strong>", verified"</p>
                    }.into_any(),
                    Ok(OwnEmail { email, verified: false }) => view! {
                        <p><strong>{email}</strong>" is not verified yet. Follow the link in our mail."</p>
                        <form method="post" action=paths::actions::SEND_VERIFICATION>
                            <button type="submit" class="quiet">"Send again"</button>
                        </form>
                    }.into_any(),
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}
