//! Markup that was rendered before: the same for all who see the same, until what it shows is
//! another.

use std::{borrow::Cow, hash::Hash};

use leptos::{prelude::*, tachys::html::InertElement};
use quick_cache::{Weighter, sync::Cache};

use crate::boot;

/// Bytes of markup kept for each kind of thing, at most.
const MOST: u64 = 8 << 20;
/// Things it takes to fill that, about.
const ABOUT: usize = 4_000;

/// What things were rendered to. The key is all that the markup depends on, so nothing here is ever
/// out of date.
pub struct Rendered<K>(Cache<K, Box<str>, ByLength>);

/// Something that looks the same to all who are signed in, and to all who are not.
#[derive(PartialEq, Eq, Hash)]
pub struct ForAll<T> {
    thing: T,
    signed_in: bool,
}

#[derive(Clone)]
struct ByLength;

impl<K> Weighter<K, Box<str>> for ByLength {
    fn weight(&self, _: &K, html: &Box<str>) -> u64 {
        // A thing is about as long as its markup.
        2 * html.len() as u64
    }
}

impl<K: Eq + Hash> Default for Rendered<K> {
    fn default() -> Self {
        Self(Cache::with_weighter(ABOUT, MOST, ByLength))
    }
}

impl<K: Eq + Hash> Rendered<K> {
    /// A view without resources, as it was rendered before or is now.
    pub fn html<V: IntoView>(&self, key: K, view: impl FnOnce(&K) -> V) -> Box<str> {
        self.0.get(&key).unwrap_or_else(|| {
            let html = view(&key).into_view().to_html().into_boxed_str();
            self.0.insert(key, html.clone());
            html
        })
    }
}

impl<T: Clone + Eq + Hash> Rendered<ForAll<T>> {
    /// One element without resources that looks the same to all who are signed in or out like the
    /// viewer. A page with what somebody typed is theirs alone, and rendered anew.
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
