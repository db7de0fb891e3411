use leptos::prelude::*;

use crate::{
    i18n::{count, locale},
    inbox::bell::{LiveBell, OpenLink},
    ui::{Erase, markup},
};

/// The live region with at most one toast. The region is always present, so that screen readers
/// watch it.
///
/// A toast disappears after a while, except while the pointer or the focus is in it (WCAG 2.2.1).
/// Escape closes it.
#[component]
pub fn Toast(bell: LiveBell) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    close_on_escape(bell);
    let l = locale();
    let toast = move || {
        let items = bell.toast.get();
        let latest = items.last()?.clone();
        let count = markup(&l.notifications_new(count(items.len())));
        Some(
            view! {
                <div class="toast" on:pointerleave=move |_| bell.keep_toast() on:focusout=move |_| bell.keep_toast()>
                    {(items.len() > 1).then(|| view! { <p class="toast-count" inner_html=count></p> }.erase())}
                    <OpenLink item=latest read=Signal::stored(false)/>
                    <button type="button" class="quiet small" on:click=move |_| bell.close_toast()>{l.dismiss()}</button>
                </div>
            }
            .erase(),
        )
    };
    view! { <div class="toasts" role="status" aria-live="polite">{toast}</div> }.erase()
}

#[cfg(feature = "hydrate")]
fn close_on_escape(bell: LiveBell) {
    let keys = crate::dom::on_window("keydown", move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" && bell.toast.with_untracked(|shown| !shown.is_empty()) {
            bell.close_toast();
        }
    });
    on_cleanup(move || keys.remove());
}
