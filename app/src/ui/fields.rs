use std::borrow::Cow;

use leptos::prelude::*;
use shared::{Kind, paths};

use crate::{
    boot::RejectedForm,
    i18n::locale,
    ui::{Erase, markup},
};

/// A single-line field with label and error. On a rejected form the first field with an error has
/// the focus.
#[component]
pub fn TextField(
    /// The field's name in the form, and its id.
    name: &'static str,
    /// The label.
    #[prop(into)]
    label: Cow<'static, str>,
    /// The input's `type`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The input's `autocomplete`. Off by default: a browser that refills the form on Back could
    /// show one person's text to another.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// The initial value.
    #[prop(optional, into)]
    value: Option<String>,
    /// A sentence below the label.
    #[prop(optional, into)]
    hint: Cow<'static, str>,
    /// Maximum number of characters, as the server counts them, if the page should check before
    /// sending. Longer text is reported, not truncated.
    #[prop(optional, into)]
    limit: Option<usize>,
    /// The name of the draft under which the browser keeps the text until it is sent.
    #[prop(optional, into)]
    draft: Option<String>,
    /// The rejected form, for its values and errors.
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

/// The form's idempotency key, so that a double click, or a retry after a lost answer, has no
/// further effect.
#[component]
pub fn IdempotencyField(
    /// The rejected form, whose key is reused.
    rejected: Option<RejectedForm>,
) -> impl IntoView {
    let goes_on = rejected
        .and_then(|rejected| rejected.value("attempt"))
        .or_else(|| crate::boot::current().attempt.clone());
    let attempt = goes_on.unwrap_or_else(new_attempt);
    view! { <input type="hidden" name="attempt" value=attempt/> }.erase()
}

/// A new, unique idempotency key.
pub fn new_attempt() -> String {
    #[cfg(feature = "ssr")]
    return leptos::nonce::Nonce::new().to_string();
    #[cfg(not(feature = "ssr"))]
    return format!("{}-{}", js_sys::Date::now(), js_sys::Math::random());
}

/// The error of a whole form. Always present, so that screen readers announce its change.
#[component]
pub fn FormError(
    /// The message.
    #[prop(into)]
    message: Signal<Option<String>>,
) -> impl IntoView {
    view! { <p class="form-error" role="alert" inner_html=move || markup(&message.get().unwrap_or_default())></p> }
        .erase()
}

/// The error of a rejected form as a whole, on a page that the server alone renders. It has the
/// focus if no field has an error.
#[component]
pub fn RejectionMessage(
    /// The rejected form.
    rejected: Option<RejectedForm>,
) -> impl IntoView {
    let error = rejected.map(|rejected| rejected.error);
    let first = error.as_ref().is_some_and(|error| error.fields.is_empty());
    let message = error.map(|error| markup(&error.message));
    view! {
        <p
            class="form-error" role="alert" tabindex=first.then_some("-1") autofocus=first
            inner_html=message.unwrap_or_default()
        ></p>
    }
    .erase()
}

/// Tells a user whose session ended before the form was sent how to sign in and keep the text.
#[component]
pub fn SignInAgain(
    /// The rejected form.
    rejected: Option<RejectedForm>,
) -> impl IntoView {
    let signed_out = rejected.is_some_and(|rejected| rejected.error.kind == Kind::Unauthenticated);
    signed_out.then(|| {
        view! { <p>{locale().words_kept()}" "<a href=paths::LOGIN target="_blank" rel="external">{locale().sign_in()}</a></p> }.erase()
    })
}

/// The text saved elsewhere during the same edit, shown beside the submitted text.
#[component]
pub fn Elsewhere(children: Children) -> impl IntoView {
    view! {
        <div class="elsewhere">
            <p>{locale().saved_elsewhere()}</p>
            <blockquote class="prose plain">{children()}</blockquote>
        </div>
    }
    .erase()
}
