use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};
use tokio::sync::Semaphore;

use crate::{
    Error, Result,
    markdown::{Rendered, key, render},
};

/// Maximum number of batches rendered concurrently.
const MAX_CONCURRENT: usize = 2;
/// Maximum number of texts rendered on one permit, so that a page full of outdated texts doesn't
/// block a new text.
const MAX_BATCH: usize = 32;
/// Maximum size of the cache, in bytes.
const CACHE_BYTES: u64 = 8 * 1_024 * 1_024;

/// Renders texts on blocking threads, a few at a time, with a cache.
#[derive(Clone)]
pub struct Renderer {
    permits: Arc<Semaphore>,
    /// Recently rendered texts by key. Every reader of a text with outdated HTML needs its new HTML
    /// until that is stored.
    cache: Arc<Cache<String, Rendered, ByLength>>,
}

/// Weighs cache entries in bytes.
#[derive(Clone)]
struct ByLength;

impl Weighter<String, Rendered> for ByLength {
    fn weight(&self, key: &String, rendered: &Rendered) -> u64 {
        (2 * key.len() + rendered.html.len() + rendered.excerpt.len()) as u64 + 64
    }
}

impl Default for Renderer {
    fn default() -> Self {
        // The number of items is an estimate; the weight is the limit.
        Self {
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            cache: Arc::new(Cache::with_weighter(4_000, CACHE_BYTES, ByLength)),
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
        for batch in texts.chunks(MAX_BATCH) {
            rendered.extend(self.render_batch(batch.to_vec()).await?);
        }
        Ok(rendered)
    }

    async fn render_batch(&self, texts: Vec<String>) -> Result<Vec<Rendered>> {
        let permit = self
            .permits
            .clone()
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        let cache = self.cache.clone();
        let work = move || {
            // The permit moves into the work, which continues if the caller is cancelled.
            let _permit = permit;
            let one = |text: &String| {
                cache.get_or_insert_with(&key(text), || {
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
