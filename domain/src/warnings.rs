use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What may be wrong around a node, other than the database or the bus being out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// The database's file, or the database as a whole, is another one.
    Database,
    /// There are nodes whose messages don't arrive.
    Nodes,
    /// The folder of pictures is not the site's.
    Pictures,
}

impl Concern {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Database, Self::Nodes, Self::Pictures];

    /// As metrics and `/readyz` call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Nodes => "nodes",
            Self::Pictures => "pictures",
        }
    }
}

/// What is wrong around this node, in sentences for an operator. Each is logged as it comes and as
/// it goes.
#[derive(Clone, Default)]
pub struct Warnings(Arc<Mutex<BTreeMap<Concern, String>>>);

impl Warnings {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Concern, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that something is wrong, or, with nothing to say, that it is well.
    pub fn set(&self, concern: Concern, wrong: Option<String>) {
        let mut warnings = self.lock();
        let known = warnings.get(&concern);
        match &wrong {
            Some(sentence) if known.is_none() => {
                tracing::error!(concern = concern.word(), "{sentence}")
            }
            None if known.is_some() => {
                tracing::info!(concern = concern.word(), "this is well again")
            }
            _ => {}
        }
        metrics::gauge!("artcritique_warning", "of" => concern.word())
            .set(f64::from(u8::from(wrong.is_some())));
        match wrong {
            Some(sentence) => drop(warnings.insert(concern, sentence)),
            None => drop(warnings.remove(&concern)),
        }
    }

    /// What is wrong now.
    pub fn list(&self) -> Vec<(Concern, String)> {
        self.lock()
            .iter()
            .map(|(concern, sentence)| (*concern, sentence.clone()))
            .collect()
    }
}
