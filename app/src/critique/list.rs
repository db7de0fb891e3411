//! The list of critiques on an artwork's page.

use leptos::prelude::*;
use shared::{dto::CritiqueSort, paths};

#[cfg(feature = "hydrate")]
use crate::critique::list_browser::{keep_up, older, show_fresh};
use crate::{
    critique::{article::CritiqueArticle, state::Critiques},
    i18n::{count as whole_number, locale},
    ui::{Erase, each},
};

/// The heading, with links for the order.
#[component]
pub fn CritiquesHead(critiques: Critiques, sort: CritiqueSort) -> impl IntoView {
    let Critiques {
        artwork,
        count,
        from_newest,
        ..
    } = critiques;
    let (newest, helpful) = (
        paths::critiques(artwork, CritiqueSort::Newest, None),
        paths::critiques(artwork, CritiqueSort::Helpful, None),
    );
    let by_helpful = sort == CritiqueSort::Helpful;
    let current = |is: bool| if is { "page" } else { "false" };
    let l = locale();
    let several = Memo::new(move |_| count.get() > 1);
    view! {
        <h2 id="critiques-title" tabindex="-1" inner_html=move || l.critique_count(whole_number(count.get()))></h2>
        {move || several.get().then(|| view! {
            <nav class="tabs" aria-label=l.critique_order().into_owned()>
                <a href=newest.clone() rel="external" aria-current=move || current(from_newest.get())>{l.critiques_newest()}</a>
                <a href=helpful.clone() rel="external" aria-current=current(by_helpful)>{l.critiques_most_helpful()}</a>
            </nav>
        }.erase())}
    }
    .erase()
}

/// The list of critiques.
#[component]
pub fn CritiqueList(critiques: Critiques, sort: CritiqueSort) -> impl IntoView {
    let Critiques {
        artwork,
        list,
        fresh,
        next,
        notice,
        ..
    } = critiques;
    #[cfg(feature = "hydrate")]
    keep_up(critiques);
    let l = locale();
    let more = move || match sort {
        CritiqueSort::Newest => l.critiques_older(),
        CritiqueSort::Helpful => l.critiques_more(),
    };
    #[cfg(feature = "hydrate")]
    let (load, show) = (older(critiques, sort), show_fresh(critiques));
    #[cfg(not(feature = "hydrate"))]
    let (load, show) = (
        |_: leptos::ev::MouseEvent| {},
        |_: leptos::ev::MouseEvent| {},
    );
    view! {
        <div class="fresh" aria-live="polite">
            {move || Some(fresh.read().len()).filter(|n| *n > 0).map(|n| view! {
                <button type="button" class="button" on:click=show>{l.critiques_new(whole_number(n))}</button>
            }.erase())}
        </div>
        <p class="notice" aria-live="polite" inner_html=notice></p>
        {each(
            move || list.read().iter().map(|entry| entry.id.0).collect(),
            move |id| {
                let entry = list.with_untracked(|list| list.iter().find(|entry| entry.id.0 == id).cloned());
                entry.map(|entry| view! { <CritiqueArticle entry critiques/> }.erase()).into_any()
            },
        )}
        <p class="more">{move || next.get().map(|next| view! {
            <a class="quiet button" rel="external" href=paths::critiques(artwork, sort, Some(&next)) on:click=load>{more()}</a>
        }.erase())}</p>
    }.erase()
}
