//! The data of a person's page.

use leptos::prelude::*;
use shared::{bidi::isolate, dto::Profile, paths};
use words::{SLOT, around};

use crate::{
    artwork::cards,
    i18n::{count, locale},
    sent::{Listing, ServerHtml},
    ui::{About, When},
};

/// A person and their artworks.
pub fn profile(profile: Profile) -> Listing {
    let name = isolate(&profile.person.display_name);
    let (l, works, critiques) = (
        locale(),
        count(profile.artwork_count),
        count(profile.critique_count),
    );
    let about = About {
        description: l.person_description(&name, works, critiques),
        ..About::default()
    };
    let (title, artworks) = (l.person_title(&name), profile.artworks.clone());
    Listing {
        title,
        head: ServerHtml::new(head(profile).into_view().to_html()),
        count: artworks.items.len(),
        works: ServerHtml::new(cards(artworks.items, true)),
        next: artworks.next,
        about,
    }
}

fn head(profile: Profile) -> impl IntoView {
    let Profile {
        person,
        joined_at,
        artwork_count,
        critique_count,
        helpful_count,
        follower_count,
        followed,
        artworks,
    } = profile;
    let empty = artworks.items.is_empty();
    let l = locale();
    let since = l.person_since(&person.handle, SLOT);
    let (before, after) = around(&since);
    view! {
        <section class="profile">
            <h1 dir="auto">{person.display_name.clone()}</h1>
            <p class="handle">{before.to_owned()}<When at=joined_at day=true/>{after.to_owned()}</p>
            <ul class="facts">
                <li>{l.person_followers(count(follower_count))}</li>
                <li>{l.person_works(count(artwork_count))}</li>
                <li>{l.person_critiques(count(critique_count))}</li>
                <li>{l.person_helpful(count(helpful_count))}</li>
            </ul>
            {followed.map(|followed| view! { <FollowButton handle=person.handle.clone() followed/> })}
        </section>
        <h2 class="visually-hidden">{l.person_works_heading()}</h2>
        {empty.then(|| view! { <section class="empty"><p>{l.person_no_works()}</p></section> })}
    }
}

/// Follows or unfollows the artist. A plain form: the page it redirects to shows the new state.
#[component]
fn FollowButton(handle: String, followed: bool) -> impl IntoView {
    let l = locale();
    let (label, hint) = if followed {
        (l.unfollow(), l.unfollow_hint())
    } else {
        (l.follow(), l.follow_hint())
    };
    view! {
        <form method="post" action=paths::actions::FOLLOW_AT_FORM class="follow" id="follow">
            <input type="hidden" name="handle" value=handle/>
            <input type="hidden" name="follow" value=(!followed).to_string()/>
            <button type="submit" class=if followed { "quiet button" } else { "button" }>{label}</button>
            <span class="hint">{hint}</span>
        </form>
    }
}
