#[cfg(feature = "ssr")]
use std::sync::LazyLock;

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use shared::dto::Viewer;
use shared::{CritiqueId, Kind, bidi::isolate, dto::Critique, paths, text::CRITIQUE_MAX};
use words::{SLOT, around};

#[cfg(feature = "ssr")]
use crate::boot;
#[cfg(feature = "hydrate")]
use crate::critique::article_browser::{own, toggle};
#[cfg(feature = "ssr")]
use crate::ui::{ForAll, Rendered};
use crate::{
    boot::rejected_form,
    critique::state::{Critiques, Entry},
    i18n::{count as whole_number, locale},
    ui::{Cancel, Elsewhere, Erase, FormError, PersonLink, TextArea, When},
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
    let l = locale();
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
                id=paths::critique_element(id) tabindex="-1" aria-label=l.critique_by(&isolate(&author.display_name))
                class="critique" class:pending=pending
            >
                <div class="by" id=by(id)>
                    <h3 id=author_of(id)><PersonLink person=author.clone()/></h3>
                    {if pending {
                        view! { <span>{l.critique_sending()}</span> }.erase()
                    } else {
                        view! { <When at=created_at.clone()/> }.erase()
                    }}
                    {move || edited.read().edited_at.clone().map(|at| {
                        let text = l.critique_edited(SLOT);
                        let (before, after) = around(&text);
                        view! { <span>{before.to_owned()}<When at/>{after.to_owned()}</span> }.erase()
                    })}
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
            view! { <p class="critique gone">{l.critique_gone()}</p> }.erase()
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
    let action = paths::actions::SET_HELPFUL;
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
    let l = locale();
    let label = move || l.helpful_count(whole_number(count()));
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
        let login = paths::with_next(paths::LOGIN, &paths::critique(artwork_id, id, true));
        return view! { <p class="helpful"><a class="quiet small button" href=login rel="external" aria-describedby=author_of(id)>{l.helpful()}</a>{counted}</p> }.erase();
    }
    view! {
        <form method="post" action=paths::actions::at_critique(action, id) class="helpful" on:submit=submit>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="artwork_id" value=artwork_id.to_string()/>
            <input type="hidden" name="helpful" value=move || (!pressed()).to_string()/>
            <button type="submit" class="toggle" aria-pressed=move || pressed().to_string() aria-describedby=author_of(id)>{l.helpful()}</button>
            {counted}
            <FormError message/>
        </form>
    }.erase()
}

/// The author's actions on their own critique.
#[component]
fn Own(now: ArcRwSignal<Critique>, critiques: Critiques) -> impl IntoView {
    let (edit, delete) = (
        paths::actions::EDIT_CRITIQUE,
        paths::actions::DELETE_CRITIQUE,
    );
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
    let page = paths::artwork(artwork_id);
    let l = locale();
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
            <summary class="quiet" aria-describedby=by(id)>{l.edit()}</summary>
            <form method="post" action=paths::actions::at_critique(edit, id) class="stack" on:submit=save on:reset=given_up>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="artwork_id" value=artwork_id.to_string()/>
                <input type="hidden" name="version" value=move || base.get().to_string()/>
                <TextArea name="body" label=l.critique_your_words() scope=format!("-{id}") limit=CRITIQUE_MAX required=true value=words error=refused draft=format!("edit-critique-{id}")/>
                <FormError message/>
                {move || elsewhere.get().map(|text| view! { <Elsewhere><p dir="auto">{text}</p></Elsewhere> }.erase())}
                <p class="actions"><button type="submit">{l.save()}</button><Cancel page=page.clone()/></p>
            </form>
        </details>
        <details class="confirm">
            <summary class="quiet" aria-describedby=by(id)>{l.delete()}</summary>
            <form method="post" action=delete on:submit=remove>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="artwork_id" value=artwork_id.to_string()/>
                <p>{l.critique_delete_question()}</p>
                <p class="actions"><button type="submit" class="danger">{l.delete_for_good()}</button><Cancel page/></p>
            </form>
        </details>
    }.erase()
}
