//! A cache of rendered markup, shared by all viewers who get the same markup.

use std::{borrow::Cow, hash::Hash};

use leptos::{prelude::*, tachys::html::InertElement};
use quick_cache::{Weighter, sync::Cache};
use words::Locale;

use crate::{boot, i18n::locale};

/// Maximum size of each cache, in bytes.
const MAX_BYTES: u64 = 8 << 20;
/// Estimated number of entries in a full cache.
const ESTIMATED_ENTRIES: usize = 4_000;

/// A cache of rendered markup. The key, with the language, holds everything that the markup depends
/// on, so entries never go stale.
pub struct Rendered<K>(Cache<(Locale, K), Box<str>, ByLength>);

/// A key for markup that is the same for all signed-in viewers, and for all guests.
#[derive(PartialEq, Eq, Hash)]
pub struct ForAll<T> {
    thing: T,
    signed_in: bool,
}

#[derive(Clone)]
struct ByLength;

impl<K> Weighter<K, Box<str>> for ByLength {
    fn weight(&self, _: &K, html: &Box<str>) -> u64 {
        // A key is about as long as its markup.
        2 * html.len() as u64
    }
}

impl<K: Eq + Hash> Default for Rendered<K> {
    fn default() -> Self {
        Self(Cache::with_weighter(ESTIMATED_ENTRIES, MAX_BYTES, ByLength))
    }
}

impl<K: Eq + Hash> Rendered<K> {
    /// The markup of a view without resources, from the cache or rendered now.
    pub fn html<V: IntoView>(&self, key: K, view: impl FnOnce(&K) -> V) -> Box<str> {
        let key = (locale(), key);
        self.0.get(&key).unwrap_or_else(|| {
            let html = view(&key.1).into_view().to_html().into_boxed_str();
            self.0.insert(key, html.clone());
            html
        })
    }
}

impl<T: Clone + Eq + Hash> Rendered<ForAll<T>> {
    /// One element, without resources, whose markup is the same for all viewers with the same
    /// sign-in state. A page with submitted values bypasses the cache.
    pub fn for_all<V: IntoView>(&self, thing: T, view: impl FnOnce(T) -> V) -> AnyView {
        let boot = boot::current();
        if boot.rejected.is_some() || boot.attempt.is_some() {
            return view(thing).into_any();
        }
        let html = self.html(
            ForAll {
                thing,
                signed_in: boot.viewer.is_some(),
            },
            |key| view(key.thing.clone()),
        );
        InertElement::new(Cow::Owned(html.into_string())).into_any()
    }
}
