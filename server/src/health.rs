//! Whether the process lives, and whether it can serve.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use domain::Domain;
use serde::Serialize;
use tokio::time::timeout;

/// A database that takes longer to answer is as good as gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// What readiness rests on.
#[derive(Serialize)]
pub struct Readiness {
    ready: bool,
    draining: bool,
    database: &'static str,
    /// Without it news comes by the sweep, within seconds: no reason to serve nobody.
    bus: &'static str,
    /// The sweep that finds news which no message told of. While it fails, sockets here may miss some: others serve better.
    sweep: &'static str,
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: it can serve, since the database answers requests and the sweep, and it is not about to stop.
pub async fn ready(State(domain): State<Domain>) -> (StatusCode, Json<Readiness>) {
    let answers = match timeout(PATIENCE, domain.store.ping()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            false
        }
        Err(_) => false,
    };
    let draining = domain.hub.draining();
    let late = domain.hub.sweep_is_late();
    let ready = answers && !late && !draining;
    let up = |up| if up { "up" } else { "down" };
    let sweep = if late { "late" } else { "on time" };
    let readiness = Readiness { ready, draining, database: up(answers), bus: up(domain.hub.bus_up()), sweep };
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(readiness))
}
