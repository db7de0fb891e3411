#[cfg(feature = "ssr")]
use std::sync::LazyLock;

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use shared::dto::Viewer;
use shared::{CritiqueId, bidi::isolate, dto::Critique, text::CRITIQUE_MAX};

#[cfg(feature = "ssr")]
use crate::{
    boot,
    parts::{ForAll, Rendered},
};
use crate::{
    boot::echo,
    parts::{Cancel, FormError, PersonLink, TextArea, When},
};

/// One critique. A negative id stands for one that is still on its way.
#[component]
pub fn CritiqueArticle(critique: Critique, critiques: RwSignal<Vec<Critique>>) -> impl IntoView {
    #[cfg(feature = "ssr")]
    if same_for_all(&critique, boot::current().viewer.as_ref()) {
        static RENDERED: LazyLock<Rendered<ForAll<Critique>>> = LazyLock::new(Rendered::default);
        return RENDERED.for_all(critique, |critique| article(critique, critiques));
    }
    article(critique, critiques).into_any()
}

/// Whether somebody else, if signed in or out like the viewer, would see the same: no forms of its author's.
#[cfg(feature = "ssr")]
pub fn same_for_all(critique: &Critique, viewer: Option<&Viewer>) -> bool {
    !critique.editable && viewer.is_none_or(|viewer| viewer.handle != critique.author.handle)
}

/// The id of its author's name, which says whose critique a button is about.
fn author(id: CritiqueId) -> String {
    format!("critique-{id}-author")
}

/// The id of its author's name with the moment, which says which of several.
fn by(id: CritiqueId) -> String {
    format!("critique-{id}-by")
}

fn article(critique: Critique, critiques: RwSignal<Vec<Critique>>) -> impl IntoView {
    let pending = critique.id.0 < 0;
    let body = if pending {
        view! { <div class="prose plain">{critique.body.clone()}</div> }.into_any()
    } else {
        view! { <div class="prose" inner_html=critique.body_html.clone()></div> }.into_any()
    };
    view! {
        <article
            id=format!("critique-{}", critique.id) tabindex="-1" aria-label=format!("Critique by {}", isolate(&critique.author.display_name))
            class="critique" class:pending=pending
        >
            <div class="by" id=by(critique.id)>
                <h3 id=author(critique.id)><PersonLink person=critique.author.clone()/></h3>
                {if pending {
                    view! { <span>"sending…"</span> }.into_any()
                } else {
                    view! { <When at=critique.created_at.clone()/> }.into_any()
                }}
                {critique.edited_at.clone().map(|at| view! { <span>"edited "<When at/></span> })}
            </div>
            {body}
            {(!pending).then(|| view! {
                <div class="critique-foot">
                    <Helpful critique=critique.clone()/>
                    {critique.editable.then(|| view! { <Own critique=critique.clone() critiques/> })}
                </div>
            })}
        </article>
    }
}

/// The toggle with its count. A plain form for those without JavaScript; optimistic for the rest.
#[component]
fn Helpful(critique: Critique) -> impl IntoView {
    let boot = crate::boot::current();
    let own = boot.viewer.as_ref().is_some_and(|viewer| viewer.handle == critique.author.handle);
    let count = RwSignal::new(critique.helpful_count);
    let pressed = RwSignal::new(critique.helpful);
    let action = "/actions/set_helpful";
    let refused = echo(action).filter(|echo| echo.value("id") == Some(critique.id.to_string())).map(|echo| echo.error.message);
    let message = RwSignal::new(refused);
    let label =
        move || if count.get() == 1 { "1 found this helpful".to_owned() } else { format!("{} found this helpful", count.get()) };
    #[cfg(feature = "hydrate")]
    let submit = toggle::submit(&critique, pressed, count, message);
    #[cfg(not(feature = "hydrate"))]
    let submit = |_: leptos::ev::SubmitEvent| {};
    let counted = view! { <span class="count" title=label><span aria-hidden="true">{count}</span><span class="visually-hidden">{label}</span></span> };
    if own {
        return (critique.helpful_count > 0).then(|| view! { <p class="helpful own-helpful">{label}</p> }).into_any();
    }
    if boot.viewer.is_none() {
        let login = format!("/login?next=/artworks/{}%23critique-{}", critique.artwork_id, critique.id);
        return view! { <p class="helpful"><a class="quiet small button" href=login rel="external" aria-describedby=author(critique.id)>"Helpful"</a>{counted}</p> }
            .into_any();
    }
    view! {
        <form method="post" action=format!("{action}#critique-{}", critique.id) class="helpful" on:submit=submit>
            <input type="hidden" name="id" value=critique.id.to_string()/>
            <input type="hidden" name="artwork_id" value=critique.artwork_id.to_string()/>
            <input type="hidden" name="helpful" value=move || (!pressed.get()).to_string()/>
            <button type="submit" class="toggle" aria-pressed=move || pressed.get().to_string() aria-describedby=author(critique.id)>"Helpful"</button>
            {counted}
            <FormError message/>
        </form>
    }
    .into_any()
}

/// What an author can do with their own critique.
#[component]
fn Own(critique: Critique, critiques: RwSignal<Vec<Critique>>) -> impl IntoView {
    let (edit, delete) = ("/actions/edit_critique", "/actions/delete_critique");
    let echo = echo(edit).filter(|echo| echo.value("id") == Some(critique.id.to_string()));
    let open = echo.is_some();
    let of_field = echo.as_ref().and_then(|echo| echo.error.of("body").map(str::to_owned));
    let whole = echo.as_ref().filter(|echo| echo.error.fields.is_empty()).map(|echo| echo.error.message.clone());
    let (message, refused) = (RwSignal::new(whole), RwSignal::new(of_field));
    let words = echo.and_then(|echo| echo.value("body")).unwrap_or_else(|| critique.body.clone());
    let field = NodeRef::new();
    let page = format!("/artworks/{}", critique.artwork_id);
    #[cfg(feature = "hydrate")]
    let (save, remove) = (own::save(field, critique.id, critiques, message), own::remove(critique.id, critiques));
    #[cfg(not(feature = "hydrate"))]
    let (save, remove) = (move |_: leptos::ev::SubmitEvent| _ = critiques, |_: leptos::ev::SubmitEvent| {});
    view! {
        <details class="edit" open=open>
            <summary class="quiet" aria-describedby=by(critique.id)>"Edit"</summary>
            <form method="post" action=format!("{edit}#critique-{}", critique.id) class="stack" on:submit=save>
                <input type="hidden" name="id" value=critique.id.to_string()/>
                <input type="hidden" name="artwork_id" value=critique.artwork_id.to_string()/>
                <TextArea name="body" label="Your words" scope=format!("-{}", critique.id) maxlength=CRITIQUE_MAX required=true value=words error=refused node_ref=field/>
                <FormError message/>
                <p class="actions"><button type="submit">"Save"</button><Cancel page=page.clone()/></p>
            </form>
        </details>
        <details class="confirm">
            <summary class="quiet" aria-describedby=by(critique.id)>"Delete"</summary>
            <form method="post" action=delete on:submit=remove>
                <input type="hidden" name="id" value=critique.id.to_string()/>
                <input type="hidden" name="artwork_id" value=critique.artwork_id.to_string()/>
                <p>"Delete this critique?"</p>
                <p class="actions"><button type="submit" class="danger">"Delete for good"</button><Cancel page/></p>
            </form>
        </details>
    }
}

#[cfg(feature = "hydrate")]
mod toggle {
    use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
    use shared::dto::Critique;

    use crate::actions::set_helpful;

    /// Flips at once; the server's count follows, or all goes back with a message. Quick clicks end in what was clicked last.
    pub fn submit(
        critique: &Critique,
        pressed: RwSignal<bool>,
        count: RwSignal<i64>,
        message: RwSignal<Option<String>>,
    ) -> impl Fn(SubmitEvent) + Clone + 'static {
        let (id, artwork_id) = (critique.id, critique.artwork_id);
        let confirmed = StoredValue::new((critique.helpful, critique.helpful_count));
        let busy = StoredValue::new(false);
        move |event: SubmitEvent| {
            event.prevent_default();
            let wanted = !pressed.get_untracked();
            message.set(None);
            pressed.set(wanted);
            count.update(|count| *count += if wanted { 1 } else { -1 });
            if busy.get_value() {
                return;
            }
            busy.set_value(true);
            spawn_local(async move {
                while let Some(wanted) =
                    pressed.try_get_untracked().filter(|wanted| *wanted != confirmed.try_get_value().map_or(*wanted, |c| c.0))
                {
                    match set_helpful(id, artwork_id, wanted).await {
                        Ok(now) => {
                            let _ = confirmed.try_set_value((wanted, now));
                            if pressed.try_get_untracked() == Some(wanted) {
                                let _ = count.try_set(now);
                            }
                        }
                        Err(failure) => {
                            if let Some((was, counted)) = confirmed.try_get_value() {
                                let _ = pressed.try_set(was);
                                let _ = count.try_set(counted);
                            }
                            let _ = message.try_set(Some(failure.0.message));
                        }
                    }
                }
                let _ = busy.try_set_value(false);
            });
        }
    }
}

#[cfg(feature = "hydrate")]
mod own {
    use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
    use shared::{CritiqueId, dto::Critique};
    use wasm_bindgen::JsCast;
    use web_sys::HtmlElement;

    use crate::actions::{delete_critique, edit_critique};

    /// Saves without leaving the page; a refusal leaves the words in the field, with a message.
    pub fn save(
        field: NodeRef<html::Textarea>,
        id: CritiqueId,
        critiques: RwSignal<Vec<Critique>>,
        message: RwSignal<Option<String>>,
    ) -> impl Fn(SubmitEvent) + Clone + 'static {
        move |event| {
            let Some(field) = field.get_untracked() else { return };
            event.prevent_default();
            let body = field.value();
            spawn_local(async move {
                match edit_critique(id, body).await {
                    Ok(edited) => {
                        let _ =
                            critiques.try_update(|list| list.iter_mut().filter(|c| c.id == id).for_each(|c| *c = edited.clone()));
                        focus(format!("critique-{id}"));
                    }
                    Err(failure) => {
                        let error = failure.0;
                        let _ = message.try_set(Some(error.of("body").map_or(error.message.clone(), str::to_owned)));
                    }
                }
            });
        }
    }

    /// Takes the critique off the page at once, and puts it back with a message if the server refuses.
    pub fn remove(id: CritiqueId, critiques: RwSignal<Vec<Critique>>) -> impl Fn(SubmitEvent) + Clone + 'static {
        move |event| {
            event.prevent_default();
            let taken = critiques.with_untracked(|list| list.iter().find(|critique| critique.id == id).cloned());
            critiques.update(|list| list.retain(|critique| critique.id != id));
            focus("critiques-title".to_owned());
            let Some(taken) = taken else { return };
            spawn_local(async move {
                if let Err(failure) = delete_critique(id).await {
                    let _ = critiques.try_update(|list| {
                        let place = list.partition_point(|critique| (0..id.0).contains(&critique.id.0));
                        list.insert(place, taken);
                    });
                    let _ = window().alert_with_message(&failure.0.message);
                }
            });
        }
    }

    /// Moves the focus to an element of the page as it will be shown next, since the one that had it is gone.
    fn focus(id: String) {
        request_animation_frame(move || {
            let element = document().get_element_by_id(&id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
            element.map(|element| element.focus());
        });
    }
}
