//! One module a page.

mod artwork;
mod artwork_form;
mod critique;
#[cfg(feature = "hydrate")]
pub mod drafts;
mod gallery;
mod login;
mod notifications;
mod profile;
mod settings;
#[cfg(feature = "hydrate")]
mod upload;

pub use artwork::ArtworkPage;
pub use artwork_form::{EditArtwork, NewArtwork};
pub use gallery::Gallery;
pub use login::{Login, Register};
pub use notifications::Notifications;
pub use profile::ProfilePage;
pub use settings::{AccountSettings, SessionSettings, Settings};

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use shared::{AppError, ArtworkId};

use crate::parts::Problem;

/// An address that leads nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    not_found("page")
}

/// Says that there is no such thing, with the status to match.
fn not_found(what: &str) -> impl IntoView + use<> {
    let error = AppError::not_found(what);
    #[cfg(feature = "ssr")]
    let _ = crate::failure::answer::<()>(Err(error.clone()));
    view! { <Problem error/> }
}

/// A parameter of the address, `None` if it is not what it should be.
fn param<T: std::str::FromStr>(name: &'static str) -> Option<T> {
    use_params_map().read().get(name)?.parse().ok()
}

/// Where a list goes on, from the query.
fn before() -> Signal<Option<ArtworkId>> {
    let query = use_query_map();
    Signal::derive(move || query.read().get("before")?.parse().ok())
}

/// One value of the query.
fn query(name: &'static str) -> Option<String> {
    use_query_map().read_untracked().get(name)
}
