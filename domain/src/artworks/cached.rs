//! An artwork with its first page of critiques, cached for all viewers.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::ConnectionTrait;
use shared::{
    ArtworkId, UserId,
    dto::{Artwork, Page},
};

use crate::{
    Result,
    artworks::{Shown, media::picture},
    clock::timestamp,
    critiques, policy,
};

/// A cached artwork; see the module.
pub struct CachedArtwork {
    work: Shown,
    critiques: Page<critiques::Shown>,
    /// The critiques that recent viewers have marked as helpful. Marking one changes the artwork,
    /// which invalidates the whole entry.
    marks: Mutex<HashMap<UserId, Arc<HashSet<i64>>>>,
}

impl CachedArtwork {
    /// An entry from what was read for `viewer`, with their helpful marks.
    pub(super) fn new(
        work: Shown,
        critiques: Page<critiques::Shown>,
        viewer: Option<UserId>,
    ) -> Self {
        let marked = critiques
            .items
            .iter()
            .filter(|shown| shown.marked())
            .map(critiques::Shown::id)
            .collect();
        let marks = viewer
            .map(|viewer| (viewer, Arc::new(marked)))
            .into_iter()
            .collect();
        Self {
            work,
            critiques,
            marks: Mutex::new(marks),
        }
    }

    pub fn id(&self) -> ArtworkId {
        ArtworkId(self.work.row.id)
    }

    /// The artwork as this viewer sees it.
    pub(super) async fn view(
        &self,
        db: &impl ConnectionTrait,
        viewer: Option<UserId>,
    ) -> Result<Artwork> {
        let marked = self.marked(db, viewer).await?;
        let Shown { row, artist } = &self.work;
        let Page { items, next } = &self.critiques;
        Ok(Artwork {
            id: self.id(),
            artist: artist.clone().into(),
            picture: picture(row),
            critique_count: row.critique_count,
            created_at: timestamp(row.created_at),
            editable: viewer.is_some_and(|viewer| policy::owns_artwork(viewer, row)),
            description_html: row.description_html.clone().unwrap_or_default(),
            version: row.version,
            seq: row.seq,
            critiques: items
                .iter()
                .map(|shown| shown.clone().view(viewer, marked.contains(&shown.id())))
                .collect(),
            critiques_next: next.clone(),
            title: row.title.clone(),
            description: row.description.clone(),
        })
    }

    async fn marked(
        &self,
        db: &impl ConnectionTrait,
        viewer: Option<UserId>,
    ) -> Result<Arc<HashSet<i64>>> {
        let Some(viewer) = viewer else {
            return Ok(Arc::default());
        };
        let marks = || self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let known = marks().get(&viewer).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let shown = self.critiques.items.iter().map(critiques::Shown::id);
        let read = Arc::new(critiques::marked(db, viewer, shown).await?);
        marks().insert(viewer, read.clone());
        Ok(read)
    }
}
