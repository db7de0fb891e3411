use leptos::prelude::*;
use shared::Thing;

/// An unknown path. In the browser, a path that only the server knows: loads it from the server.
#[component]
pub fn NotFound() -> impl IntoView {
    not_found(Thing::Page)
}

/// Shows a not-found page, with status 404.
#[cfg(feature = "ssr")]
pub(crate) fn not_found(what: Thing) -> impl IntoView + use<> {
    let error = crate::failure::refused(shared::AppError::not_found(what));
    view! { <crate::ui::Problem error/> }
}

/// Loads the address from the server, which knows whether it exists.
#[cfg(not(feature = "ssr"))]
pub(crate) fn not_found(_what: Thing) -> impl IntoView + use<> {
    let location = leptos_router::hooks::use_location();
    Effect::new(move |_| {
        let (path, search, hash) = (
            location.pathname.get(),
            location.search.get(),
            location.hash.get(),
        );
        let query = if search.is_empty() {
            String::new()
        } else {
            format!("?{search}")
        };
        let _ = window().location().replace(&format!("{path}{query}{hash}"));
    });
}
