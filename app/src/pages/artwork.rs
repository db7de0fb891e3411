#[cfg(feature = "ssr")]
use std::sync::LazyLock;

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use shared::{
    ArtworkId, CritiqueId,
    bidi::isolate,
    dto::{Artwork, ArtworkView, Person, Picture},
    text::CRITIQUE_MAX,
};

#[cfg(feature = "ssr")]
use super::critique::same_for_all;
use super::critiques::{CritiqueList, Critiques, CritiquesHead};
use crate::{
    Failure,
    actions::show_artwork,
    boot::echo,
    parts::{
        Art, AttemptField, Cancel, FormError, PageTitle, PersonLink, Problem, SignInAgain, TextArea, WIDE_HEIGHT, Wanted, When,
        shape,
    },
};
#[cfg(feature = "ssr")]
use crate::{
    boot,
    parts::{About, ForAll, Rendered},
};

/// `/artworks/{id}`: a work and its critiques.
#[component]
pub fn ArtworkPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let of = |name| query.get(name).unwrap_or_default();
        (super::param::<ArtworkId>("id"), of("sort"), of("before"), of("critique").parse().ok().or_else(named))
    });
    let artwork = Resource::new(
        move || asked.get(),
        |(id, sort, before, critique)| async move {
            match id {
                Some(id) => show_artwork(id, sort, before, critique).await.map(Some),
                None => Ok(None),
            }
        },
    );
    view! {
        <Suspense fallback=|| view! { <div class="artwork"><span class="art skeleton tall"></span></div> }>
            {move || Suspend::new(async move {
                match artwork.await {
                    Ok(Some(view)) => view! { <Work view/> }.into_any(),
                    Ok(None) => super::not_found("artwork").into_any(),
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// The critique that the address names by its fragment, which only the browser sees.
fn named() -> Option<CritiqueId> {
    let hash = use_location().hash.get_untracked();
    hash.trim_start_matches('#').strip_prefix("critique-")?.parse().ok()
}

fn page_title(title: &str, artist: &Person) -> String {
    format!("{} · ArtCritique", pictured(title, artist))
}

#[component]
fn Work(view: ArtworkView) -> impl IntoView {
    let Artwork { title, artist, .. } = &view.artwork;
    #[cfg(feature = "ssr")]
    provide_context(About {
        description: domain::markdown::excerpt(&view.artwork.description),
        picture: Some((view.artwork.picture.clone(), pictured(title, artist))),
    });
    view! {
        <PageTitle text=page_title(title, artist)/>
        {shown(view)}
    }
}

/// What the picture is, as plain text.
fn pictured(title: &str, artist: &Person) -> String {
    format!("{} by {}", isolate(title), isolate(&artist.display_name))
}

fn shown(view: ArtworkView) -> AnyView {
    #[cfg(feature = "ssr")]
    {
        static RENDERED: LazyLock<Rendered<ForAll<ArtworkView>>> = LazyLock::new(Rendered::default);
        let boot = boot::current();
        if view.artwork.critiques.iter().all(|critique| same_for_all(critique, boot.viewer.as_ref())) {
            return RENDERED.for_all(view, whole);
        }
    }
    whole(view).into_any()
}

/// All of it: the picture, the artist's words, where to write a critique, and those that are there.
fn whole(view: ArtworkView) -> impl IntoView {
    let critiques = Critiques::new(&view);
    let ArtworkView { artwork, sort, .. } = view;
    let Artwork { id, title, artist, picture, created_at, description_html, editable, .. } = artwork;
    let alt = pictured(&title, &artist);
    let (title, description_html) = (RwSignal::new(title), RwSignal::new(description_html));
    #[cfg(feature = "hydrate")]
    reworded::follow(critiques, title, description_html, artist.clone());
    view! {
        <div class="artwork">
            <Shown picture alt/>
            <div class="about">
                <h1 dir="auto">{title}</h1>
                <p class="by">"by "<PersonLink person=artist/>" · "<When at=created_at/></p>
                <div class="prose" inner_html=move || description_html.get()></div>
                {editable.then(|| view! { <OwnWork id/> })}
            </div>
            <section class="critiques" id="critiques" aria-labelledby="critiques-title">
                <CritiquesHead critiques sort/>
                <CritiqueForm id critiques own=editable/>
                <CritiqueList critiques sort/>
            </section>
        </div>
    }
}

/// The picture, leading to the whole of it.
#[component]
fn Shown(picture: Picture, alt: String) -> impl IntoView {
    let sizes = match shape(&picture) {
        " tall" => "(min-width: 52rem) 50rem, 96vw".to_owned(),
        " wide" => format!("{}rem", WIDE_HEIGHT * picture.width / picture.height.max(1)),
        _ => "(min-width: 100rem) 90rem, 96vw".to_owned(),
    };
    let whole = picture.whole().map(|whole| (whole.url.clone(), format!("{} × {} pixels", whole.width, whole.height)));
    let (url, size) = whole.unwrap_or_default();
    let title = format!("See all of it, {size}");
    view! {
        <figure>
            <a class="whole" href=url rel="external" title=title>
                <Art picture alt sizes wanted=Wanted::First/>
                <span class="visually-hidden">" – see all of it, "{size}</span>
            </a>
        </figure>
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
fn CritiqueForm(id: ArtworkId, critiques: Critiques, own: bool) -> impl IntoView {
    let viewer = crate::boot::current().viewer.clone();
    let action = "/actions/post_critique";
    let echo = echo(action);
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
    let (words, again) = (NodeRef::new(), echo.clone());
    #[cfg(feature = "hydrate")]
    let submit = send::submit(words, id, critiques, (whole, field));
    #[cfg(not(feature = "hydrate"))]
    let submit = move |_: leptos::ev::SubmitEvent| _ = critiques;
    view! {
        <form method="post" action=format!("{action}#write") class="stack write" id="write" on:submit=submit>
            <input type="hidden" name="artwork_id" value=id.to_string()/>
            <AttemptField echo/>
            <TextArea
                name="body" label="Your critique" limit=CRITIQUE_MAX rows=6 required=true value=typed error=field node_ref=words
                draft=format!("critique-{id}")
                hint=if own { "Note what you were after, or what you would change now." } else { "What works, what doesn't yet, and what to try. Markdown is fine." }
            />
            <FormError message=whole/>
            <SignInAgain echo=again/>
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
    use wasm_bindgen::JsCast;
    use web_sys::HtmlElement;

    use crate::{
        actions::post_critique,
        bell, boot,
        pages::{
            critiques::{Critiques, Entry},
            critiques_browser::acting,
            drafts,
        },
    };

    /// Posts without leaving the page: the critique stands there at once, and is taken back with its words in the field
    /// if the server refuses.
    pub fn submit(
        words: NodeRef<html::Textarea>,
        id: ArtworkId,
        critiques: Critiques,
        (whole, field): (RwSignal<Option<String>>, RwSignal<Option<String>>),
    ) -> impl Fn(SubmitEvent) + Clone + 'static {
        let author =
            boot::current().viewer.clone().map(|viewer| Person { handle: viewer.handle, display_name: viewer.display_name });
        let sent = StoredValue::new(0_i64);
        let under_way = StoredValue::new(0_usize);
        let draft = format!("critique-{id}");
        let bell = bell::current();
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
            critiques.list.update(|list| list.insert(0, Entry::new(pending)));
            critiques.count.update(|count| *count += 1);
            acting(critiques, true);
            words.set_value("");
            let draft = draft.clone();
            let attempt = drafts::attempt(&draft);
            under_way.update_value(|n| *n += 1);
            spawn_local(async move {
                let answer = post_critique(id, body.clone(), Some(attempt)).await;
                let _ = under_way.try_update_value(|n| *n -= 1);
                let _ = critiques.list.try_update(|list| list.retain(|entry| entry.id != stand_in));
                match &answer {
                    Ok(critique) => critiques.put(critique.clone()),
                    Err(_) => drop(critiques.count.try_update(|count| *count -= 1)),
                }
                acting(critiques, false);
                match answer {
                    Ok(critique) => {
                        if let Some(bell) = bell {
                            bell.say("Your critique is posted.");
                        }
                        // Whoever types on meanwhile is not interrupted.
                        if words.value().is_empty() {
                            focus(critique.id);
                        }
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
                        match bell {
                            Some(bell) if failure.0.kind == Kind::Unauthenticated => bell.session_ended(),
                            _ => explain(&failure.0, whole, field),
                        }
                    }
                }
            });
        }
    }

    /// Moves the focus to the critique that was posted, once it stands there.
    fn focus(id: CritiqueId) {
        request_animation_frame(move || {
            let article = document().get_element_by_id(&format!("critique-{id}"));
            if let Some(article) = article.and_then(|article| article.dyn_into::<HtmlElement>().ok()) {
                let _ = article.focus();
            }
        });
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
            version: 0,
        }
    }

    fn explain(error: &AppError, whole: RwSignal<Option<String>>, field: RwSignal<Option<String>>) {
        match error.of("body") {
            Some(message) => drop(field.try_set(Some(message.to_owned()))),
            None => drop(whole.try_set(Some(error.message.clone()))),
        }
    }
}

#[cfg(feature = "hydrate")]
mod reworded {
    use gloo_net::http::Request;
    use leptos::{prelude::*, task::spawn_local};
    use shared::dto::{Artwork, Person};

    use super::page_title;
    use crate::{bell, pages::critiques::Critiques, parts::PageName};

    /// Shows the work's words anew when they were edited.
    pub fn follow(critiques: Critiques, title: RwSignal<String>, description: RwSignal<String>, artist: Person) {
        let name = use_context::<PageName>();
        let unread = bell::current().map(|bell| Signal::derive(move || bell.unread()));
        Effect::new(move |before: Option<i64>| {
            let version = critiques.work_version.get();
            if before.is_some_and(|before| before < version) {
                let artist = artist.clone();
                spawn_local(async move {
                    let url = format!("/api/artworks/{}", critiques.artwork);
                    let Ok(answer) = Request::get(&url).send().await else { return };
                    let text = answer.text().await.unwrap_or_default();
                    let Ok(Artwork { title: now, description_html, .. }) = serde_json::from_str(&text) else { return };
                    let unread = unread.and_then(|unread| unread.try_get_untracked()).unwrap_or(0);
                    if let Some(name) = name {
                        name.rename(page_title(&now, &artist), unread);
                    }
                    let _ = title.try_set(now);
                    let _ = description.try_set(description_html);
                });
            }
            version
        });
    }
}
