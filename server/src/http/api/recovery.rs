use axum::{
    Extension,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{Domain, accounts::recovery::RESET_HOURS};
use serde::{Deserialize, Serialize};
use shared::paths;
use utoipa::ToSchema;
use words::Locale;

use crate::http::{api::Json, language, problem::Problem};

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
    /// A sentence for people, in the language of the request.
    message: String,
}

/// Ask for a password reset
///
/// Sends a link that resets the password, if an account has the address. The answer is the same if
/// none has.
#[utoipa::path(
    post, path = paths::api::PASSWORD_RESET, tag = "Accounts", operation_id = "request_password_reset",
    request_body = ResetRequest,
    responses((status = 202, description = "The request was taken.", body = ResetRequested)),
    security(()),
)]
pub async fn request(
    State(domain): State<Domain>,
    Extension(locale): Extension<Locale>,
    Json(body): Json<ResetRequest>,
) -> Result<Response, Problem> {
    domain.recovery.ask_for_reset(&body.email, locale).await?;
    let message = locale.forgot_sent(RESET_HOURS);
    let answer = (StatusCode::ACCEPTED, axum::Json(ResetRequested { message }));
    let mut response = answer.into_response();
    language::mark(response.headers_mut(), locale);
    Ok(response)
}
