//! Enhances the server-rendered upload form with a progress bar. Without it, or without JavaScript,
//! the browser submits the form.

use js_sys::Reflect;
use leptos::prelude::*;
use serde::Deserialize;
use shared::{ArtworkId, FieldError, Kind, ShownError, UPLOAD_MAX, paths};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{
    Element, File, FormData, HtmlElement, HtmlFormElement, ProgressEvent, XmlHttpRequest,
};
use words::codes;

use crate::{
    artwork::upload_ids as ids,
    dom::{by_id, on_window},
    failure::said_here,
    i18n::{count, locale},
    inbox::bell::LiveBell,
    ui::drafts,
};

/// The fields' names, which are also their ids. The element `{name}-error` shows the field's error.
const FIELDS: [&str; 3] = ["title", "image", "description"];

/// Enhances the form, if the page has it.
pub fn enhance(bell: Option<LiveBell>) {
    let form = by_id::<HtmlFormElement>(ids::FORM);
    let Some(form) = form else { return };
    let _ = reuse_idempotency_key(&form);
    // These listeners live as long as the page: leaving it loads another document.
    let chosen = form.clone();
    let _listener = on_window("change", move |event: web_sys::Event| {
        let field = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .filter(|field| field.id() == "image");
        let Some(field) = field else { return };
        match too_large(&chosen) {
            None if field.has_attribute("aria-invalid") => explain(None),
            error => error.iter().for_each(|error| explain(Some(error))),
        }
    });
    let _listener = on_window("submit", move |event: web_sys::SubmitEvent| {
        if event.target().as_ref() == Some(form.as_ref()) && send(&form, bell).is_some() {
            event.prevent_default();
        }
    });
}

/// Reuses the idempotency key when the user comes back to the form, even if the browser fetched the
/// page again: the key is stored in the history entry.
fn reuse_idempotency_key(form: &HtmlFormElement) -> Option<()> {
    let field: HtmlElement = form
        .query_selector("[name=attempt]")
        .ok()??
        .dyn_into()
        .ok()?;
    let history = window().history().ok()?;
    // Beside what the page's scripts keep there.
    let state = history
        .state()
        .ok()
        .and_then(|state| state.dyn_into::<js_sys::Object>().ok());
    let state = state.unwrap_or_default();
    let kept = Reflect::get(&state, &"attempt".into())
        .ok()
        .and_then(|kept| kept.as_string());
    if let Some(attempt) = kept {
        return field.set_attribute("value", &attempt).ok();
    }
    Reflect::set(
        &state,
        &"attempt".into(),
        &field.get_attribute("value")?.into(),
    )
    .ok()?;
    history.replace_state_with_url(&state, "", None).ok()
}

/// The error if the chosen picture exceeds the limit, whether picked or dropped.
fn too_large(form: &HtmlFormElement) -> Option<ShownError> {
    let picture = FormData::new_with_form(form)
        .ok()?
        .get("image")
        .dyn_into::<File>()
        .ok()?;
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let max = UPLOAD_MAX as f64;
    (picture.size() > max).then(|| {
        let l = locale();
        let message = l.error_picture_too_large(count(UPLOAD_MAX >> 20));
        let whole = said_here(
            Kind::TooLarge,
            codes::FIELDS_INVALID,
            l.error_fields_invalid(),
        );
        ShownError {
            fields: vec![FieldError {
                field: "image".to_owned(),
                code: codes::PICTURE_TOO_LARGE.to_owned(),
                message,
            }],
            ..whole
        }
    })
}

fn within(id: &str, selector: &str) -> Option<Element> {
    by_id::<Element>(id)?.query_selector(selector).ok()?
}

/// Shows the error above the form and beside each field, and focuses the first field with an error.
/// `None` clears all messages.
fn explain(error: Option<&ShownError>) {
    if let Some(place) = within(ids::MESSAGE, "p") {
        place.set_text_content(error.map(|error| &*error.message));
    }
    let mut blamed = None;
    for name in FIELDS {
        let message = error.and_then(|error| error.of(name));
        let (field, place) = (
            by_id::<Element>(name),
            by_id::<Element>(&format!("{name}-error")),
        );
        if let (Some(field), Some(place)) = (field, place) {
            place.set_text_content(message);
            let _ = if message.is_some() {
                field.set_attribute("aria-invalid", "true")
            } else {
                field.remove_attribute("aria-invalid")
            };
            blamed = blamed.or(message.and(field.dyn_into::<HtmlElement>().ok()));
        }
    }
    let _ = blamed.map(|field| field.focus());
}

/// Shows the upload's progress in percent; `None` hides it.
fn show(percent: Option<u32>) {
    let Some(place) = by_id::<Element>(ids::PROGRESS) else {
        return;
    };
    let _ = place.toggle_attribute_with_force("hidden", percent.is_none());
    let under_way = percent.is_some();
    let percent = percent.unwrap_or(0);
    let words = if percent < 100 {
        locale().upload_percent(percent.into())
    } else {
        locale().upload_preparing().into_owned()
    };
    if let (Some(bar), Some(text)) = (
        within(ids::PROGRESS, "progress"),
        within(ids::PROGRESS, "span"),
    ) {
        let _ = bar.set_attribute("value", &percent.to_string());
        text.set_text_content(Some(&words));
    }
    if let Some(button) = within(ids::FORM, "button") {
        let _ = button.toggle_attribute_with_force("disabled", under_way);
    }
}

/// Sends the form, or shows why not; `None` if the browser lacks an API and must submit the form
/// itself.
fn send(form: &HtmlFormElement, bell: Option<LiveBell>) -> Option<()> {
    if let Some(error) = too_large(form) {
        explain(Some(&error));
        return Some(());
    }
    let data = FormData::new_with_form(form).ok()?;
    let request = XmlHttpRequest::new().ok()?;
    let moved = Closure::<dyn Fn(ProgressEvent)>::new(|event: ProgressEvent| {
        if event.length_computable() && event.total() > 0.0 {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a percentage"
            )]
            show(Some((100.0 * event.loaded() / event.total()) as u32));
        }
    });
    let answered = request.clone();
    let ended = Closure::<dyn Fn()>::new(move || {
        show(None);
        take(
            answered.status().unwrap_or(0),
            &answered.response_text().ok().flatten().unwrap_or_default(),
            bell,
        );
    });
    request
        .upload()
        .ok()?
        .set_onprogress(Some(moved.as_ref().unchecked_ref()));
    request.set_onloadend(Some(ended.as_ref().unchecked_ref()));
    request.open("POST", &form.action()).ok()?;
    request
        .set_request_header("Accept", "application/json")
        .ok()?;
    explain(None);
    show(Some(0));
    request.send_with_opt_form_data(Some(&data)).ok()?;
    // Leaked, since the request calls back after this function has returned; a few bytes per
    // upload.
    moved.forget();
    ended.forget();
    Some(())
}

/// The created artwork.
#[derive(Deserialize)]
struct Posted {
    id: ArtworkId,
}

/// Goes to the artwork on success; otherwise shows the error and leaves the form filled in.
fn take(status: u16, text: &str, bell: Option<LiveBell>) {
    if status == 201
        && let Ok(Posted { id }) = crate::json::from_str(text)
    {
        ["new-artwork", "new-artwork-title"]
            .into_iter()
            .for_each(drafts::forget);
        let _ = window().location().set_href(&paths::artwork(id));
    } else if let (401, Some(bell)) = (status, bell) {
        bell.session_ended();
    } else {
        // Middleware in front of the form's handler answers in other formats, for instance on a
        // timeout.
        let lost = || {
            let l = locale();
            if status == 0 {
                said_here(Kind::Unavailable, codes::NO_ANSWER, l.error_no_answer())
            } else {
                let words = l.error_upload_not_taken();
                said_here(Kind::Unavailable, codes::UPLOAD_NOT_TAKEN, words)
            }
        };
        explain(Some(
            &crate::json::from_str(text).unwrap_or_else(|_| lost()),
        ));
    }
}
