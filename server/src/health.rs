//! Whether the process lives, and whether it can serve.

use axum::{extract::State, http::StatusCode};
use domain::Domain;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: it can serve, since the database answers and it is not about to stop.
pub async fn ready(State(domain): State<Domain>) -> (StatusCode, &'static str) {
    if domain.hub.draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    match domain.store.ping().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}
