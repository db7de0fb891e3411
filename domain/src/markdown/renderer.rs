use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};
use tokio::sync::Semaphore;

use super::{Rendered, key, render};
use crate::{Error, Result};

/// Texts rendered at once, at most.
const AT_ONCE: usize = 2;
/// Texts rendered before the place goes to another, so that a page full of old texts doesn't keep a
/// new one waiting.
const IN_A_ROW: usize = 32;
/// Bytes of HTML remembered.
const KEPT: u64 = 8 * 1_024 * 1_024;

/// Renders texts off the async threads, a few at a time.
#[derive(Clone)]
pub struct Renderer {
    places: Arc<Semaphore>,
    /// What was rendered lately, by its key. Stored texts of an older version are wanted by
    /// everybody who looks, until their HTML is written.
    lately: Arc<Cache<String, Rendered, ByLength>>,
}

/// Weighs what was rendered, in bytes.
#[derive(Clone)]
struct ByLength;

impl Weighter<String, Rendered> for ByLength {
    fn weight(&self, key: &String, rendered: &Rendered) -> u64 {
        (2 * key.len() + rendered.html.len() + rendered.excerpt.len()) as u64 + 64
    }
}

impl Default for Renderer {
    fn default() -> Self {
        // Items are an estimate; the weight is the limit.
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            lately: Arc::new(Cache::with_weighter(4_000, KEPT, ByLength)),
        }
    }
}

impl Renderer {
    /// Renders one text.
    ///
    /// # Errors
    /// When the process is shutting down.
    pub async fn render(&self, text: &str) -> Result<Rendered> {
        let mut all = self.render_all(vec![text.to_owned()]).await?;
        all.pop()
            .ok_or_else(|| Error::internal("a text was not rendered"))
    }

    /// Renders several texts, in their order.
    ///
    /// # Errors
    /// When the process is shutting down.
    pub async fn render_all(&self, texts: Vec<String>) -> Result<Vec<Rendered>> {
        let mut rendered = Vec::with_capacity(texts.len());
        for some in texts.chunks(IN_A_ROW) {
            rendered.extend(self.render_some(some.to_vec()).await?);
        }
        Ok(rendered)
    }

    async fn render_some(&self, texts: Vec<String>) -> Result<Vec<Rendered>> {
        let place = self
            .places
            .clone()
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        let lately = self.lately.clone();
        let work = move || {
            // Held by the work, which goes on when nobody waits for it any more.
            let _place = place;
            let one = |text: &String| {
                lately.get_or_insert_with(&key(text), || {
                    Ok::<_, std::convert::Infallible>(render(text))
                })
            };
            texts
                .iter()
                .map(|text| one(text).unwrap_or_else(|never| match never {}))
                .collect::<Vec<_>>()
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(Error::internal)
    }
}
