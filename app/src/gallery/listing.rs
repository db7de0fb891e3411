use leptos::prelude::*;
use shared::paths;

#[cfg(feature = "hydrate")]
use crate::gallery::listing_browser::{goes_on, shown};
use crate::{
    i18n::locale,
    sent::{AS_SENT, Listing},
    ui::{Erase, PageTitle},
};

/// The id of the element above the artworks.
const HEAD: &str = "list-head";
/// The id of the list of artworks.
pub const WORKS: &str = "works";
/// The id of the element at the end of the list.
pub const END: &str = "list-end";

/// A list of artworks, with a link to the next page. The gallery also loads the next page when its
/// end scrolls into view.
#[component]
pub fn List(listing: Listing, gallery: bool) -> impl IntoView {
    #[cfg(feature = "ssr")]
    provide_context(listing.about);
    let (next, status) = (RwSignal::new(listing.next), RwSignal::new(String::new()));
    let works = listing.works.content(WORKS);
    #[cfg(feature = "hydrate")]
    let works = if gallery { shown(works, next) } else { works };
    #[cfg(feature = "hydrate")]
    if gallery {
        goes_on(next, status);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = gallery;
    view! {
        <PageTitle text=listing.title/>
        <div class=AS_SENT id=HEAD inner_html=listing.head.content(HEAD)></div>
        <ul class=format!("grid {AS_SENT}") id=WORKS inner_html=works></ul>
        <p class="more" id=END>
            {move || next.get().map(|next| view! { <a class="quiet button" href=paths::page_of("", &next)>{locale().older_work()}</a> }.erase())}
        </p>
        <p class="visually-hidden" role="status" inner_html=status></p>
    }.erase()
}
