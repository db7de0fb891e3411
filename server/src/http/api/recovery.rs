use app::request::language;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{Domain, accounts::recovery::RESET_HOURS};
use serde::{Deserialize, Serialize};

use crate::http::{api::Json, problem::Problem};

/// A missing field is empty, so that validation rejects it by name.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResetRequest {
    email: String,
}

/// The answer, the same whether or not an account has the address.
#[derive(Serialize)]
pub struct ResetRequested {
    /// A sentence for people.
    message: String,
}

pub async fn request(
    State(domain): State<Domain>,
    headers: HeaderMap,
    Json(body): Json<ResetRequest>,
) -> Result<(StatusCode, axum::Json<ResetRequested>), Problem> {
    let language = language(&headers);
    domain.recovery.ask_for_reset(&body.email, language).await?;
    let message = language.forgot_sent(RESET_HOURS);
    Ok((StatusCode::ACCEPTED, axum::Json(ResetRequested { message })))
}
