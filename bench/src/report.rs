//! The results of a run and its conditions: a table for people, JSON for programs.

use std::{fmt, fs, path::Path, thread::available_parallelism, time::Duration};

use anyhow::Context;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    follower::Follower,
    process::Spent,
    site::Site,
    times::{Summary, Times, milliseconds},
};

/// Maximum number of faults in the table; the JSON file has all.
const MAX_LISTED: usize = 20;

/// The outcome of one command.
pub struct Report {
    command: &'static str,
    conditions: Vec<(String, Value)>,
    figures: Vec<(String, Figure)>,
    notes: Vec<String>,
    /// Faults found; empty after a good run.
    pub faults: Vec<String>,
}

enum Figure {
    Number(f64, &'static str),
    Times(Summary),
}

impl Report {
    /// A report on a site, with the date and the machine's state.
    pub fn new(command: &'static str, site: &Site) -> Self {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let mut report = Self {
            command,
            conditions: Vec::new(),
            figures: Vec::new(),
            notes: Vec::new(),
            faults: Vec::new(),
        };
        report.condition(
            "date",
            OffsetDateTime::now_utc()
                .format(&Rfc3339)
                .unwrap_or_default(),
        );
        report.condition("cores", available_parallelism().map_or(0, usize::from));
        report.condition(
            "load before",
            load.split_whitespace().next().unwrap_or("unknown"),
        );
        for (name, value) in &site.conditions {
            report.condition(name, value.as_str());
        }
        report.condition("nodes", site.nodes.len());
        report.condition("users", site.users.len());
        report
    }

    /// The report under another command's name, with figures named by the part of the measurement.
    #[must_use]
    pub fn named(mut self, command: &'static str, part: &str) -> Self {
        self.command = command;
        let figures = std::mem::take(&mut self.figures);
        self.take_figures(part, figures);
        self
    }

    /// Adds the figures and faults of a further part of the measurement.
    pub fn append(&mut self, part: &str, other: Self) {
        self.take_figures(part, other.figures);
        let faults = other.faults.into_iter();
        self.faults
            .extend(faults.map(|fault| format!("{part}: {fault}")));
    }

    fn take_figures(&mut self, part: &str, figures: Vec<(String, Figure)>) {
        let figures = figures.into_iter();
        self.figures
            .extend(figures.map(|(name, figure)| (format!("{part}: {name}"), figure)));
    }

    /// Adds a condition of the run.
    pub fn condition(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.conditions.push((name.into(), value.into()));
    }

    /// Adds a note for the reader.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Adds a figure with its unit.
    pub fn number(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.figures
            .push((name.into(), Figure::Number(value, unit)));
    }

    /// Adds a count.
    pub fn count(&mut self, name: impl Into<String>, count: usize) {
        self.number(name, float(count), "");
    }

    /// Adds a duration.
    pub fn time(&mut self, name: impl Into<String>, time: Duration) {
        self.number(name, milliseconds(time), "ms");
    }

    /// Adds the percentiles of many durations.
    pub fn times(&mut self, name: impl Into<String>, times: &Times) {
        self.figures.extend(
            times
                .summary()
                .map(|summary| (name.into(), Figure::Times(summary))),
        );
    }

    /// Adds the processor time of a period, as a share of a core and, for the servers, per
    /// operation. `stretch` names the period; it may be empty.
    pub fn spent(&mut self, stretch: &str, spent: &Spent, each: Option<(usize, &str)>) {
        let share = |cpu: Duration| 100.0 * cpu.as_secs_f64() / spent.wall.as_secs_f64();
        let name = |name: &str| {
            if stretch.is_empty() {
                name.to_owned()
            } else {
                format!("{stretch}: {name}")
            }
        };
        if let Some(server) = spent.server {
            if let Some((count, operation)) = each.filter(|(count, _)| *count > 0) {
                self.number(
                    name(&format!("server CPU for each {operation}")),
                    milliseconds(server) / float(count),
                    "ms",
                );
            }
            self.number(name("server CPU"), share(server), "% of a core");
        }
        self.number(name("generator CPU"), share(spent.generator), "% of a core");
        if let Some(rest) = spent.rest {
            self.number(name("rest of the machine"), share(rest), "% of a core");
        }
    }

    /// Adds the followers' faults, and how often they had to fetch changes.
    pub fn followers(&mut self, site: &Site, followers: &[Follower]) {
        let changes = followers.iter().map(|follower| follower.heard.len()).sum();
        self.count("deliveries checked", changes);
        self.count("inboxes compared with REST", followers.len());
        let fetches = followers
            .iter()
            .map(|follower| follower.fetches as usize)
            .sum();
        self.count("changes fetched after 500 ms", fetches);
        if let Some(warnings) = site.warnings() {
            self.count("warnings in the servers' logs", warnings);
        }
        for follower in followers {
            let handle = &site.users[follower.user].handle;
            self.faults.extend(
                follower
                    .faults
                    .iter()
                    .map(|fault| format!("@{handle}, socket {}: {fault}", follower.place)),
            );
        }
    }

    /// Adds each failed request as a fault.
    pub fn failures<'a>(&mut self, failures: impl IntoIterator<Item = &'a anyhow::Error>) {
        self.faults.extend(
            failures
                .into_iter()
                .map(|failure| format!("a request failed: {failure:#}")),
        );
    }

    /// Writes the report as JSON.
    pub fn save(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(&self.json())?;
        fs::write(file, text + "\n").with_context(|| format!("writing {}", file.display()))
    }

    fn json(&self) -> Value {
        let conditions: Map<_, _> = self
            .conditions
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let figures = self.figures.iter().map(|(name, figure)| {
            let value = match figure {
                Figure::Number(value, unit) => json!({ "value": value, "unit": unit }),
                Figure::Times(summary) => json!(summary),
            };
            (name.clone(), value)
        });
        let figures: Map<_, _> = figures.collect();
        let (notes, faults) = (&self.notes, &self.faults);
        json!({ "command": self.command, "conditions": conditions, "figures": figures, "notes": notes, "faults": faults })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.command)?;
        for (name, value) in &self.conditions {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            writeln!(f, "  {name:<44} {value}")?;
        }
        writeln!(f)?;
        for (name, figure) in &self.figures {
            match figure {
                Figure::Number(value, unit) if value.fract() == 0.0 => {
                    writeln!(f, "  {name:<44} {value:.0} {unit}")?;
                }
                Figure::Number(value, unit) => writeln!(f, "  {name:<44} {value:.3} {unit}")?,
                Figure::Times(s) => writeln!(
                    f,
                    "  {name:<44} min {:.2}  p50 {:.2}  p90 {:.2}  p99 {:.2}  p99.9 {:.2}  max {:.2} ms  ({} of them)",
                    s.min_ms, s.p50_ms, s.p90_ms, s.p99_ms, s.p999_ms, s.max_ms, s.count
                )?,
            }
        }
        for note in &self.notes {
            writeln!(f, "  Note: {note}")?;
        }
        for fault in self.faults.iter().take(MAX_LISTED) {
            writeln!(f, "  FAULT {fault}")?;
        }
        match self.faults.len().saturating_sub(MAX_LISTED) {
            0 => Ok(()),
            more => writeln!(f, "  … and {more} more faults"),
        }
    }
}

/// A count as a floating-point number.
#[expect(
    clippy::cast_precision_loss,
    reason = "a figure for people, of far fewer than 2^52 things"
)]
pub const fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::new(
            "latency",
            &Site::running(
                vec![],
                vec![],
                vec![],
                vec![],
                1,
                vec![("bus".into(), "memory".into())],
            ),
        );
        report.times(
            "sent to frame",
            &(1..=10).map(Duration::from_millis).collect(),
        );
        let spent = Spent {
            wall: Duration::from_secs(2),
            server: Some(Duration::from_secs(1)),
            generator: Duration::ZERO,
            rest: None,
        };
        report.spent("", &spent, Some((500, "critique")));
        report
    }

    #[test]
    fn json_has_figures_by_name_with_their_conditions() {
        let json = report().json();
        assert_eq!(json["conditions"]["bus"], "memory");
        assert_eq!(json["figures"]["sent to frame"]["count"], 10);
        assert_eq!(
            json["figures"]["server CPU for each critique"],
            json!({ "value": 2.0, "unit": "ms" })
        );
        assert_eq!(json["figures"]["server CPU"]["value"], 50.0);
    }

    #[test]
    fn the_table_shows_the_first_faults_and_counts_the_rest() {
        let mut report = report();
        report.faults.extend((0..25).map(|n| format!("fault {n}")));
        let text = report.to_string();
        assert!(
            text.contains("FAULT fault 19\n  … and 5 more faults") && !text.contains("fault 20"),
            "{text}"
        );
    }
}
