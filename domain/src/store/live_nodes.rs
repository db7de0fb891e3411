use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::entities::node::Model;

/// A node without a heartbeat for this long is dead.
const NODE_TTL: Duration = Duration::from_secs(10);

/// Tells the rows of live nodes from those of killed ones: a live node's row changes with every
/// heartbeat. Clocks of different hosts are never compared.
#[derive(Default)]
pub struct LiveNodes(HashMap<String, Row>);

struct Row {
    seen_at: i64,
    /// When a change was last observed; `None` if the row is as first read.
    changed_at: Option<Instant>,
}

impl LiveNodes {
    /// Takes the current rows; returns those of live nodes.
    pub fn look<'a>(&mut self, rows: &'a [Model], now: Instant) -> Vec<&'a Model> {
        self.0.retain(|id, _| rows.iter().any(|row| row.id == *id));
        for row in rows {
            let known = self.0.entry(row.id.clone()).or_insert(Row {
                seen_at: row.seen_at,
                changed_at: None,
            });
            if known.seen_at != row.seen_at {
                *known = Row {
                    seen_at: row.seen_at,
                    changed_at: Some(now),
                };
            }
        }
        let lives = |row: &&Model| {
            self.0[&row.id]
                .changed_at
                .is_some_and(|at| now.duration_since(at) < NODE_TTL)
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
    fn rows_without_heartbeats_are_not_live_nodes() {
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
                now + NODE_TTL / 2
            ),
            ["new"],
            "between two beats"
        );
        assert!(
            living(
                &mut live_nodes,
                &[row("killed", 5), row("new", 6)],
                now + NODE_TTL
            )
            .is_empty(),
            "it was killed too"
        );
        assert_eq!(
            living(&mut live_nodes, &[row("new", 4)], now + NODE_TTL),
            ["new"],
            "its clock was put back"
        );
    }
}
