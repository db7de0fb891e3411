use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::entities::node::Model;

/// A node that has not written itself for this long is gone.
const GONE: Duration = Duration::from_secs(10);

/// Tells nodes that live from rows that killed nodes left behind: a living node's row changes. No
/// clock is compared with another's.
#[derive(Default)]
pub struct LiveNodes(HashMap<String, Row>);

struct Row {
    seen_at: i64,
    /// When it was last seen to change; never, as long as it stands as it was first found.
    changed: Option<Instant>,
}

impl LiveNodes {
    /// Takes in the rows as they are now; gives those of nodes that live.
    pub fn look<'a>(&mut self, rows: &'a [Model], now: Instant) -> Vec<&'a Model> {
        self.0.retain(|id, _| rows.iter().any(|row| row.id == *id));
        for row in rows {
            let known = self.0.entry(row.id.clone()).or_insert(Row {
                seen_at: row.seen_at,
                changed: None,
            });
            if known.seen_at != row.seen_at {
                *known = Row {
                    seen_at: row.seen_at,
                    changed: Some(now),
                };
            }
        }
        let lives = |row: &&Model| {
            self.0[&row.id]
                .changed
                .is_some_and(|at| now.duration_since(at) < GONE)
        };
        rows.iter().filter(lives).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, seen_at: i64) -> Model {
        Model {
            id: id.into(),
            program: String::new(),
            bus: "memory".into(),
            epoch: String::new(),
            pictures: None,
            started_at: 0,
            seen_at,
        }
    }

    fn living(live_nodes: &mut LiveNodes, rows: &[Model], now: Instant) -> Vec<String> {
        live_nodes
            .look(rows, now)
            .into_iter()
            .map(|row| row.id.clone())
            .collect()
    }

    #[test]
    fn a_row_that_never_changes_is_no_node() {
        let (mut live_nodes, now) = (LiveNodes::default(), Instant::now());
        assert!(
            living(&mut live_nodes, &[row("killed", 5), row("new", 5)], now).is_empty(),
            "nothing is known yet"
        );
        assert_eq!(
            living(&mut live_nodes, &[row("killed", 5), row("new", 6)], now),
            ["new"]
        );
        assert_eq!(
            living(
                &mut live_nodes,
                &[row("killed", 5), row("new", 6)],
                now + GONE / 2
            ),
            ["new"],
            "between two beats"
        );
        assert!(
            living(
                &mut live_nodes,
                &[row("killed", 5), row("new", 6)],
                now + GONE
            )
            .is_empty(),
            "it was killed too"
        );
        assert_eq!(
            living(&mut live_nodes, &[row("new", 4)], now + GONE),
            ["new"],
            "its clock was put back"
        );
    }
}
