//! What the driver announces: toasts, and problems with the connection.

use std::rc::Rc;

use leptos::prelude::*;
use shared::{dto::Notification, live::Link};

use crate::{
    i18n::locale,
    inbox::bell::driver::{Driver, TOAST_DURATION, TOAST_MERGE_MS, visible},
};

impl Driver {
    /// Announces a connection problem, and its end, to screen readers, once each.
    pub(super) fn announce_link(&self, link: Link) {
        let l = locale();
        let words = match link {
            Link::Offline => l.link_now_offline(),
            Link::Polling => l.link_now_polling(),
            Link::Live if self.last_problem.get().is_some() => l.link_now_live(),
            Link::Live | Link::CatchingUp => return,
        };
        let trouble = Some(link).filter(|link| *link != Link::Live);
        if !self.silent.get() && self.last_problem.replace(trouble) != trouble {
            self.view.say(&words);
        }
    }

    pub(super) fn toast(self: &Rc<Self>, items: Vec<Notification>) {
        let now = js_sys::Date::now();
        let folds = now - self.toasted_at.replace(now) < TOAST_MERGE_MS;
        self.view.toast.update(|shown| {
            if !folds {
                shown.clear();
            }
            shown.extend(items);
        });
        self.clear_toast_later();
    }

    /// Removes the toast after `TOAST_DURATION`. Waits on while the pointer or the focus is in the
    /// toast, or the tab is hidden.
    pub fn clear_toast_later(self: &Rc<Self>) {
        let driver = self.clone();
        let clear = move || {
            let held = document()
                .query_selector(".toast:is(:hover, :focus-within)")
                .ok()
                .flatten()
                .is_some();
            if visible() && !held {
                driver.view.close_toast();
            } else {
                driver.clear_toast_later();
            }
        };
        if let Some(old) = self
            .toast_timer
            .replace(set_timeout_with_handle(clear, TOAST_DURATION).ok())
        {
            old.clear();
        }
    }
}
