//! The artworks in view in this tab. The leading tab's socket reports changes to them: the bell's
//! socket, or, for a guest, a socket opened only for this.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::prelude::*;
use shared::ArtworkId;

use crate::inbox::bell::driver::Driver;

/// Maximum random delay before a changed artwork is fetched, in milliseconds, so that its viewers
/// do not all ask at once.
const MAX_JITTER_MS: f64 = 250.0;
/// Time after which a watch is certainly in effect. The artwork is then rechecked for earlier
/// changes.
const WATCH_DELAY: Duration = Duration::from_millis(900);

/// An artwork in view: the view's id, the artwork, and the callback for possible changes.
type View = (u32, ArtworkId, Rc<dyn Fn()>);

thread_local! {
    static VIEWS: RefCell<Vec<View>> = const { RefCell::new(Vec::new()) };
    static NEXT_VIEW_ID: Cell<u32> = const { Cell::new(0) };
    static DRIVER: RefCell<Option<Rc<Driver>>> = const { RefCell::new(None) };
}

/// Calls `changed` whenever the artwork may have changed, until the calling component is cleaned
/// up.
pub fn watch(artwork: ArtworkId, changed: impl Fn() + 'static) {
    let view_id = NEXT_VIEW_ID.get();
    NEXT_VIEW_ID.set(view_id + 1);
    VIEWS.with_borrow_mut(|views| views.push((view_id, artwork, Rc::new(changed))));
    on_cleanup(move || {
        VIEWS.with_borrow_mut(|views| views.retain(|(other, ..)| *other != view_id));
        tell();
    });
    if crate::boot::current().viewer.is_none() && DRIVER.with_borrow(Option::is_none) {
        crate::inbox::bell::driver::start_for_guest();
    }
    tell();
    settle();
}

/// The artworks in view in this tab, without duplicates.
pub fn viewed() -> Vec<ArtworkId> {
    VIEWS.with_borrow(|views| each_once(views.iter().map(|(_, id, _)| *id)))
}

/// The artworks without duplicates; quadratic, for short lists.
pub fn each_once(works: impl Iterator<Item = ArtworkId>) -> Vec<ArtworkId> {
    works.fold(Vec::new(), |mut each, work| {
        if !each.contains(&work) {
            each.push(work);
        }
        each
    })
}

/// Sets the driver that sends watches to the server.
pub fn carried_by(driver: Rc<Driver>) {
    DRIVER.set(Some(driver));
    tell();
}

fn tell() {
    if let Some(driver) = DRIVER.with_borrow(Clone::clone) {
        driver.views_changed();
    }
}

/// Reports a change to an artwork, or to any if `None`. Callbacks run after a random delay.
pub fn touched(artwork: Option<ArtworkId>) {
    let wait = Duration::from_secs_f64(js_sys::Math::random() * MAX_JITTER_MS / 1_000.0);
    set_timeout(move || look(artwork), wait);
}

/// Rechecks all artworks once new watches are in effect, for changes made before.
pub fn settle() {
    set_timeout(|| look(None), WATCH_DELAY);
}

/// Runs the callbacks now.
pub fn look(artwork: Option<ArtworkId>) {
    let views: Vec<View> = VIEWS.with_borrow(Clone::clone);
    for (_, _, changed) in views
        .into_iter()
        .filter(|(_, id, _)| artwork.is_none_or(|artwork| artwork == *id))
    {
        changed();
    }
}
