use leptos::prelude::*;

use super::{LiveBell, OpenLink};

/// The live region and the one toast in it. The region stands from the start, so that screen readers follow it.
#[component]
pub fn Toast(bell: LiveBell) -> impl IntoView {
    let toast = move || {
        let items = bell.toast.get();
        let latest = items.last()?.clone();
        let others = items.len() - 1;
        Some(view! {
            <div class="toast">
                {(others > 0).then(|| view! { <p class="toast-count">{format!("{} new notifications", others + 1)}</p> })}
                <OpenLink item=latest read=Signal::stored(false)/>
                <button type="button" class="quiet small" on:click=move |_| bell.toast.set(Vec::new())>"Dismiss"</button>
            </div>
        })
    };
    view! { <div class="toasts" role="status" aria-live="polite">{toast}</div> }
}
