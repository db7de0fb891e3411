//! Live updates of the critiques on a page: what changed is fetched and shown in place, new
//! critiques are counted.

use std::time::Duration;

use gloo_net::http::Request;
use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;
use shared::{
    CritiqueId,
    dto::{ArtworkChanges, Critique, CritiqueSort, CritiqueState, Page},
    paths,
};

use crate::{
    critique::{
        reading_position::in_place,
        state::{Critiques, Entry},
    },
    i18n::locale,
    ui::markup,
};

/// Delay before changes that could not be fetched whole are asked for again.
const RETRY_DELAY: Duration = Duration::from_secs(5);
/// Maximum number of pages fetched to show new critiques.
const MAX_PAGES: usize = 5;

/// Fetches JSON from the API. The error is the HTTP status, or 0 if there is none.
async fn get<T: DeserializeOwned>(url: &str) -> Result<T, u16> {
    let answer = Request::get(url)
        .header("Accept", "application/json")
        .send()
        .await
        .map_err(|_| 0_u16)?;
    if !answer.ok() {
        return Err(answer.status());
    }
    crate::json::from_str(&answer.text().await.map_err(|_| 0_u16)?).map_err(|_| 0)
}

pub(super) async fn page(
    critiques: Critiques,
    sort: CritiqueSort,
    before: &str,
) -> Option<Page<Critique>> {
    let address = paths::api::critiques(critiques.artwork, sort, before, None);
    get(&address).await.ok()
}

/// Fetches one critique, as the first of the page that starts at it. The outer `None` is a failure,
/// the inner one a critique that does not exist.
async fn fetch_critique(critiques: Critiques, id: CritiqueId) -> Option<Option<Critique>> {
    let place = id.0.saturating_add(1).to_string();
    let newest = CritiqueSort::Newest;
    let address = paths::api::critiques(critiques.artwork, newest, &place, Some(1));
    let page = get::<Page<Critique>>(&address).await.ok()?;
    Some(page.items.into_iter().find(|critique| critique.id == id))
}

/// Fetches changes, one request at a time.
pub fn refresh(critiques: Critiques) {
    let idle = critiques.live.try_update_value(|live| {
        let idle = !live.reading && live.acting == 0;
        live.refetch = live.reading;
        live.reading |= idle;
        idle
    });
    if idle != Some(true) {
        return;
    }
    spawn_local(async move {
        let Some(seq) = critiques.live.try_with_value(|live| live.seq) else {
            return;
        };
        let changes = get::<ArtworkChanges>(&paths::api::changes(critiques.artwork, seq)).await;
        match changes {
            Ok(changes) => take(critiques, changes).await,
            Err(404) => drop(
                critiques
                    .notice
                    .try_set(markup(&locale().artwork_deleted())),
            ),
            Err(_) => {}
        }
        let refetch = critiques.live.try_update_value(|live| {
            live.reading = false;
            live.refetch
        });
        if refetch == Some(true) {
            refresh(critiques);
        }
    });
}

/// Records that an action on this page was sent or answered. No changes are fetched while one is in
/// flight: its answer and the changes could arrive out of order.
pub fn acting(critiques: Critiques, begins: bool) {
    let resume = critiques.live.try_update_value(|live| {
        live.acting = if begins {
            live.acting + 1
        } else {
            live.acting.saturating_sub(1)
        };
        live.acting == 0
    });
    if resume == Some(true) {
        refresh(critiques);
    }
}

/// Applies changes: updates counts and texts in place, and adds new critiques to the button's
/// count.
async fn take(critiques: Critiques, mut changes: ArtworkChanges) {
    if changes.reset {
        // Too many changes to list: check the newest critiques and leave the rest as it is.
        let Some(newest) = page(critiques, CritiqueSort::Newest, &i64::MAX.to_string()).await
        else {
            return;
        };
        let state = |Critique {
                         id,
                         version,
                         helpful_count,
                         ..
                     }| CritiqueState {
            id,
            version,
            helpful_count,
        };
        changes.critiques = newest.items.into_iter().map(state).collect();
    }
    let Some(shown) = critiques.list.try_get_untracked() else {
        return;
    };
    let (mut edited, mut complete) = (Vec::new(), true);
    for state in &changes.critiques {
        if let Some(entry) = shown.iter().find(|entry| entry.id == state.id) {
            let (version, count) = entry
                .critique
                .with_untracked(|critique| (critique.version, critique.helpful_count));
            if version < state.version {
                let fetched = fetch_critique(critiques, state.id).await;
                complete &= fetched.is_some();
                edited.extend(fetched.flatten().map(|critique| (entry.clone(), critique)));
            } else if count != state.helpful_count {
                entry
                    .critique
                    .update(|critique| critique.helpful_count = state.helpful_count);
            }
        }
    }
    let Some((shown, newest)) = critiques
        .list
        .try_get_untracked()
        .zip(critiques.live.try_with_value(|live| live.newest))
    else {
        return;
    };
    let gone: Vec<Entry> = shown
        .iter()
        .filter(|entry| changes.gone.contains(&entry.id))
        .cloned()
        .collect();
    if !edited.is_empty() || !gone.is_empty() {
        in_place(move || {
            for (entry, critique) in edited {
                entry.critique.set(critique);
            }
            for entry in gone {
                entry.gone.set(true);
            }
        });
    }
    let new = changes
        .critiques
        .iter()
        .map(|state| state.id)
        .filter(|id| id.0 > newest);
    let new: Vec<CritiqueId> = new
        .filter(|id| shown.iter().all(|entry| entry.id != *id))
        .collect();
    let _ = critiques.count.try_set(changes.critique_count);
    let _ = critiques.work_version.try_set(changes.version);
    if complete {
        critiques
            .live
            .try_update_value(|live| live.seq = changes.seq);
    } else {
        // An edit could not be fetched: the same changes are asked for again.
        set_timeout(move || refresh(critiques), RETRY_DELAY);
    }
    if new.is_empty() && changes.gone.is_empty() {
        return;
    }
    let _ = critiques.fresh.try_update(|fresh| {
        fresh.retain(|id| !changes.gone.contains(id));
        fresh.extend(
            new.into_iter()
                .filter(|id| !fresh.contains(id))
                .collect::<Vec<_>>(),
        );
    });
    // In an empty list there is no text to move, so show new critiques immediately.
    if shown.is_empty() {
        show_all(critiques).await;
    }
}

/// Fetches the new critiques and inserts them at the top. Returns the newest.
pub(super) async fn show_all(critiques: Critiques) -> Option<CritiqueId> {
    let mut wanted = critiques.fresh.try_get_untracked()?;
    let oldest = wanted.iter().min().copied()?;
    let (mut read, mut before) = (Vec::new(), i64::MAX.to_string());
    for _ in 0..MAX_PAGES {
        let found = page(critiques, CritiqueSort::Newest, &before).await?;
        read.extend(
            found
                .items
                .into_iter()
                .filter(|critique| wanted.contains(&critique.id)),
        );
        match found.next {
            Some(next) if next.parse().is_ok_and(|next: i64| next > oldest.0) => before = next,
            _ => break,
        }
    }
    wanted.retain(|id| read.iter().all(|critique| critique.id != *id));
    let first = read.iter().map(|critique| critique.id).max();
    in_place(move || {
        for critique in read {
            critiques.put(critique);
        }
        critiques.fresh.set(wanted);
    });
    first
}
