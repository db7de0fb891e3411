//! Components shared by several pages.

mod cancel;
#[cfg(feature = "ssr")]
mod chrome;
#[cfg(feature = "hydrate")]
pub mod drafts;
mod fields;
#[cfg(feature = "hydrate")]
mod menu;
mod not_found;
mod problem;
#[cfg(feature = "ssr")]
mod rendered;
#[cfg(feature = "ssr")]
mod sharing;
mod textarea;
mod title;
mod when;
mod words;

use std::sync::Arc;

pub use cancel::Cancel;
#[cfg(feature = "ssr")]
pub use chrome::{Footer, Header};
#[cfg(feature = "hydrate")]
pub use fields::new_attempt;
pub use fields::{
    Elsewhere, FormError, IdempotencyField, RejectionMessage, SignInAgain, TextField,
};
use leptos::prelude::*;
#[cfg(feature = "hydrate")]
pub use menu::close_menus;
pub use not_found::NotFound;
pub(crate) use not_found::not_found;
pub use problem::{Problem, is_passing, problem_title};
#[cfg(feature = "ssr")]
pub use rendered::{ForAll, Rendered};
use shared::{dto::Person, paths};
#[cfg(feature = "ssr")]
pub use sharing::{About, SiteOrigin};
pub use textarea::TextArea;
#[cfg(not(feature = "ssr"))]
pub use title::PageName;
pub use title::{PageTitle, Unread};
pub use when::When;
pub use words::markup;

/// A person's name, linked to their page.
#[component]
pub fn PersonLink(person: Person) -> impl IntoView {
    view! { <a class="person" dir="auto" href=paths::person(&person.handle)>{person.display_name}</a> }
}

/// A keyed list. All lists use this one type, since each further type enlarges the WASM.
pub fn each(
    ids: impl Fn() -> Vec<i64> + Send + Sync + 'static,
    show: impl Fn(i64) -> AnyView + Send + Sync + 'static,
) -> impl IntoView {
    let ids: Box<dyn Fn() -> Vec<i64> + Send + Sync> = Box::new(ids);
    let show: Arc<dyn Fn(i64) -> AnyView + Send + Sync> = Arc::new(show);
    view! { <For each=ids key=|id| *id let:id>{show(id)}</For> }.into_any()
}

/// Type erasure for views.
///
/// Each view type adds code to the WASM; erased, all elements of one tag share their code, and so
/// do all optional views.
pub trait Erase {
    /// The view without its type.
    fn erase(self) -> AnyView;
}

impl<V: RenderHtml + Send + 'static> Erase for View<V> {
    fn erase(self) -> AnyView {
        self.into_inner().into_any()
    }
}
