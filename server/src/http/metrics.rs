//! Prometheus metrics, on an address of their own. Events are counted where they happen; this
//! module describes and serves the metrics.

mod jobs;

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::Response,
    routing::get,
};
use domain::{Domain, store::Figures};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

/// Histogram buckets for durations, in seconds.
const SECONDS: [f64; 14] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Histogram buckets for counts.
const COUNTS: [f64; 10] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 512.0];
/// How often histograms are compacted and gauges are updated.
const UPKEEP: Duration = Duration::from_secs(5);
/// How many of those intervals pass between two counts of the job queue.
const JOBS_EVERY: u32 = 3;
/// Deadline for a metric's database query.
const DATABASE_DEADLINE: Duration = Duration::from_secs(3);

/// Starts to record and to serve the metrics, if an address is given. Ends when the returned set is
/// dropped.
pub async fn start(addr: Option<SocketAddr>, domain: &Domain) -> anyhow::Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    let Some(addr) = addr else { return Ok(tasks) };
    let listener = TcpListener::bind(addr)
        .await
        .with_context(|| format!("ARTCRITIQUE_METRICS_ADDR: listening on {addr}"))?;
    let handle = PrometheusBuilder::new()
        .set_buckets(&SECONDS)?
        .set_buckets_for_metric(Matcher::Full("artcritique_commit_group".into()), &COUNTS)?
        .set_buckets_for_metric(Matcher::Full("artcritique_batch".into()), &COUNTS)?
        .set_buckets_for_metric(Matcher::Full("artcritique_cursor_lag".into()), &COUNTS)?
        .install_recorder()?;
    describe();
    tasks.spawn(upkeep(handle.clone(), domain.clone()));
    let router = Router::new().route("/metrics", get(move || async move { handle.render() }));
    tasks.spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the metrics server stopped");
        }
    });
    tracing::info!(%addr, "serving metrics");
    Ok(tasks)
}

fn describe() {
    jobs::describe();
    describe_histogram!(
        "artcritique_commit_to_flush_seconds",
        Unit::Seconds,
        "Time from a change's commit to its frame's flush"
    );
    describe_histogram!(
        "artcritique_cursor_lag",
        "Changes that a client had not applied when it acknowledged a cursor"
    );
    describe_counter!(
        "artcritique_sweep_losses_total",
        "Inboxes whose change only the sweep found"
    );
    describe_counter!("artcritique_socket_opens_total", "Sockets opened");
    describe_counter!(
        "artcritique_socket_closes_total",
        "Sockets closed, by close code"
    );
    describe_counter!(
        "artcritique_resumes_total",
        "Resumed sockets, by the source of the changes that they had missed"
    );
    describe_gauge!("artcritique_sockets", "Open sockets");
    describe_gauge!(
        "artcritique_bus_up",
        "Whether messages of other nodes arrive"
    );
    describe_gauge!(
        "artcritique_bus_queue",
        "Messages waiting to be sent to other nodes"
    );
    describe_counter!(
        "artcritique_bus_dropped_total",
        "Messages not sent to other nodes because too many waited"
    );
    describe_counter!(
        "artcritique_bus_foreign_total",
        "Messages dropped because they are of another site or an unknown version"
    );
    describe_gauge!(
        "artcritique_nodes_unheard",
        "Nodes over the same database whose messages don't arrive here (PostgreSQL)"
    );
    describe_gauge!(
        "artcritique_warning",
        "Whether a warning is raised on this node, by kind; /readyz describes it in a sentence"
    );
    describe_gauge!(
        "artcritique_waiting",
        "Critiques, session reads and transactions (SQLite) that wait"
    );
    describe_histogram!(
        "artcritique_batch",
        "Critiques posted, or sessions read, by the same statements"
    );
    describe_counter!(
        "artcritique_turned_away_total",
        "Requests that waited too long for an admission permit and got 503"
    );
    describe_histogram!(
        "artcritique_commit_group",
        "Transactions flushed together (SQLite)"
    );
    describe_counter!(
        "artcritique_transaction_retries_total",
        "Transactions retried after a deadlock or serialization failure"
    );
    describe_counter!(
        "artcritique_mails_refused_total",
        "Mails that the recipient's side refused for good, by kind of mail"
    );
    describe_gauge!(
        "artcritique_task_age_seconds",
        Unit::Seconds,
        "Time since a background task last succeeded, by task"
    );
    describe_gauge!(
        "artcritique_task_late",
        "Whether a background task has gone too long without success, by task"
    );
    describe_gauge!(
        "artcritique_db_connections",
        "Connections to PostgreSQL: the maximum, open, and idle"
    );
    describe_counter!(
        "artcritique_db_silent_total",
        "Connections to PostgreSQL dropped because they fell silent"
    );
    describe_counter!(
        "artcritique_http_requests_total",
        "Requests, by method, route and status"
    );
    describe_histogram!(
        "artcritique_http_request_seconds",
        Unit::Seconds,
        "Time to the response's head, by route"
    );
    // Start at 0, so that the first event shows as an increase.
    for name in [
        "artcritique_sweep_losses_total",
        "artcritique_bus_dropped_total",
        "artcritique_bus_foreign_total",
        "artcritique_socket_opens_total",
        "artcritique_turned_away_total",
        "artcritique_db_silent_total",
    ] {
        counter!(name).increment(0);
    }
    describe_gauge!("artcritique_resident_bytes", Unit::Bytes, "Resident memory");
    describe_gauge!(
        "artcritique_cpu_seconds_total",
        Unit::Seconds,
        "CPU time used"
    );
}

async fn upkeep(handle: PrometheusHandle, domain: Domain) {
    let mut ticks = tokio::time::interval(UPKEEP);
    let (mut kinds, mut ticks_passed) = (BTreeSet::new(), 0_u32);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
        if ticks_passed.is_multiple_of(JOBS_EVERY) {
            jobs::record(&domain, &mut kinds).await;
        }
        ticks_passed = ticks_passed.wrapping_add(1);
        for task in domain.upkeep.tasks() {
            gauge!("artcritique_task_age_seconds", "task" => task.name).set(task.age.as_secs_f64());
            gauge!("artcritique_task_late", "task" => task.name)
                .set(f64::from(u8::from(task.late)));
        }
        if let Some(Figures { max, open, idle }) = domain.store.figures() {
            for (state, count) in [("max", max), ("open", open), ("idle", idle)] {
                gauge!("artcritique_db_connections", "state" => state).set(count);
            }
        }
        gauge!("artcritique_bus_up").set(f64::from(u8::from(domain.hub.bus_up())));
        if let Some((resident, cpu)) = own_figures() {
            gauge!("artcritique_resident_bytes").set(resident);
            gauge!("artcritique_cpu_seconds_total").set(cpu);
        }
    }
}

/// Resident bytes and CPU seconds of this process, from `/proc` if present.
fn own_figures() -> Option<(f64, f64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib: u32 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .ok()?;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The process name may contain anything and ends with the last parenthesis; utime and stime are
    // the 12th and 13th fields after it, in hundredths of a second (proc(5)).
    let mut fields = stat
        .rsplit(')')
        .next()?
        .split_whitespace()
        .skip(11)
        .map(str::parse::<u32>);
    let ticks = f64::from(fields.next()?.ok()?) + f64::from(fields.next()?.ok()?);
    Some((f64::from(kib) * 1_024.0, ticks / 100.0))
}

/// The label for a method. Unknown methods share one label, so that clients cannot fill the memory
/// with labels.
fn known(method: &Method) -> &'static str {
    let all = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    all.iter()
        .position(|known| known == method)
        .map_or("other", |n| names[n])
}

/// Counts a request by its route, never by its actual path.
pub async fn count(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "page".to_owned(), |path| path.as_str().to_owned());
    let (method, started) = (known(request.method()), Instant::now());
    let response = next.run(request).await;
    histogram!("artcritique_http_request_seconds", "route" => route.clone())
        .record(started.elapsed());
    let status = response.status().as_u16().to_string();
    counter!("artcritique_http_requests_total", "method" => method, "route" => route, "status" => status).increment(1);
    response
}
