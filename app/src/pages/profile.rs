use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use shared::{bidi::isolate, dto::Profile};

use super::gallery::{EndlessGrid, Skeleton};
use crate::{
    Failure,
    actions::show_profile,
    parts::{PageTitle, Problem, When, plural},
};

/// `/@{handle}`: a person and their works. Any other single word in the address leads nowhere.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let params = use_params_map();
    let handle = move || params.read().get("handle").unwrap_or_default();
    let before = super::before();
    let profile = Resource::new(
        move || (handle(), before.get()),
        |(handle, before)| async move {
            match handle.strip_prefix('@') {
                Some(handle) => show_profile(handle.to_owned(), before).await.map(Some),
                None => Ok(None),
            }
        },
    );
    view! {
        <Suspense fallback=Skeleton>
            {move || Suspend::new(async move {
                match profile.await {
                    Ok(Some(profile)) => view! { <Person profile/> }.into_any(),
                    Ok(None) => super::not_found("page").into_any(),
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Person(profile: Profile) -> impl IntoView {
    let Profile { person, joined_at, artwork_count, critique_count, helpful_count, follower_count, followed, artworks } = profile;
    let empty = artworks.items.is_empty();
    #[cfg(feature = "ssr")]
    provide_context(crate::parts::About {
        description: format!(
            "{} on ArtCritique: {}, {} written.",
            isolate(&person.display_name),
            plural(artwork_count, "work"),
            plural(critique_count, "critique")
        ),
        ..Default::default()
    });
    view! {
        <PageTitle text=format!("{} · ArtCritique", isolate(&person.display_name))/>
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
        {if empty {
            view! { <section class="empty"><p>"No works here yet."</p></section> }.into_any()
        } else {
            view! { <EndlessGrid page=artworks path=""/> }.into_any()
        }}
    }
}

/// Follows the artist, or ceases to. A plain form: the page it leads back to says what is so.
#[component]
fn FollowButton(handle: String, followed: bool) -> impl IntoView {
    let (label, hint) = if followed { ("Unfollow", "You hear of each new work.") } else { ("Follow", "Hear of each new work.") };
    view! {
        <form method="post" action="/actions/follow#follow" class="follow" id="follow">
            <input type="hidden" name="handle" value=handle/>
            <input type="hidden" name="follow" value=(!followed).to_string()/>
            <button type="submit" class=if followed { "quiet button" } else { "button" }>{label}</button>
            <span class="hint">{hint}</span>
        </form>
    }
}
