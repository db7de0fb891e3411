use app::request::language;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{Domain, accounts::recovery::RESET_HOURS};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{api::Json, problem::Problem};

/// A missing field is empty, so that validation rejects it by name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    /// The address that the link is sent to.
    #[serde(default)]
    #[schema(required, example = "ann@example.org")]
    email: String,
}

/// The answer, the same whether or not an account has the address.
#[derive(Serialize, ToSchema)]
pub struct ResetRequested {
    /// A sentence for people.
    message: String,
}

/// Ask for a password reset
///
/// Sends a link that resets the password, if an account has the address. The answer is the same if
/// none has.
#[utoipa::path(
    post, path = "/api/password-reset", tag = "Accounts", operation_id = "request_password_reset",
    request_body = ResetRequest,
    responses((status = 202, description = "The request was taken.", body = ResetRequested)),
    security(()),
)]
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
