//! The data of a person's page.

use leptos::prelude::*;
use shared::{bidi::isolate, dto::Profile, paths};

use crate::{
    artwork::cards,
    sent::{Listing, ServerHtml},
    ui::{About, When, plural},
};

/// A person and their artworks.
pub fn profile(profile: Profile) -> Listing {
    let name = isolate(&profile.person.display_name);
    let (works, critiques) = (
        plural(profile.artwork_count, "work"),
        plural(profile.critique_count, "critique"),
    );
    let about = About {
        description: format!("{name} on ArtCritique: {works}, {critiques} written."),
        ..About::default()
    };
    let (title, artworks) = (format!("{name} · ArtCritique"), profile.artworks.clone());
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
    view! {
        <section class="profile">
            <h1 dir="auto">{person.display_name.clone()}</h1>
            <p class="handle">{format!("@{}", person.handle)}" · here since "<When at=joined_at day=true/></p>
            <ul class="facts">
                <li>{plural(follower_count, "follower")}</li>
                <li>{plural(artwork_count, "work")}</li>
                <li>{plural(critique_count, "critique")}" written"</li>
                <li>{format!("found helpful {}", if helpful_count == 1 { "once".to_owned() } else { format!("{helpful_count} times") })}</li>
            </ul>
            {followed.map(|followed| view! { <FollowButton handle=person.handle.clone() followed/> })}
        </section>
        <h2 class="visually-hidden">"Works"</h2>
        {empty.then(|| view! { <section class="empty"><p>"No works here yet."</p></section> })}
    }
}

/// Follows or unfollows the artist. A plain form: the page it redirects to shows the new state.
#[component]
fn FollowButton(handle: String, followed: bool) -> impl IntoView {
    let (label, hint) = if followed {
        ("Unfollow", "You hear of each new work.")
    } else {
        ("Follow", "Hear of each new work.")
    };
    view! {
        <form method="post" action=format!("{}#follow", paths::actions::FOLLOW) class="follow" id="follow">
            <input type="hidden" name="handle" value=handle/>
            <input type="hidden" name="follow" value=(!followed).to_string()/>
            <button type="submit" class=if followed { "quiet button" } else { "button" }>{label}</button>
            <span class="hint">{hint}</span>
        </form>
    }
}
