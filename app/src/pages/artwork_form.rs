use leptos::prelude::*;
use leptos_meta::Title;
use shared::{
    AppError, ArtworkId, Kind,
    dto::Artwork,
    text::{DESCRIPTION_MAX, TITLE_MAX},
};

use crate::{
    Failure,
    actions::show_artwork,
    boot::echo,
    parts::{FormError, Problem, TextArea, TextField},
};

/// Where the upload is sent: a plain route, since its body is far larger than a server function's may be.
const UPLOAD: &str = "/artworks/new";

/// `/artworks/new`: posting a work.
#[component]
pub fn NewArtwork() -> impl IntoView {
    let echo = echo(UPLOAD);
    if crate::use_boot().viewer.is_none() && echo.is_none() {
        return view! {
            <Title text="Post a work · ArtCritique"/>
            <section class="problem">
                <h1>"Post a work"</h1>
                <p>"Sign in first, so that critics know whose work it is."</p>
                <p class="actions"><a class="button" href="/login?next=/artworks/new">"Sign in"</a><a class="quiet button" href="/register?next=/artworks/new">"Join"</a></p>
            </section>
        }
        .into_any();
    }
    let typed = echo.as_ref().and_then(|echo| echo.value("description")).unwrap_or_default();
    let of = |field: &str| echo.as_ref().and_then(|echo| echo.error.of(field).map(str::to_owned));
    let image_error = RwSignal::new(of("image"));
    let description_error = RwSignal::new(of("description"));
    let message = RwSignal::new(echo.as_ref().map(|echo| echo.error.message.clone()));
    let progress = RwSignal::new(None::<u32>);
    #[cfg(feature = "hydrate")]
    let submit = super::upload::submit(UPLOAD, message, image_error, progress);
    #[cfg(not(feature = "hydrate"))]
    let submit = |_: leptos::ev::SubmitEvent| {};
    view! {
        <Title text="Post a work · ArtCritique"/>
        <section class="narrow">
            <h1>"Post a work"</h1>
            <FormError message/>
            <form method="post" action=UPLOAD enctype="multipart/form-data" class="stack" on:submit=submit>
                <TextField name="title" label="Title" maxlength=TITLE_MAX echo=echo/>
                <div class="field">
                    <label for="image">"Image"</label>
                    <p class="hint" id="image-hint">"JPEG, PNG, WebP or GIF, up to 20 MB. Of a moving GIF the first picture is shown."</p>
                    <input
                        id="image" name="image" type="file" required=true accept="image/jpeg,image/png,image/webp,image/gif"
                        aria-describedby="image-hint image-error" aria-invalid=move || image_error.read().is_some().then_some("true")
                    />
                    <p class="error" id="image-error">{image_error}</p>
                </div>
                <TextArea
                    name="description" label="Description" maxlength=DESCRIPTION_MAX value=typed error=description_error draft="new-artwork"
                    hint="What is it, and what would you like looked at? Markdown is fine."
                />
                {move || progress.get().map(|percent| view! {
                    <p class="progress">
                        <progress max="100" value=percent.to_string() aria-label="Upload"></progress>
                        <span>{if percent < 100 { format!("{percent} %") } else { "Preparing the picture…".to_owned() }}</span>
                    </p>
                })}
                <button type="submit" disabled=move || progress.read().is_some()>"Publish"</button>
            </form>
        </section>
    }
    .into_any()
}

/// `/artworks/{id}/edit`: changing a work's words.
#[component]
pub fn EditArtwork() -> impl IntoView {
    let id = Memo::new(|_| super::param::<ArtworkId>("id"));
    let artwork = Resource::new(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => show_artwork(id).await,
                None => Err(Failure(AppError::not_found("artwork"))),
            }
        },
    );
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match artwork.await {
                    Ok(artwork) if artwork.editable => view! { <EditForm artwork/> }.into_any(),
                    Ok(_) => refuse(AppError::new(Kind::Forbidden, "Only the artist can change this artwork.")).into_any(),
                    Err(Failure(error)) => refuse(error).into_any(),
                }
            })}
        </Suspense>
    }
}

fn refuse(error: AppError) -> impl IntoView {
    #[cfg(feature = "ssr")]
    let _ = crate::failure::answer::<()>(Err(error.clone()));
    view! { <Problem error/> }
}

#[component]
fn EditForm(artwork: Artwork) -> impl IntoView {
    let action = "/actions/edit_artwork";
    let echo = echo(action);
    let typed = echo.as_ref().and_then(|echo| echo.value("description")).unwrap_or(artwork.description);
    let description_error = echo.as_ref().and_then(|echo| echo.error.of("description").map(str::to_owned));
    view! {
        <Title text="Edit · ArtCritique"/>
        <section class="narrow">
            <h1>"Edit “"{artwork.title.clone()}"”"</h1>
            <FormError message=echo.as_ref().map(|echo| echo.error.message.clone())/>
            <form method="post" action=action class="stack">
                <input type="hidden" name="id" value=artwork.id.to_string()/>
                <TextField name="title" label="Title" maxlength=TITLE_MAX value=artwork.title echo=echo/>
                <TextArea name="description" label="Description" maxlength=DESCRIPTION_MAX value=typed error=Signal::stored(description_error)/>
                <p class="actions">
                    <button type="submit">"Save"</button>
                    <a class="quiet button" href=format!("/artworks/{}", artwork.id)>"Cancel"</a>
                </p>
            </form>
        </section>
    }
}
