#[cfg(feature = "ssr")]
use std::sync::LazyLock;

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use shared::dto::Viewer;
use shared::{CritiqueId, Kind, bidi::isolate, dto::Critique, text::CRITIQUE_MAX};

use super::critiques::{Critiques, Entry};

#[cfg(feature = "ssr")]
use crate::{
    boot,
    parts::{ForAll, Rendered},
};
use crate::{
    boot::rejected_form,
    parts::{Cancel, Elsewhere, Erase, FormError, PersonLink, TextArea, When},
};

/// One critique. A negative id marks a critique that is still being sent.
#[component]
pub fn CritiqueArticle(entry: Entry, critiques: Critiques) -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        static RENDERED: LazyLock<Rendered<ForAll<Critique>>> = LazyLock::new(Rendered::default);
        let critique = entry.critique.get_untracked();
        if same_for_all(&critique, boot::current().viewer.as_ref()) {
            return RENDERED.for_all(critique, |_| article(entry, critiques));
        }
    }
    article(entry, critiques).into_any()
}

/// Whether all other viewers with the same sign-in state get the same markup. The author's differs:
/// it has forms.
#[cfg(feature = "ssr")]
pub fn same_for_all(critique: &Critique, viewer: Option<&Viewer>) -> bool {
    !critique.editable && viewer.is_none_or(|viewer| viewer.handle != critique.author.handle)
}

/// The id of the author's name, which describes the critique's buttons.
fn author_of(id: CritiqueId) -> String {
    format!("critique-{id}-author")
}

/// The id of the author's name with the time, which tells apart several critiques by one author.
fn by(id: CritiqueId) -> String {
    format!("critique-{id}-by")
}

fn article(entry: Entry, critiques: Critiques) -> impl IntoView {
    let Entry {
        id,
        critique: now,
        gone,
    } = entry;
    let pending = id.0 < 0;
    let (author, created_at) =
        now.with_untracked(|critique| (critique.author.clone(), critique.created_at.clone()));
    let shown = move || {
        let (body, edited) = (now.clone(), now.clone());
        let body = if pending {
            view! { <div class="prose plain">{body.with_untracked(|critique| critique.body.clone())}</div> }.erase()
        } else {
            view! { <div class="prose" inner_html=move || body.read().body_html.clone()></div> }
                .erase()
        };
        view! {
            <article
                id=format!("critique-{id}") tabindex="-1" aria-label=format!("Critique by {}", isolate(&author.display_name))
                class="critique" class:pending=pending
            >
                <div class="by" id=by(id)>
                    <h3 id=author_of(id)><PersonLink person=author.clone()/></h3>
                    {if pending {
                        view! { <span>"sending…"</span> }.erase()
                    } else {
                        view! { <When at=created_at.clone()/> }.erase()
                    }}
                    {move || edited.read().edited_at.clone().map(|at| view! { <span>"edited "<When at/></span> }.erase())}
                </div>
                {body}
                {(!pending).then(|| view! {
                    <div class="critique-foot">
                        <Helpful now=now.clone() critiques/>
                        {now.with_untracked(|critique| critique.editable).then(|| view! { <Own now=now.clone() critiques/> }.erase())}
                    </div>
                }.erase())}
            </article>
        }.erase()
    };
    move || {
        if gone.get() {
            view! { <p class="critique gone">"A critique that stood here was deleted."</p> }.erase()
        } else {
            shown().into_any()
        }
    }
}

/// The helpful button with its count. A plain form without JavaScript; optimistic with it.
#[component]
fn Helpful(now: ArcRwSignal<Critique>, critiques: Critiques) -> impl IntoView {
    let boot = crate::boot::current();
    let Critique {
        id,
        artwork_id,
        author,
        ..
    } = now.get_untracked();
    // The requested state, until the server confirms it.
    let wanted = RwSignal::new(None::<bool>);
    let action = "/actions/set_helpful";
    let refused = rejected_form(action)
        .filter(|rejected| rejected.value("id") == Some(id.to_string()))
        .map(|rejected| rejected.error.message);
    let message = RwSignal::new(refused);
    #[cfg(feature = "hydrate")]
    let submit = toggle::submit(now.clone(), wanted, message, critiques);
    #[cfg(not(feature = "hydrate"))]
    let submit = move |_: leptos::ev::SubmitEvent| _ = critiques;
    // Whether the button is pressed, and the count.
    let shown = Memo::new(move |_| {
        let critique = now.read();
        let pressed = wanted.get().unwrap_or(critique.helpful);
        (
            pressed,
            critique.helpful_count + i64::from(pressed) - i64::from(critique.helpful),
        )
    });
    let (pressed, count) = (move || shown.get().0, move || shown.get().1);
    let label = move || {
        if count() == 1 {
            "1 found this helpful".to_owned()
        } else {
            format!("{} found this helpful", count())
        }
    };
    let counted = view! { <span class="count" title=label><span aria-hidden="true" inner_html=move || count().to_string()></span><span class="visually-hidden" inner_html=label></span></span> }.erase();
    if boot
        .viewer
        .as_ref()
        .is_some_and(|viewer| viewer.handle == author.handle)
    {
        return view! { {move || (count() > 0).then(|| view! { <p class="helpful own-helpful">{label}</p> }.erase())} }
            .into_any();
    }
    if boot.viewer.is_none() {
        let login = format!("/login?next=/artworks/{artwork_id}%3Fcritique={id}%23critique-{id}");
        return view! { <p class="helpful"><a class="quiet small button" href=login rel="external" aria-describedby=author_of(id)>"Helpful"</a>{counted}</p> }.erase();
    }
    view! {
        <form method="post" action=format!("{action}#critique-{id}") class="helpful" on:submit=submit>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="artwork_id" value=artwork_id.to_string()/>
            <input type="hidden" name="helpful" value=move || (!pressed()).to_string()/>
            <button type="submit" class="toggle" aria-pressed=move || pressed().to_string() aria-describedby=author_of(id)>"Helpful"</button>
            {counted}
            <FormError message/>
        </form>
    }.erase()
}

/// The author's actions on their own critique.
#[component]
fn Own(now: ArcRwSignal<Critique>, critiques: Critiques) -> impl IntoView {
    let (edit, delete) = ("/actions/edit_critique", "/actions/delete_critique");
    let Critique {
        id,
        artwork_id,
        body,
        version,
        ..
    } = now.get_untracked();
    let rejected =
        rejected_form(edit).filter(|rejected| rejected.value("id") == Some(id.to_string()));
    let open = rejected.is_some();
    let of_field = rejected
        .as_ref()
        .and_then(|rejected| rejected.error.of("body").map(str::to_owned));
    let whole = rejected
        .as_ref()
        .filter(|rejected| rejected.error.fields.is_empty())
        .map(|rejected| rejected.error.message.clone());
    let (message, refused) = (RwSignal::new(whole), RwSignal::new(of_field));
    // On a conflict, the text saved elsewhere, shown beside the submitted text. Saving again then
    // overwrites it.
    let conflict = rejected
        .as_ref()
        .is_some_and(|rejected| rejected.error.kind == Kind::Conflict);
    let elsewhere = RwSignal::new(conflict.then(|| body.clone()));
    // The version that the edit is based on; a rejected form brings its own.
    let base = rejected
        .as_ref()
        .filter(|_| !conflict)
        .and_then(|rejected| rejected.value("version")?.parse().ok())
        .unwrap_or(version);
    let base = RwSignal::new(base);
    let words = rejected
        .and_then(|rejected| rejected.value("body"))
        .unwrap_or(body);
    let page = format!("/artworks/{artwork_id}");
    let given_up = {
        let now = now.clone();
        move |_: leptos::ev::Event| {
            base.set(now.with_untracked(|critique| critique.version));
            elsewhere.set(None);
            message.set(None);
        }
    };
    #[cfg(feature = "hydrate")]
    let (save, remove) = {
        own::follow(&now, base);
        (
            own::save(now, (message, base, elsewhere), critiques),
            own::remove(id, critiques),
        )
    };
    #[cfg(not(feature = "hydrate"))]
    let (save, remove) = (
        move |_: leptos::ev::SubmitEvent| _ = critiques,
        |_: leptos::ev::SubmitEvent| {},
    );
    view! {
        <details class="edit" open=open>
            <summary class="quiet" aria-describedby=by(id)>"Edit"</summary>
            <form method="post" action=format!("{edit}#critique-{id}") class="stack" on:submit=save on:reset=given_up>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="artwork_id" value=artwork_id.to_string()/>
                <input type="hidden" name="version" value=move || base.get().to_string()/>
                <TextArea name="body" label="Your words" scope=format!("-{id}") limit=CRITIQUE_MAX required=true value=words error=refused draft=format!("edit-critique-{id}")/>
                <FormError message/>
                {move || elsewhere.get().map(|text| view! { <Elsewhere><p dir="auto">{text}</p></Elsewhere> }.erase())}
                <p class="actions"><button type="submit">"Save"</button><Cancel page=page.clone()/></p>
            </form>
        </details>
        <details class="confirm">
            <summary class="quiet" aria-describedby=by(id)>"Delete"</summary>
            <form method="post" action=delete on:submit=remove>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="artwork_id" value=artwork_id.to_string()/>
                <p>"Delete this critique?"</p>
                <p class="actions"><button type="submit" class="danger">"Delete for good"</button><Cancel page/></p>
            </form>
        </details>
    }.erase()
}

#[cfg(feature = "hydrate")]
mod toggle {
    use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
    use shared::dto::Critique;

    use super::{super::critiques_browser::acting, Critiques};
    use crate::actions::set_helpful;

    /// Toggles immediately, then takes the server's count; on failure reverts and shows a message.
    /// After several quick clicks the last one wins.
    pub fn submit(
        now: ArcRwSignal<Critique>,
        wanted: RwSignal<Option<bool>>,
        message: RwSignal<Option<String>>,
        critiques: Critiques,
    ) -> impl Fn(SubmitEvent) + Clone + 'static {
        let (id, artwork_id) = now.with_untracked(|critique| (critique.id, critique.artwork_id));
        move |event: SubmitEvent| {
            event.prevent_default();
            message.set(None);
            let confirmed = now.with_untracked(|critique| critique.helpful);
            let in_flight = wanted.get_untracked();
            wanted.set(Some(!in_flight.unwrap_or(confirmed)));
            if in_flight.is_some() {
                return;
            }
            let now = now.clone();
            acting(critiques, true);
            spawn_local(async move {
                while let Some(wish) = wanted.try_get_untracked().flatten() {
                    if wish == now.with_untracked(|critique| critique.helpful) {
                        break;
                    }
                    match set_helpful(id, artwork_id, wish).await {
                        Ok(count) => now.update(|critique| {
                            (critique.helpful, critique.helpful_count) = (wish, count);
                        }),
                        Err(failure) => {
                            let _ = message.try_set(Some(failure.0.message));
                            break;
                        }
                    }
                }
                let _ = wanted.try_set(None);
                acting(critiques, false);
            });
        }
    }
}

#[cfg(feature = "hydrate")]
mod own {
    use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
    use shared::{CritiqueId, Current, Kind, dto::Critique};
    use web_sys::HtmlTextAreaElement;

    use super::{super::critiques_browser::acting, Critiques};
    use crate::{
        actions::{delete_critique, edit_critique},
        bell,
        dom::{by_id, focus_soon},
        pages::drafts,
    };

    /// The editor's text field.
    fn field(id: CritiqueId) -> Option<HtmlTextAreaElement> {
        by_id(&format!("body-{id}"))
    }

    /// Puts text edited in another tab or device into the field. Unsaved text stays, with the
    /// version it is based on.
    pub fn follow(now: &ArcRwSignal<Critique>, base: RwSignal<i64>) {
        let (now, id) = (now.clone(), now.with_untracked(|critique| critique.id));
        Effect::new(move |before: Option<String>| {
            let (body, version) = (now.read().body.clone(), now.read().version);
            if let (Some(before), Some(field)) = (before, field(id)) {
                let untouched = field.value() == before;
                // The value that the field resets to on cancel.
                let _ = field.set_default_value(&body);
                if untouched {
                    field.set_value(&body);
                    base.set(version);
                }
            }
            body
        });
    }

    /// Saves without leaving the page. On failure the text stays in the field, with a message.
    pub fn save(
        now: ArcRwSignal<Critique>,
        (message, base, elsewhere): (
            RwSignal<Option<String>>,
            RwSignal<i64>,
            RwSignal<Option<String>>,
        ),
        critiques: Critiques,
    ) -> impl Fn(SubmitEvent) + Clone + 'static {
        let id = now.with_untracked(|critique| critique.id);
        let bell = bell::current();
        move |event| {
            let Some(field) = field(id) else { return };
            event.prevent_default();
            let (body, now) = (field.value(), now.clone());
            acting(critiques, true);
            spawn_local(async move {
                let (said, theirs) = match edit_critique(id, body, base.try_get_untracked()).await {
                    Ok(edited) => {
                        drafts::forget(&format!("edit-critique-{id}"));
                        let _ = base.try_set(edited.version);
                        let _ = field.set_default_value(&edited.body);
                        field.set_value(&edited.body);
                        now.set(edited);
                        if let Some(editor) = field.closest("details").ok().flatten() {
                            let _ = editor.remove_attribute("open");
                        }
                        focus_soon(format!("critique-{id}"));
                        (None, None)
                    }
                    Err(failure) => {
                        let error = failure.0;
                        if let Some(bell) = bell.filter(|_| error.kind == Kind::Unauthenticated) {
                            acting(critiques, false);
                            return bell.session_ended();
                        }
                        let said = error
                            .of("body")
                            .map_or(error.message.clone(), str::to_owned);
                        let theirs = match error.current.map(|current| *current) {
                            Some(Current::Critique(current)) => {
                                let _ = base.try_set(current.version);
                                let theirs = current.body.clone();
                                now.set(current);
                                Some(theirs)
                            }
                            _ => None,
                        };
                        (Some(said), theirs)
                    }
                };
                let _ = message.try_set(said);
                let _ = elsewhere.try_set(theirs);
                acting(critiques, false);
            });
        }
    }

    /// Removes the critique from the page immediately; if the server refuses, restores it with a
    /// message.
    pub fn remove(id: CritiqueId, critiques: Critiques) -> impl Fn(SubmitEvent) + Clone + 'static {
        let bell = bell::current();
        move |event| {
            event.prevent_default();
            let taken = critiques.list.try_update(|list| {
                let place = list.iter().position(|entry| entry.id == id)?;
                Some((place, list.remove(place)))
            });
            critiques.count.update(|count| *count -= 1);
            focus_soon("critiques-title".to_owned());
            let Some((place, taken)) = taken.flatten() else {
                return;
            };
            acting(critiques, true);
            spawn_local(async move {
                if let Err(failure) = delete_critique(id, Some(critiques.artwork)).await {
                    let _ = critiques.count.try_update(|count| *count += 1);
                    let _ = critiques
                        .list
                        .try_update(|list| list.insert(place.min(list.len()), taken));
                    match bell {
                        Some(bell) if failure.0.kind == Kind::Unauthenticated => {
                            bell.session_ended();
                        }
                        _ => drop(window().alert_with_message(&failure.0.message)),
                    }
                }
                acting(critiques, false);
            });
        }
    }
}
