//! Liveness and readiness.

use axum::{Json, extract::State, http::StatusCode};
use domain::{Domain, store::Health};
use serde::Serialize;

/// The body of `GET /readyz`.
#[derive(Serialize)]
pub struct Readiness {
    ready: bool,
    draining: bool,
    /// `up`, `down`, `unwritable` or `replaced`.
    database: &'static str,
    /// `up` or `down`. It does not affect readiness: without the bus, the sweep delivers changes
    /// within seconds.
    bus: &'static str,
    /// `on time` or `late`. The sweep finds changes whose bus message was lost. While it is late,
    /// sockets on this node may miss changes, so the node is not ready.
    sweep: &'static str,
    epoch: String,
    /// Problems that do not affect readiness.
    warnings: Vec<Warning>,
}

#[derive(Serialize)]
struct Warning {
    of: &'static str,
    says: String,
}

/// `GET /healthz`: liveness; always 200.
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: 200 if the database was just written and read, the sweep is on time and the node
/// is not draining; otherwise 503.
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
