use std::time::{Duration, Instant};

use domain::{
    Store,
    store::{self, LiveNodes, Node},
};

use crate::{cli::doctor::Found, config::Config};

/// How long to watch the nodes; each writes a heartbeat to the database every two seconds.
const WATCH_TIME: Duration = Duration::from_millis(2_500);

/// The servers that run on the configured database.
pub enum Servers {
    /// Whether one holds the SQLite file.
    OnFile(bool),
    /// The live nodes on PostgreSQL; killed ones, which left their rows, are not among them.
    Nodes(Vec<Node>),
    /// The PostgreSQL database does not have the current schema.
    Unknown,
}

impl Servers {
    /// Finds them, on PostgreSQL by watching their heartbeats.
    pub async fn find(config: &Config, store: Option<&Store>) -> Result<Self, String> {
        let file = store::sqlite_file(&config.database_url()).map_err(|error| error.to_string())?;
        if let Some(file) = file {
            let served = store::is_served(&file).map_err(|error| error.to_string())?;
            return Ok(Self::OnFile(served));
        }
        let Some(store) = store else {
            return Ok(Self::Unknown);
        };
        let rows = async || {
            store::all_nodes(store.readers())
                .await
                .map_err(|error| error.to_string())
        };
        let (mut live_nodes, first) = (LiveNodes::default(), rows().await?);
        live_nodes.look(&first, Instant::now());
        if !first.is_empty() {
            tokio::time::sleep(WATCH_TIME).await;
        }
        let second = rows().await?;
        let living = live_nodes.look(&second, Instant::now());
        Ok(Self::Nodes(living.into_iter().cloned().collect()))
    }

    /// Whether any runs.
    pub fn are_running(&self) -> bool {
        match self {
            Self::OnFile(served) => *served,
            Self::Nodes(living) => !living.is_empty(),
            Self::Unknown => false,
        }
    }
}

/// Checks which nodes serve the database and whether their settings agree.
pub fn check(servers: &Result<Servers, String>, store: Option<&Store>) -> Found {
    let (living, store) = match (servers, store) {
        (Err(error), _) => return Err(error.clone()),
        (Ok(Servers::OnFile(true)), _) => {
            return Ok("a server is running on this database".into());
        }
        (Ok(Servers::OnFile(false)), _) => return Ok("none is running".into()),
        (Ok(Servers::Nodes(living)), Some(store)) => (living, store),
        (Ok(Servers::Nodes(_) | Servers::Unknown), _) => {
            return Ok("not checked: this needs a database with the current schema".into());
        }
    };
    let differ =
        |what: fn(&Node) -> Option<&str>| living.iter().any(|node| what(node) != what(&living[0]));
    if living.len() > 1
        && (living.iter().any(|node| node.bus == "memory") || differ(|node| Some(&node.bus)))
    {
        let buses: Vec<&str> = living.iter().map(|node| node.bus.as_str()).collect();
        return Err(format!(
            "{} running, with the buses {}: they don't receive each other's messages. Set ARTCRITIQUE_BUS to redis on all of them, or to postgres.",
            living.len(),
            buses.join(", ")
        ));
    }
    if differ(|node| node.pictures.as_deref()) {
        return Err(
            "they use different picture folders. Configure the same folder for all of them.".into(),
        );
    }
    if let Some(node) = living.iter().find(|node| *node.epoch != *store.epoch()) {
        return Err(format!(
            "node {} has not adopted the epoch {}. Restart it.",
            node.id,
            store.epoch()
        ));
    }
    let all: Vec<String> = living
        .iter()
        .map(|node| {
            format!(
                "{} (ArtCritique {}, bus {})",
                node.id, node.program, node.bus
            )
        })
        .collect();
    Ok(if all.is_empty() {
        "none is running".into()
    } else {
        format!("{} running: {}", all.len(), all.join(", "))
    })
}
