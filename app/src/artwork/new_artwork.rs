use leptos::prelude::*;
use shared::{
    UPLOAD_MAX, paths,
    text::{DESCRIPTION_MAX, TITLE_MAX},
};

use crate::{
    artwork::upload_ids as ids,
    boot::rejected_form,
    i18n::{count, locale},
    ui::{IdempotencyField, PageTitle, RejectionMessage, SignInAgain, TextArea, TextField},
};

/// The upload's path: a plain route, since the body exceeds the limit of server functions.
const UPLOAD: &str = paths::NEW_ARTWORK;
/// The path in the form. The cached page holds the idempotency key for a user who comes back to it.
const ACTION: &str = paths::POST_ARTWORK;

const BYTES_PER_MEGABYTE: usize = 1_024 * 1_024;
/// The most pixels that the server accepts, in millions.
const MEGAPIXELS: u64 = 50;

/// `/artworks/new`: posting an artwork.
#[component]
pub fn NewArtwork() -> impl IntoView {
    let rejected = rejected_form(UPLOAD);
    let l = locale();
    if crate::boot::current().viewer.is_none() && rejected.is_none() {
        return view! {
            <PageTitle text=l.page_title(&l.nav_post_artwork())/>
            <section class="problem">
                <h1>{l.nav_post_artwork()}</h1>
                <p>{l.artwork_sign_in_first()}</p>
                <p class="actions"><a class="button" href=paths::with_next(paths::LOGIN, UPLOAD)>{l.sign_in()}</a><a class="quiet button" href=paths::with_next(paths::REGISTER, UPLOAD)>{l.join()}</a></p>
            </section>
        }
        .into_any();
    }
    let typed = rejected
        .as_ref()
        .and_then(|rejected| rejected.value("description"))
        .unwrap_or_default();
    let of = |field: &str| {
        rejected
            .as_ref()
            .and_then(|rejected| rejected.error.of(field).map(str::to_owned))
    };
    let megabytes = count(UPLOAD_MAX / BYTES_PER_MEGABYTE);
    let (image_error, description_error) = (of("image"), of("description"));
    view! {
        <PageTitle text=l.page_title(&l.nav_post_artwork())/>
        <section class="narrow">
            <h1>{l.nav_post_artwork()}</h1>
            <div id=ids::MESSAGE><RejectionMessage rejected=rejected.clone()/></div>
            <SignInAgain rejected=rejected.clone()/>
            <form method="post" action=ACTION enctype="multipart/form-data" class="stack" id=ids::FORM>
                <IdempotencyField rejected=rejected.clone()/>
                <TextField name="title" label=l.artwork_title() limit=TITLE_MAX rejected=rejected draft="new-artwork-title"/>
                <div class="field">
                    <label for="image">{l.artwork_image()}</label>
                    <p class="hint" id="image-hint">{l.artwork_image_hint(megabytes, MEGAPIXELS)}</p>
                    <input
                        id="image" name="image" type="file" required=true accept="image/jpeg,image/png,image/webp,image/gif"
                        autofocus=image_error.is_some() aria-describedby="image-hint image-error" aria-invalid=image_error.is_some().then_some("true")
                    />
                    <p class="error" id="image-error">{image_error}</p>
                </div>
                <TextArea
                    name="description" label=l.artwork_description() limit=DESCRIPTION_MAX value=typed error=Signal::stored(description_error) draft="new-artwork"
                    hint=l.artwork_description_hint()
                />
                <p class="progress" id=ids::PROGRESS hidden=true>
                    <progress max="100" value="0" aria-label=l.upload()></progress>
                    <span></span>
                </p>
                <button type="submit">{l.artwork_publish()}</button>
            </form>
        </section>
    }
    .into_any()
}
