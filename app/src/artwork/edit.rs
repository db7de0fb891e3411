use leptos::prelude::*;
use shared::{
    AppError, ArtworkId, Kind, Thing,
    dto::Artwork,
    paths,
    text::{DESCRIPTION_MAX, TITLE_MAX},
};
use words::{SLOT, around, codes};

use crate::{
    Failure,
    artwork::actions::artwork,
    boot::rejected_form,
    failure::{answer, refused},
    i18n::locale,
    ui::{Elsewhere, PageTitle, Problem, RejectionMessage, SignInAgain, TextArea, TextField},
};

const ACTION: &str = paths::actions::EDIT_ARTWORK;

/// `/artworks/{id}/edit`: editing an artwork's title and description.
#[component]
pub fn EditArtwork() -> impl IntoView {
    let id = Memo::new(|_| crate::address::param::<ArtworkId>("id"));
    let work = Resource::new(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => artwork(id).await,
                None => answer(Err(AppError::not_found(Thing::Artwork))),
            }
        },
    );
    // After the session ended while the user was typing, show the form again with the submitted
    // text.
    let signed_out =
        rejected_form(ACTION).is_some_and(|rejected| rejected.error.kind == Kind::Unauthenticated);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match work.await {
                    Ok(artwork) if artwork.editable || signed_out => view! { <EditForm artwork/> }.into_any(),
                    Ok(_) => {
                        let error = refused(AppError::new(Kind::Forbidden, codes::ARTWORK_NOT_YOURS));
                        view! { <Problem error/> }.into_any()
                    }
                    Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn EditForm(artwork: Artwork) -> impl IntoView {
    let rejected = rejected_form(ACTION);
    let typed = rejected
        .as_ref()
        .and_then(|rejected| rejected.value("description"))
        .unwrap_or_else(|| artwork.description.clone());
    let description_error = rejected
        .as_ref()
        .and_then(|rejected| rejected.error.of("description").map(str::to_owned));
    // On a conflict, show the text saved elsewhere beside the submitted text. Saving again then
    // overwrites it.
    let elsewhere = rejected
        .as_ref()
        .is_some_and(|rejected| rejected.error.kind == Kind::Conflict);
    let base = rejected
        .as_ref()
        .filter(|_| !elsewhere)
        .and_then(|rejected| rejected.value("version"));
    let base = base.unwrap_or_else(|| artwork.version.to_string());
    let (title, description) = (artwork.title.clone(), artwork.description.clone());
    let elsewhere = elsewhere
        .then(|| view! { <Elsewhere><p dir="auto"><strong>{title}</strong></p><p dir="auto">{description}</p></Elsewhere> });
    let l = locale();
    let heading = l.artwork_edit_heading(SLOT);
    let (before, after) = around(&heading);
    view! {
        <PageTitle text=l.page_title(&l.artwork_edit_page())/>
        <section class="narrow">
            <h1>{before.to_owned()}<bdi>{artwork.title.clone()}</bdi>{after.to_owned()}</h1>
            <RejectionMessage rejected=rejected.clone()/>
            <SignInAgain rejected=rejected.clone()/>
            <form method="post" action=ACTION class="stack">
                <input type="hidden" name="id" value=artwork.id.to_string()/>
                <input type="hidden" name="version" value=base/>
                <TextField name="title" label=l.artwork_title() limit=TITLE_MAX value=artwork.title rejected=rejected draft=format!("edit-artwork-{}-title", artwork.id)/>
                <TextArea
                    name="description" label=l.artwork_description() limit=DESCRIPTION_MAX value=typed error=Signal::stored(description_error)
                    draft=format!("edit-artwork-{}", artwork.id)
                />
                {elsewhere}
                <p class="actions">
                    <button type="submit">{l.save()}</button>
                    <a class="quiet button" href=paths::artwork(artwork.id) data-cancel="">{l.cancel()}</a>
                </p>
            </form>
        </section>
    }
}
