use leptos::prelude::*;

use crate::boot::Echo;

/// A field for one line, with its label and error.
#[component]
pub fn TextField(
    /// The field's name in the form, and its id.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// The kind of input.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in.
    #[prop(optional)]
    autocomplete: &'static str,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: Option<String>,
    /// A sentence below the label.
    #[prop(optional)]
    hint: &'static str,
    /// Most characters.
    #[prop(default = 254)]
    maxlength: usize,
    /// The refused form, for its text and error.
    #[prop(optional_no_strip)]
    echo: Option<Echo>,
) -> impl IntoView {
    let error = echo.as_ref().and_then(|echo| echo.error.of(name).map(str::to_owned));
    let value = echo.and_then(|echo| echo.value(name)).or(value);
    let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let described = format!("{hint_id} {error_id}");
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
                maxlength=maxlength
                required=true
                aria-describedby=described
                aria-invalid=error.is_some().then_some("true")
            />
            <p class="error" id=error_id>{error}</p>
        </div>
    }
}

/// What this sending of a form is called, so that a button pressed twice, or pressed again because the answer was lost, does once what
/// it does.
#[component]
pub fn AttemptField(
    /// The refused form, if it is the same attempt that goes on.
    echo: Option<Echo>,
) -> impl IntoView {
    let attempt = echo.and_then(|echo| echo.value("attempt")).unwrap_or_else(new_attempt);
    view! { <input type="hidden" name="attempt" value=attempt/> }
}

/// A name for an attempt, different from all others.
pub fn new_attempt() -> String {
    #[cfg(feature = "ssr")]
    return leptos::nonce::Nonce::new().to_string();
    #[cfg(not(feature = "ssr"))]
    return format!("{}-{}", js_sys::Date::now(), js_sys::Math::random());
}

/// Why a whole form was refused, above it. There from the start, so that a screen reader hears it change.
#[component]
pub fn FormError(#[prop(into)] message: Signal<Option<String>>) -> impl IntoView {
    view! { <p class="form-error" role="alert">{move || message.get()}</p> }
}

/// What was saved elsewhere while somebody edited the same, beside what they typed.
#[component]
pub fn Elsewhere(children: Children) -> impl IntoView {
    view! {
        <div class="elsewhere">
            <p>"It was saved elsewhere meanwhile, and now reads as below. Your words are still in the field; saving again puts them in its place."</p>
            <blockquote class="prose plain">{children()}</blockquote>
        </div>
    }
}
