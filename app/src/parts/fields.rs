use leptos::prelude::*;
use shared::Kind;

use super::{Erase, markup};
use crate::boot::RejectedForm;

/// A field for one line, with its label and error. On a refused form the first field at fault has
/// the focus.
#[component]
pub fn TextField(
    /// The field's name in the form, and its id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// The kind of input.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in. Nothing by itself: on the way back it would show one person's
    /// words to the next.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: Option<String>,
    /// A sentence below the label.
    #[prop(optional)]
    hint: &'static str,
    /// Most characters, as the server counts them, where the page should say so before sending.
    /// Nothing is cut.
    #[prop(optional, into)]
    limit: Option<usize>,
    /// Keeps what is typed in the browser under this name until it has been sent.
    #[prop(optional, into)]
    draft: Option<String>,
    /// The refused form, for its text and error.
    #[prop(optional_no_strip)]
    rejected: Option<RejectedForm>,
) -> impl IntoView {
    let error = rejected
        .as_ref()
        .and_then(|rejected| rejected.error.of(name).map(str::to_owned));
    let first = rejected.as_ref().is_some_and(|rejected| {
        rejected
            .error
            .fields
            .first()
            .is_some_and(|error| error.field == name)
    });
    let value = rejected.and_then(|rejected| rejected.value(name)).or(value);
    let (hint_id, count_id, error_id) = (
        format!("{name}-hint"),
        format!("{name}-count"),
        format!("{name}-error"),
    );
    let described = if limit.is_some() {
        format!("{hint_id} {count_id} {error_id}")
    } else {
        format!("{hint_id} {error_id}")
    };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <p class="hint" id=hint_id>{hint}</p>
            <input
                id=name
                name=name
                dir="auto"
                type=kind
                value=value
                autocomplete=autocomplete
                autocapitalize="none"
                autofocus=first
                data-limit=limit
                data-draft=draft
                required=true
                aria-describedby=described
                aria-invalid=error.is_some().then_some("true")
            />
            {limit.map(|_| view! { <p class="counter" id=count_id aria-live="polite"></p> }.erase())}
            <p class="error" id=error_id>{error}</p>
        </div>
    }
    .erase()
}

/// What this sending of a form is called, so that a button pressed twice, or pressed again because
/// the answer was lost, does once what it does.
#[component]
pub fn IdempotencyField(
    /// The refused form, if it is the same attempt that goes on.
    rejected: Option<RejectedForm>,
) -> impl IntoView {
    let goes_on = rejected
        .and_then(|rejected| rejected.value("attempt"))
        .or_else(|| crate::boot::current().attempt.clone());
    let attempt = goes_on.unwrap_or_else(new_attempt);
    view! { <input type="hidden" name="attempt" value=attempt/> }.erase()
}

/// A name for an attempt, different from all others.
pub fn new_attempt() -> String {
    #[cfg(feature = "ssr")]
    return leptos::nonce::Nonce::new().to_string();
    #[cfg(not(feature = "ssr"))]
    return format!("{}-{}", js_sys::Date::now(), js_sys::Math::random());
}

/// Why a whole form was refused, above it. There from the start, so that a screen reader hears it
/// change.
#[component]
pub fn FormError(
    /// The sentence.
    #[prop(into)]
    message: Signal<Option<String>>,
    /// The refused form, if the page is shown again: the sentence has the focus where no field is
    /// at fault.
    #[prop(optional_no_strip)]
    rejected: Option<RejectedForm>,
) -> impl IntoView {
    let first = rejected.is_some_and(|rejected| rejected.error.fields.is_empty());
    view! {
        <p
            class="form-error" role="alert" tabindex=first.then_some("-1") autofocus=first
            inner_html=move || markup(&message.get().unwrap_or_default())
        ></p>
    }
    .erase()
}

/// How somebody whose session ended before they sent a form goes on, without losing the words in
/// it.
#[component]
pub fn SignInAgain(
    /// The refused form.
    rejected: Option<RejectedForm>,
) -> impl IntoView {
    let signed_out = rejected.is_some_and(|rejected| rejected.error.kind == Kind::Unauthenticated);
    signed_out.then(|| {
        view! { <p>"Your words are kept here. "<a href="/login" target="_blank" rel="external">"Sign in"</a>" in another tab, then send this again."</p> }.erase()
    })
}

/// What was saved elsewhere while somebody edited the same, beside what they typed.
#[component]
pub fn Elsewhere(children: Children) -> impl IntoView {
    view! {
        <div class="elsewhere">
            <p>"It was saved elsewhere meanwhile, and now reads as below. Your words are still in the field; saving again puts them in its place."</p>
            <blockquote class="prose plain">{children()}</blockquote>
        </div>
    }.erase()
}
