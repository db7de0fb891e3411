use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A fault around a node, other than an unreachable database or bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// The database or its file was replaced.
    Database,
    /// The messages of some nodes don't arrive.
    Nodes,
    /// The picture folder is not the site's.
    Pictures,
}

impl Concern {
    /// All concerns.
    pub const ALL: [Self; 3] = [Self::Database, Self::Nodes, Self::Pictures];

    /// Its name in metrics and `/readyz`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Nodes => "nodes",
            Self::Pictures => "pictures",
        }
    }
}

/// The current faults around this node, each with a sentence for the operator. Logged when raised
/// and when cleared.
#[derive(Clone, Default)]
pub struct Warnings(Arc<Mutex<BTreeMap<Concern, String>>>);

impl Warnings {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Concern, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises a warning with a sentence, or clears it with `None`.
    pub fn set(&self, concern: Concern, wrong: Option<String>) {
        let mut warnings = self.lock();
        let known = warnings.get(&concern);
        match &wrong {
            Some(sentence) if known.is_none() => {
                tracing::error!(concern = concern.word(), "{sentence}");
            }
            None if known.is_some() => {
                tracing::info!(concern = concern.word(), "the warning is cleared");
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

    /// The current warnings.
    pub fn list(&self) -> Vec<(Concern, String)> {
        self.lock()
            .iter()
            .map(|(concern, sentence)| (*concern, sentence.clone()))
            .collect()
    }
}
