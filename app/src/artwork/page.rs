#[cfg(feature = "ssr")]
use std::sync::LazyLock;

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use shared::dto::ArtworkView;
use shared::{ArtworkId, bidi::isolate, dto::Person, paths, text::CRITIQUE_MAX};
use words::{SLOT, around};

#[cfg(feature = "ssr")]
use crate::artwork::figure::figure;
#[cfg(feature = "hydrate")]
use crate::artwork::page_browser::{reworded, send};
#[cfg(feature = "ssr")]
use crate::{
    boot,
    critique::article::same_for_all,
    sent::ServerHtml,
    ui::{About, ForAll, Rendered},
};
use crate::{
    boot::rejected_form,
    critique::{
        list::{CritiqueList, CritiquesHead},
        state::Critiques,
    },
    i18n::locale,
    sent::{AS_SENT, WorkPage},
    ui::{
        Cancel, Erase, FormError, IdempotencyField, PageTitle, PersonLink, SignInAgain, TextArea,
        When,
    },
};

/// The id of the picture's element.
const FIGURE: &str = "figure";

pub(super) fn page_title(title: &str, artist: &Person) -> String {
    locale().page_title(&picture_alt(title, artist))
}

/// The picture's text alternative: title and artist.
fn picture_alt(title: &str, artist: &Person) -> String {
    locale().artwork_alt(&isolate(title), &isolate(&artist.display_name))
}

/// The data of an artwork's page.
#[cfg(feature = "ssr")]
pub fn work_page(view: ArtworkView) -> WorkPage {
    let ArtworkView {
        artwork,
        sort,
        first,
        newest,
        missing,
    } = view;
    let alt = picture_alt(&artwork.title, &artwork.artist);
    WorkPage {
        id: artwork.id,
        figure: ServerHtml::new(figure(artwork.picture.clone(), alt.clone())),
        about: About {
            description: domain::markdown::excerpt(&artwork.description),
            picture: Some((artwork.picture, alt)),
        },
        title: artwork.title,
        artist: artwork.artist,
        created_at: artwork.created_at,
        description_html: artwork.description_html,
        version: artwork.version,
        seq: artwork.seq,
        editable: artwork.editable,
        critique_count: artwork.critique_count,
        critiques: artwork.critiques,
        critiques_next: artwork.critiques_next,
        sort,
        first,
        newest,
        missing,
    }
}

/// An artwork with one page of its critiques.
#[component]
pub fn Work(page: WorkPage) -> impl IntoView {
    #[cfg(feature = "ssr")]
    provide_context(page.about.clone());
    view! {
        <PageTitle text=page_title(&page.title, &page.artist)/>
        {shown(page)}
    }
    .erase()
}

fn shown(page: WorkPage) -> AnyView {
    #[cfg(feature = "ssr")]
    {
        static RENDERED: LazyLock<Rendered<ForAll<WorkPage>>> = LazyLock::new(Rendered::default);
        let boot = boot::current();
        if page
            .critiques
            .iter()
            .all(|critique| same_for_all(critique, boot.viewer.as_ref()))
        {
            return RENDERED.for_all(page, whole);
        }
    }
    whole(page).into_any()
}

/// The whole page: picture, title and description, critique form and critiques.
fn whole(page: WorkPage) -> impl IntoView {
    let critiques = Critiques::new(&page);
    let WorkPage {
        id,
        title,
        artist,
        figure,
        created_at,
        description_html,
        editable,
        sort,
        ..
    } = page;
    let (title, description_html) = (RwSignal::new(title), RwSignal::new(description_html));
    #[cfg(feature = "hydrate")]
    reworded::follow(critiques, title, description_html, artist.clone());
    let by = locale().artwork_by(SLOT, SLOT);
    let (before, rest) = around(&by);
    let (between, after) = around(rest);
    view! {
        <div class="artwork">
            <figure class=AS_SENT id=FIGURE inner_html=figure.content(FIGURE)></figure>
            <div class="about">
                <h1 dir="auto">{title}</h1>
                <p class="by">{before.to_owned()}<PersonLink person=artist/>{between.to_owned()}<When at=created_at/>{after.to_owned()}</p>
                <div class="prose" inner_html=move || description_html.get()></div>
                {editable.then(|| view! { <OwnWork id/> }.erase())}
            </div>
            <section class="critiques" id="critiques" aria-labelledby="critiques-title">
                <CritiquesHead critiques sort/>
                <CritiqueForm id critiques own=editable/>
                <CritiqueList critiques sort/>
            </section>
        </div>
    }
    .erase()
}

/// The artist's actions on their own artwork.
#[component]
fn OwnWork(id: ArtworkId) -> impl IntoView {
    let l = locale();
    view! {
        <div class="own">
            <a class="quiet button" href=paths::edit_artwork(id)>{l.edit()}</a>
            <details class="confirm">
                <summary class="quiet button">{l.delete()}</summary>
                <form method="post" action=paths::actions::DELETE_ARTWORK>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <p>{l.artwork_delete_question()}</p>
                    <p class="actions">
                        <button type="submit" class="danger">{l.delete_for_good()}</button>
                        <Cancel page=paths::artwork(id)/>
                    </p>
                </form>
            </details>
        </div>
    }
    .erase()
}

#[component]
fn CritiqueForm(id: ArtworkId, critiques: Critiques, own: bool) -> impl IntoView {
    let viewer = crate::boot::current().viewer.clone();
    let l = locale();
    let rejected = rejected_form(paths::actions::POST_CRITIQUE);
    if viewer.is_none() && rejected.is_none() {
        let login = paths::with_next(paths::LOGIN, &paths::write_critique(id));
        return view! {
            <p class="invite" id="write"><a class="button" href=login>{l.critique_sign_in()}</a></p>
        }
        .erase();
    }
    let whole = RwSignal::new(
        rejected
            .as_ref()
            .filter(|rejected| rejected.error.fields.is_empty())
            .map(|rejected| rejected.error.message.clone()),
    );
    let field = RwSignal::new(
        rejected
            .as_ref()
            .and_then(|rejected| rejected.error.of("body").map(str::to_owned)),
    );
    let typed = rejected
        .as_ref()
        .and_then(|rejected| rejected.value("body"))
        .unwrap_or_default();
    let again = rejected.clone();
    #[cfg(feature = "hydrate")]
    let submit = send::submit(id, critiques, (whole, field));
    #[cfg(not(feature = "hydrate"))]
    let submit = move |_: leptos::ev::SubmitEvent| _ = critiques;
    view! {
        <form method="post" action=paths::actions::POST_CRITIQUE_AT_FORM class="stack write" id="write" on:submit=submit>
            <input type="hidden" name="artwork_id" value=id.to_string()/>
            <IdempotencyField rejected/>
            <TextArea
                name="body" label=l.critique_yours() limit=CRITIQUE_MAX rows=6 required=true value=typed error=field
                draft=format!("critique-{id}")
                hint=if own { l.critique_own_work_hint() } else { l.critique_hint() }
            />
            <FormError message=whole/>
            <SignInAgain rejected=again/>
            <button type="submit">{l.critique_post()}</button>
        </form>
    }.erase()
}
