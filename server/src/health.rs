//! Whether the process lives, and whether it can serve.

use axum::{Json, extract::State, http::StatusCode};
use domain::{Domain, store::Health};
use serde::Serialize;

/// What readiness rests on, and what else is known.
#[derive(Serialize)]
pub struct Readiness {
    ready: bool,
    draining: bool,
    /// `up`, `down`, `unwritable` or `replaced`.
    database: &'static str,
    /// Without it news comes by the sweep, within seconds: no reason to serve nobody.
    bus: &'static str,
    /// The sweep that finds news which no message told of. While it fails, sockets here may miss
    /// some: others serve better.
    sweep: &'static str,
    epoch: String,
    /// What is wrong around this node, though it serves.
    warnings: Vec<Warning>,
}

#[derive(Serialize)]
struct Warning {
    of: &'static str,
    says: String,
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: it can serve, since the database was written and read just now, the sweep
/// succeeds, and it is not about to stop.
pub async fn ready(State(domain): State<Domain>) -> (StatusCode, Json<Readiness>) {
    let (database, draining) = (domain.store.health().await, domain.hub.draining());
    let late = domain.hub.sweep_is_late();
    let ready = database == Health::Up && !late && !draining;
    let readiness = Readiness {
        ready,
        draining,
        database: database.word(),
        bus: if domain.hub.bus_up() { "up" } else { "down" },
        sweep: if late { "late" } else { "on time" },
        epoch: domain.store.epoch(),
        warnings: domain
            .warnings
            .list()
            .into_iter()
            .map(|(of, says)| Warning {
                of: of.word(),
                says,
            })
            .collect(),
    };
    (
        if ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        Json(readiness),
    )
}
