use leptos::prelude::*;
use shared::{
    paths,
    text::{DESCRIPTION_MAX, TITLE_MAX},
};

use crate::{
    artwork::upload_ids as ids,
    boot::rejected_form,
    ui::{FormError, IdempotencyField, PageTitle, SignInAgain, TextArea, TextField},
};

/// The upload's path: a plain route, since the body exceeds the limit of server functions.
const UPLOAD: &str = paths::NEW_ARTWORK;
/// The path in the form. The cached page holds the idempotency key for a user who comes back to it.
const ACTION: &str = paths::POST_ARTWORK;

/// `/artworks/new`: posting an artwork.
#[component]
pub fn NewArtwork() -> impl IntoView {
    let rejected = rejected_form(UPLOAD);
    if crate::boot::current().viewer.is_none() && rejected.is_none() {
        return view! {
            <PageTitle text="Post a work · ArtCritique"/>
            <section class="problem">
                <h1>"Post a work"</h1>
                <p>"Sign in first, so that critics know whose work it is."</p>
                <p class="actions"><a class="button" href=paths::with_next(paths::LOGIN, UPLOAD)>"Sign in"</a><a class="quiet button" href=paths::with_next(paths::REGISTER, UPLOAD)>"Join"</a></p>
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
    let (image_error, description_error) = (of("image"), of("description"));
    let message = rejected
        .as_ref()
        .map(|rejected| rejected.error.message.clone());
    view! {
        <PageTitle text="Post a work · ArtCritique"/>
        <section class="narrow">
            <h1>"Post a work"</h1>
            <div id=ids::MESSAGE><FormError message=message rejected=rejected.clone()/></div>
            <SignInAgain rejected=rejected.clone()/>
            <form method="post" action=ACTION enctype="multipart/form-data" class="stack" id=ids::FORM>
                <IdempotencyField rejected=rejected.clone()/>
                <TextField name="title" label="Title" limit=TITLE_MAX rejected=rejected draft="new-artwork-title"/>
                <div class="field">
                    <label for="image">"Image"</label>
                    <p class="hint" id="image-hint">"JPEG, PNG, WebP or GIF, up to 20 MB and 50 megapixels. Of a moving picture the first frame is shown."</p>
                    <input
                        id="image" name="image" type="file" required=true accept="image/jpeg,image/png,image/webp,image/gif"
                        autofocus=image_error.is_some() aria-describedby="image-hint image-error" aria-invalid=image_error.is_some().then_some("true")
                    />
                    <p class="error" id="image-error">{image_error}</p>
                </div>
                <TextArea
                    name="description" label="Description" limit=DESCRIPTION_MAX value=typed error=Signal::stored(description_error) draft="new-artwork"
                    hint="What is it, and what would you like looked at? Markdown is fine."
                />
                <p class="progress" id=ids::PROGRESS hidden=true>
                    <progress max="100" value="0" aria-label="Upload"></progress>
                    <span></span>
                </p>
                <button type="submit">"Publish"</button>
            </form>
        </section>
    }
    .into_any()
}
