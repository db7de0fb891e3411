use std::time::Duration;

use domain::{
    Store, clock,
    jobs::{self, KindFigures},
};

use crate::cli::doctor::{Found, servers::Servers};

/// A due job that waits for longer means that the queue does not move.
const MAX_LAG: Duration = Duration::from_mins(5);

/// Checks that no job has failed for good, and that due jobs are run.
pub async fn check(servers: &Result<Servers, String>, store: Option<&Store>) -> Found {
    let Some(store) = store else {
        return Ok("not checked: this needs a database with the current schema".into());
    };
    let served = servers.as_ref().map_err(Clone::clone)?.are_running();
    let figures = jobs::figures(store)
        .await
        .map_err(|error| error.to_string())?;
    judge(&figures, clock::now(), served)
}

fn judge(figures: &[KindFigures], now: i64, served: bool) -> Found {
    let counted = |count: fn(&KindFigures) -> i64| {
        let kinds: Vec<String> = figures
            .iter()
            .filter(|kind| count(kind) > 0)
            .map(|kind| format!("{} {}", count(kind), kind.kind))
            .collect();
        kinds.join(", ")
    };
    let dead = counted(|kind| kind.dead);
    if !dead.is_empty() {
        return Err(format!(
            "some have failed for good: {dead}. `artcritique jobs list --dead` says why; mend the cause, then `artcritique jobs retry --kind KIND --dead`, or drop them"
        ));
    }
    let max_lag = i64::try_from(MAX_LAG.as_millis()).unwrap_or(i64::MAX);
    let stuck: Vec<String> = figures
        .iter()
        .filter_map(|kind| Some((kind, kind.lag_ms(now).filter(|lag| *lag > max_lag)?)))
        .map(|(kind, lag)| format!("{} for {} min", kind.kind, lag / 60_000))
        .collect();
    if served && !stuck.is_empty() {
        return Err(format!(
            "due jobs are not run: {}. Search the server's log for `task=\"jobs\"`; a kind that only a newer release knows waits until that release runs",
            stuck.join(", ")
        ));
    }
    let waiting = counted(|kind| kind.waiting + kind.running);
    Ok(match (waiting.is_empty(), served) {
        (true, _) => "the queue is empty".into(),
        (false, true) => format!("in the queue: {waiting}"),
        (false, false) => format!("waiting for a server: {waiting}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(waiting: i64, dead: i64, next_due: i64) -> [KindFigures; 1] {
        [KindFigures {
            kind: "mail".into(),
            waiting,
            running: 0,
            dead,
            next_due: Some(next_due),
        }]
    }

    #[test]
    fn dead_letters_and_a_stuck_queue_are_faults() {
        let now = 10_000_000;
        let dead = judge(&figures(0, 3, now), now, true).expect_err("dead letters");
        assert!(
            dead.contains("3 mail") && dead.contains("jobs retry"),
            "{dead}"
        );
        let stuck = judge(&figures(4, 0, now - 600_000), now, true).expect_err("stuck");
        assert!(stuck.contains("mail for 10 min"), "{stuck}");
        for (waiting, due, served) in [
            (0, now, true),
            (4, now - 60_000, true),
            (4, now + 600_000, true),
            // The server is stopped.
            (4, now - 600_000, false),
        ] {
            judge(&figures(waiting, 0, due), now, served).expect("well");
        }
    }
}
