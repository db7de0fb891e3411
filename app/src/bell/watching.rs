//! Works that are in view in this tab. Their changes are heard of over the one socket of this
//! browser, which the leading tab holds: the bell's, or, where nobody is signed in, one that is
//! only for this.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::prelude::*;
use shared::ArtworkId;

use super::driver::Driver;

/// Those who watch the same work ask what changed within this time of each other, in milliseconds,
/// and not all at once.
const SPREAD_MS: f64 = 250.0;
/// How long until a watch has surely taken hold. What changed before that is asked for then.
const SETTLED: Duration = Duration::from_millis(900);

/// A work in view, under a number of its own, and what to do when the work may have changed.
type View = (u32, ArtworkId, Rc<dyn Fn()>);

thread_local! {
    static VIEWS: RefCell<Vec<View>> = const { RefCell::new(Vec::new()) };
    static NUMBER: Cell<u32> = const { Cell::new(0) };
    static DRIVER: RefCell<Option<Rc<Driver>>> = const { RefCell::new(None) };
}

/// Has `changed` called whenever the work may have changed, for as long as the component lives that
/// asks for it.
pub fn watch(artwork: ArtworkId, changed: impl Fn() + 'static) {
    let number = NUMBER.get();
    NUMBER.set(number + 1);
    VIEWS.with_borrow_mut(|views| views.push((number, artwork, Rc::new(changed))));
    on_cleanup(move || {
        VIEWS.with_borrow_mut(|views| views.retain(|(other, ..)| *other != number));
        tell();
    });
    if crate::boot::current().viewer.is_none() && DRIVER.with_borrow(Option::is_none) {
        super::driver::start_for_guest();
    }
    tell();
    settle();
}

/// The works in view here, each once.
pub fn viewed() -> Vec<ArtworkId> {
    VIEWS.with_borrow(|views| each_once(views.iter().map(|(_, id, _)| *id)))
}

/// These few works, each once.
pub fn each_once(works: impl Iterator<Item = ArtworkId>) -> Vec<ArtworkId> {
    works.fold(Vec::new(), |mut each, work| {
        if !each.contains(&work) {
            each.push(work);
        }
        each
    })
}

/// The driver that carries wishes to the server from now on.
pub fn carried_by(driver: Rc<Driver>) {
    DRIVER.set(Some(driver));
    tell();
}

fn tell() {
    if let Some(driver) = DRIVER.with_borrow(Clone::clone) {
        driver.views_changed();
    }
}

/// A work changed, or, if none is named, any of them may have.
pub fn touched(artwork: Option<ArtworkId>) {
    let wait = Duration::from_secs_f64(js_sys::Math::random() * SPREAD_MS / 1_000.0);
    set_timeout(move || look(artwork), wait);
}

/// The watches are new: what happened before they took hold is asked for.
pub fn settle() {
    set_timeout(|| look(None), SETTLED);
}

/// Asks at once.
pub fn look(artwork: Option<ArtworkId>) {
    let views: Vec<View> = VIEWS.with_borrow(Clone::clone);
    for (_, _, changed) in views
        .into_iter()
        .filter(|(_, id, _)| artwork.is_none_or(|artwork| artwork == *id))
    {
        changed();
    }
}
