//! Pieces that several pages are made of.

mod cancel;
mod card;
#[cfg(feature = "ssr")]
mod chrome;
mod fields;
#[cfg(feature = "hydrate")]
mod menu;
mod picture;
mod problem;
#[cfg(feature = "ssr")]
mod rendered;
#[cfg(feature = "ssr")]
mod sharing;
mod textarea;
mod title;
mod when;
mod words;

pub use cancel::Cancel;
pub use card::{ArtworkGrid, Card};
#[cfg(feature = "ssr")]
pub use chrome::{Footer, Header};
#[cfg(feature = "hydrate")]
pub use fields::new_attempt;
pub use fields::{AttemptField, Elsewhere, FormError, SignInAgain, TextField};
#[cfg(feature = "hydrate")]
pub use menu::close_menus;
pub use picture::{Art, WIDE_HEIGHT, Wanted, shape};
pub use problem::{Problem, is_passing, problem_title};
#[cfg(feature = "ssr")]
pub use rendered::{ForAll, Rendered};
#[cfg(feature = "ssr")]
pub use sharing::{About, SiteOrigin};
pub use textarea::TextArea;
#[cfg(not(feature = "ssr"))]
pub use title::PageName;
pub use title::PageTitle;
pub use when::When;
pub use words::markup;

use leptos::prelude::*;
use shared::dto::Person;

/// A person's name, leading to their page.
#[component]
pub fn PersonLink(person: Person) -> impl IntoView {
    view! { <a class="person" dir="auto" href=format!("/@{}", person.handle)>{person.display_name}</a> }
}

/// "1 critique", "2 critiques".
pub fn plural(n: i64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}
