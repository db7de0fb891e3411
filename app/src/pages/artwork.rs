#[cfg(feature = "ssr")]
use std::sync::LazyLock;

use leptos::prelude::*;
use shared::{
    ArtworkId,
    bidi::isolate,
    dto::{Artwork, Critique, Person},
    text::CRITIQUE_MAX,
};

use super::critique::CritiqueArticle;
#[cfg(feature = "ssr")]
use super::critique::same_for_all;
use crate::{
    Failure,
    actions::show_artwork,
    boot::echo,
    parts::{Art, AttemptField, Cancel, FormError, PageTitle, PersonLink, Problem, TextArea, Wanted, When, plural},
};
#[cfg(feature = "ssr")]
use crate::{
    boot,
    parts::{About, ForAll, Rendered},
};

/// `/artworks/{id}`: a work and its critiques.
#[component]
pub fn ArtworkPage() -> impl IntoView {
    let id = Memo::new(|_| super::param::<ArtworkId>("id"));
    let artwork = Resource::new(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => show_artwork(id).await.map(Some),
                None => Ok(None),
            }
        },
    );
    view! {
        <Suspense fallback=|| view! { <div class="artwork"><span class="art skeleton tall"></span></div> }>
            {move || Suspend::new(async move {
                match artwork.await {
                    Ok(Some(artwork)) => view! { <Work artwork/> }.into_any(),
                    Ok(None) => super::not_found("artwork").into_any(),
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Work(artwork: Artwork) -> impl IntoView {
    #[cfg(feature = "ssr")]
    provide_context(About {
        description: domain::markdown::excerpt(&artwork.description),
        picture: Some((artwork.picture.clone(), pictured(&artwork.title, &artwork.artist))),
    });
    view! {
        <PageTitle text=format!("{} · ArtCritique", pictured(&artwork.title, &artwork.artist))/>
        {shown(artwork)}
    }
}

/// What the picture is, as plain text.
fn pictured(title: &str, artist: &Person) -> String {
    format!("{} by {}", isolate(title), isolate(&artist.display_name))
}

fn shown(artwork: Artwork) -> AnyView {
    #[cfg(feature = "ssr")]
    {
        static RENDERED: LazyLock<Rendered<ForAll<Artwork>>> = LazyLock::new(Rendered::default);
        let boot = boot::current();
        if artwork.critiques.iter().all(|critique| same_for_all(critique, boot.viewer.as_ref())) {
            return RENDERED.for_all(artwork, whole);
        }
    }
    whole(artwork).into_any()
}

/// All of it: the picture, the artist's words, the critiques, and where to write one.
fn whole(artwork: Artwork) -> impl IntoView {
    let Artwork { id, title, artist, picture, created_at, description_html, critiques, editable, .. } = artwork;
    let critiques = RwSignal::new(critiques);
    #[cfg(feature = "hydrate")]
    {
        fresh::follow(id, critiques);
        fresh::focus_the_item_named();
    }
    let alt = pictured(&title, &artist);
    view! {
        <div class="artwork">
            <figure>
                <Art picture=picture alt=alt sizes="(min-width: 100rem) 90rem, 96vw" wanted=Wanted::First/>
            </figure>
            <div class="about">
                <h1 dir="auto">{title}</h1>
                <p class="by">"by "<PersonLink person=artist/>" · "<When at=created_at/></p>
                <div class="prose" inner_html=description_html></div>
                {editable.then(|| view! { <OwnWork id/> })}
            </div>
            <section class="critiques" id="critiques" aria-labelledby="critiques-title">
                <h2 id="critiques-title" tabindex="-1">{move || match critiques.read().len() {
                    0 => "No critiques yet".to_owned(),
                    n => plural(i64::try_from(n).unwrap_or(i64::MAX), "critique"),
                }}</h2>
                <For each=move || critiques.get() key=|critique| (critique.id, critique.edited_at.clone()) let:critique>
                    <CritiqueArticle critique critiques/>
                </For>
                <CritiqueForm id critiques own=editable/>
            </section>
        </div>
    }
}

/// What an artist can do with their own work.
#[component]
fn OwnWork(id: ArtworkId) -> impl IntoView {
    view! {
        <div class="own">
            <a class="quiet button" href=format!("/artworks/{id}/edit")>"Edit"</a>
            <details class="confirm">
                <summary class="quiet button">"Delete"</summary>
                <form method="post" action="/actions/delete_artwork">
                    <input type="hidden" name="id" value=id.to_string()/>
                    <p>"Delete this work and all its critiques? This can't be undone."</p>
                    <p class="actions">
                        <button type="submit" class="danger">"Delete for good"</button>
                        <Cancel page=format!("/artworks/{id}")/>
                    </p>
                </form>
            </details>
        </div>
    }
}

#[component]
fn CritiqueForm(id: ArtworkId, critiques: RwSignal<Vec<Critique>>, own: bool) -> impl IntoView {
    let viewer = crate::boot::current().viewer.clone();
    let action = "/actions/post_critique";
    let echo = echo(action);
    let signed_out = RwSignal::new(viewer.is_none());
    if viewer.is_none() && echo.is_none() {
        let login = format!("/login?next=/artworks/{id}%23write");
        return view! {
            <p class="invite" id="write"><a class="button" href=login>"Sign in to write a critique"</a></p>
        }
        .into_any();
    }
    let whole = RwSignal::new(echo.as_ref().filter(|echo| echo.error.fields.is_empty()).map(|echo| echo.error.message.clone()));
    let field = RwSignal::new(echo.as_ref().and_then(|echo| echo.error.of("body").map(str::to_owned)));
    let typed = echo.as_ref().and_then(|echo| echo.value("body")).unwrap_or_default();
    let words = NodeRef::new();
    #[cfg(feature = "hydrate")]
    let submit = send::submit(words, id, critiques, (whole, field, signed_out));
    #[cfg(not(feature = "hydrate"))]
    let submit = move |_: leptos::ev::SubmitEvent| _ = critiques;
    view! {
        <form method="post" action=format!("{action}#write") class="stack write" id="write" on:submit=submit>
            <input type="hidden" name="artwork_id" value=id.to_string()/>
            <AttemptField echo/>
            <TextArea
                name="body" label="Your critique" maxlength=CRITIQUE_MAX rows=6 required=true value=typed error=field node_ref=words
                draft=format!("critique-{id}")
                hint=if own { "Note what you were after, or what you would change now." } else { "What works, what doesn't yet, and what to try. Markdown is fine." }
            />
            <FormError message=whole/>
            {move || signed_out.get().then(|| view! {
                <p><a href=format!("/login?next=/artworks/{id}%23write") target="_blank">"Sign in"</a>" in another tab, then send this again."</p>
            })}
            <button type="submit">"Post critique"</button>
        </form>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
mod send {
    use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
    use shared::{
        AppError, ArtworkId, CritiqueId, Kind, Timestamp,
        dto::{Critique, Person},
    };

    use crate::{actions::post_critique, boot, pages::drafts};

    /// Posts without leaving the page: the critique stands there at once, and is taken back with its words in the field
    /// if the server refuses.
    pub fn submit(
        words: NodeRef<html::Textarea>,
        id: ArtworkId,
        critiques: RwSignal<Vec<Critique>>,
        (whole, field, signed_out): (RwSignal<Option<String>>, RwSignal<Option<String>>, RwSignal<bool>),
    ) -> impl Fn(SubmitEvent) + Clone + 'static {
        let author =
            boot::current().viewer.clone().map(|viewer| Person { handle: viewer.handle, display_name: viewer.display_name });
        let sent = StoredValue::new(0_i64);
        let under_way = StoredValue::new(0_usize);
        let draft = format!("critique-{id}");
        move |event| {
            let (Some(words), Some(author)) = (words.get_untracked(), author.clone()) else { return };
            event.prevent_default();
            let body = words.value();
            whole.set(None);
            if body.trim().is_empty() {
                return field.set(Some("Please enter your critique.".into()));
            }
            field.set(None);
            sent.update_value(|n| *n -= 1);
            let pending = pending(CritiqueId(sent.get_value()), id, author, &body);
            let stand_in = pending.id;
            critiques.update(|list| list.push(pending));
            words.set_value("");
            let draft = draft.clone();
            let attempt = drafts::attempt(&draft);
            under_way.update_value(|n| *n += 1);
            spawn_local(async move {
                let answer = post_critique(id, body.clone(), Some(attempt)).await;
                let _ = under_way.try_update_value(|n| *n -= 1);
                let _ = critiques.try_update(|list| {
                    list.retain(|critique| critique.id != stand_in);
                    if let Ok(critique) = &answer
                        && !list.iter().any(|known| known.id == critique.id)
                    {
                        list.push(critique.clone());
                    }
                });
                match answer {
                    Ok(_) => {
                        drafts::put(&draft, &words.value());
                        // What else is under way may have to be sent again by the same name.
                        if under_way.try_get_value() == Some(0) {
                            drafts::attempted(&draft);
                        }
                    }
                    Err(failure) => {
                        if words.value().trim().is_empty() {
                            words.set_value(&body);
                        }
                        drafts::put(&draft, &words.value());
                        let _ = words.focus();
                        explain(&failure.0, whole, field);
                        let _ = signed_out.try_set(failure.0.kind == Kind::Unauthenticated);
                    }
                }
            });
        }
    }

    fn pending(id: CritiqueId, artwork_id: ArtworkId, author: Person, body: &str) -> Critique {
        Critique {
            id,
            artwork_id,
            author,
            body: body.to_owned(),
            body_html: String::new(),
            helpful_count: 0,
            helpful: false,
            editable: false,
            created_at: Timestamp(String::new()),
            edited_at: None,
        }
    }

    fn explain(error: &AppError, whole: RwSignal<Option<String>>, field: RwSignal<Option<String>>) {
        match error.of("body") {
            Some(message) => drop(field.try_set(Some(message.to_owned()))),
            None if error.kind == Kind::Unauthenticated => {
                drop(whole.try_set(Some("You are signed out. Your words are kept.".into())));
            }
            None => drop(whole.try_set(Some(error.message.clone()))),
        }
    }
}

#[cfg(feature = "hydrate")]
mod fresh {
    use leptos::{prelude::*, task::spawn_local};
    use leptos_router::hooks::use_location;
    use shared::{ArtworkId, dto::Critique};

    use crate::{actions::show_artwork, bell};

    /// Fetches the critiques anew when the bell brings news of this work, or the address names one that isn't here.
    pub fn follow(id: ArtworkId, critiques: RwSignal<Vec<Critique>>) {
        let Some(bell) = bell::current() else { return };
        let hash = use_location().hash;
        let news = Memo::new(move |_| bell.last_of(id));
        Effect::new(move |before: Option<(Option<u64>, String)>| {
            let now = (news.get(), hash.get());
            if before.is_some_and(|before| before != now) {
                spawn_local(async move {
                    if let Ok(artwork) = show_artwork(id).await {
                        let _ = critiques.try_set(artwork.critiques);
                        focus();
                    }
                });
            }
            now
        });
    }

    /// Brings the critique that the address names into view and focus.
    pub fn focus_the_item_named() {
        Effect::new(|_| {
            request_animation_frame(focus);
        });
    }

    fn focus() {
        let Ok(hash) = window().location().hash() else { return };
        let named = hash.strip_prefix("#critique-").and_then(|_| document().get_element_by_id(&hash[1..]));
        if let Some(item) = named {
            use wasm_bindgen::JsCast;
            item.scroll_into_view();
            let _ = item.unchecked_ref::<web_sys::HtmlElement>().focus();
        }
    }
}
