//! Sends the upload with a progress bar. Without it, or without JavaScript, the form goes the plain way.

use leptos::{ev::SubmitEvent, prelude::*};
use serde::Deserialize;
use shared::FieldError;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{FormData, HtmlFormElement, ProgressEvent, XmlHttpRequest};

use super::drafts;

#[derive(Deserialize)]
struct Posted {
    id: i64,
}

#[derive(Deserialize)]
struct Refused {
    title: String,
    #[serde(default)]
    errors: Vec<FieldError>,
}

/// The submit handler: fills `progress` while the upload is under way, leads to the work when it is posted, and otherwise
/// says why not with everything still in the form.
pub fn submit(
    address: &'static str,
    message: RwSignal<Option<String>>,
    image_error: RwSignal<Option<String>>,
    progress: RwSignal<Option<u32>>,
) -> impl Fn(SubmitEvent) + Clone + 'static {
    move |event| {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let Some((form, request)) = form.zip(XmlHttpRequest::new().ok()) else { return };
        let Ok(data) = FormData::new_with_form(&form) else { return };
        event.prevent_default();
        (message.set(None), image_error.set(None), progress.set(Some(0)));
        let moved = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
            if event.length_computable() && event.total() > 0.0 {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage")]
                progress.set(Some((100.0 * event.loaded() / event.total()) as u32));
            }
        });
        let answered = request.clone();
        let ended = Closure::<dyn Fn()>::new(move || {
            progress.set(None);
            let text = answered.response_text().ok().flatten().unwrap_or_default();
            if let Ok(posted) = serde_json::from_str::<Posted>(&text)
                && answered.status() == Ok(201)
            {
                drafts::forget("new-artwork");
                let _ = window().location().set_href(&format!("/artworks/{}", posted.id));
            } else if let Ok(refused) = serde_json::from_str::<Refused>(&text) {
                let of_image = refused.errors.iter().find(|error| error.field == "image");
                image_error.set(of_image.map(|error| error.message.clone()));
                let rest: Vec<_> = refused.errors.iter().filter(|error| error.field != "image").map(|error| error.message.clone()).collect();
                message.set(Some(if rest.is_empty() { refused.title } else { rest.join(" ") }));
            } else {
                message.set(Some("The upload did not arrive. Nothing was lost; please try again.".into()));
            }
        });
        if let Ok(upload) = request.upload() {
            upload.set_onprogress(Some(moved.as_ref().unchecked_ref()));
        }
        request.set_onloadend(Some(ended.as_ref().unchecked_ref()));
        let sent = request
            .open("POST", address)
            .and_then(|()| request.set_request_header("Accept", "application/json"))
            .and_then(|()| request.send_with_opt_form_data(Some(&data)));
        if sent.is_err() {
            progress.set(None);
            message.set(Some("The upload could not be sent. Please try again.".into()));
        }
        // The request calls back once more after this function has returned; a handful of bytes for each upload.
        moved.forget();
        ended.forget();
    }
}
