use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {
    crate::{
        failure::answer,
        i18n::locale,
        request::{actor, domain, go, reader},
    },
    shared::paths,
};

use crate::{Failure, json::Answer};

/// Sends a link that resets the password to an address, if an account has it. The answer is the
/// same in any case.
#[server(endpoint = "request_password_reset", output = Answer)]
pub async fn request_password_reset(email: String) -> Result<(), Failure> {
    let domain = domain()?;
    answer(domain.recovery.ask_for_reset(&email, locale()).await)?;
    go(paths::RESET_ASKED);
    Ok(())
}

/// Sets a new password by the secret of a mailed link. Signs all browsers out, and none in.
#[server(endpoint = "reset_password", output = Answer)]
pub async fn reset_password(secret: String, new_password: String) -> Result<(), Failure> {
    let domain = domain()?;
    let reset = domain.recovery.reset(&secret, &new_password, locale());
    answer(reset.await)?;
    go(paths::PASSWORD_RESET);
    Ok(())
}

/// Verifies an e-mail address by the secret of a mailed link.
#[server(endpoint = "verify_email", output = Answer)]
pub async fn verify_email(secret: String) -> Result<(), Failure> {
    answer(domain()?.recovery.verify(&secret).await)?;
    go(if reader().is_some() {
        paths::EMAIL_VERIFIED
    } else {
        paths::LOGIN_VERIFIED
    });
    Ok(())
}

/// Sends the viewer the link that verifies their address again.
#[server(endpoint = "send_verification", output = Answer)]
pub async fn send_verification() -> Result<(), Failure> {
    let (domain, actor) = (domain()?, actor()?);
    let sent = domain.recovery.send_verification(&actor, locale());
    answer(sent.await)?;
    go(paths::VERIFICATION_SENT);
    Ok(())
}
