//! Posting an artwork: one multipart form, by REST or from the page. A plain route, since a picture
//! exceeds the body limit of a server function.

mod form;

use std::time::Duration;

use app::boot::RejectedForm;
use axum::{
    Extension, Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    Domain,
    artworks::Words,
    policy::{self, Actor},
};
use form::{Form, Picture};
use serde::Deserialize;
use shared::{AppError, dto::ArtworkCard, paths, text::IdempotencyKey};
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::http::{
    api::IdempotencyHeader,
    forms::{self, Pages},
    idempotency::idempotency_key,
    intake::Intake,
    language,
    limits::Refused,
    problem::Problem,
};

/// How long to read the text fields of a rejected form, in order to show them again.
const ECHO_TIME: Duration = Duration::from_secs(10);

/// The form of a new artwork.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "describes the form, which `Form` reads part by part"
)]
pub struct NewArtwork {
    /// The title, on one line.
    #[schema(min_length = 1, max_length = 120, example = "Dusk over the harbour")]
    title: String,
    /// The description in Markdown.
    #[schema(max_length = 5_000, example = "Oil on canvas, *first attempt*.")]
    description: Option<String>,
    /// The picture: JPEG, PNG, WebP or GIF of up to 20 MB and 50 megapixels, 16 to 65,500 pixels on
    /// a side.
    #[schema(value_type = String, format = Binary, example = "@picture.jpg")]
    image: Vec<u8>,
    /// An idempotency key, as in the header, over which it takes precedence.
    #[schema(min_length = 1, max_length = 100, pattern = "^[!-~]+$")]
    attempt: Option<String>,
}

/// Post an artwork
///
/// Publishes an artwork and notifies the artist's followers.
#[utoipa::path(
    post, path = paths::api::ARTWORKS, tag = "Artworks", operation_id = "post_artwork",
    params(IdempotencyHeader),
    request_body(content = NewArtwork, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "The artwork.", body = ArtworkCard,
            headers(("Location" = String, description = "The address of the artwork."))),
    ),
)]
pub async fn rest(
    State(domain): State<Domain>,
    State(intake): State<Intake>,
    request: Request,
) -> Result<Response, Problem> {
    let actor = request
        .extensions()
        .get::<Actor>()
        .cloned()
        .ok_or_else(AppError::sign_in_first)?;
    let attempt = idempotency_key(request.headers()).map(str::to_owned);
    let mut form = Form {
        attempt,
        strict: true,
        ..Form::default()
    };
    // Before the picture is read.
    policy::post(&actor)?;
    let mut permit = intake.admit(actor.id).await?;
    form.read(request, Picture::Kept(&mut permit)).await?;
    let card = post(&domain, &actor, form).await?;
    let location = paths::api::artwork(card.id);
    Ok((StatusCode::CREATED, [("location", location)], Json(card)).into_response())
}

/// `POST /artworks/new`: from the page, with or without JavaScript.
pub async fn page(
    State(domain): State<Domain>,
    State(intake): State<Intake>,
    Extension(pages): Extension<Pages>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let over_limit = parts.extensions.remove::<Refused>();
    let (asked, plain) = (parts.clone(), forms::wants_page(&parts.headers));
    let actor = parts.extensions.get::<Actor>().cloned();
    let request = Request::from_parts(parts, body);
    let mut form = Form::default();
    let refused = if actor.is_none() {
        Some(AppError::sign_in_first())
    } else {
        over_limit.map(|Refused(error)| error)
    };
    let posted = match (actor, refused) {
        (Some(actor), None) => take(&domain, &intake, &actor, request, &mut form, plain).await,
        (_, refused) => {
            // The page's script still has the form. For a plain form, read the text fields within a
            // time limit, to show them again.
            if plain {
                let _ = timeout(ECHO_TIME, form.read(request, Picture::Skipped)).await;
            }
            Err(refused.unwrap_or_else(AppError::sign_in_first))
        }
    };
    match posted {
        Ok(card) if plain => Redirect::to(&paths::artwork(card.id)).into_response(),
        Ok(card) => (StatusCode::CREATED, Json(card)).into_response(),
        Err(error) if plain => {
            let Form {
                title,
                description,
                attempt,
                ..
            } = form;
            let fields = [
                ("title", Some(title)),
                ("description", Some(description)),
                ("attempt", attempt),
            ];
            let fields = fields
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect();
            let error = language::shown(&error, language::of(&asked.extensions));
            forms::show_again(
                pages,
                asked,
                RejectedForm {
                    action: paths::NEW_ARTWORK.into(),
                    fields,
                    error,
                },
            )
            .await
        }
        Err(error) => {
            let told = language::shown(&error, language::of(&asked.extensions));
            forms::refusal(&told)
        }
    }
}

async fn take(
    domain: &Domain,
    intake: &Intake,
    actor: &Actor,
    request: Request,
    form: &mut Form,
    plain: bool,
) -> Result<ArtworkCard, AppError> {
    let mut permit = intake.admit(actor.id).await?;
    // Read the text fields after an oversized picture too, to show them again.
    let picture = if plain {
        Picture::KeptOrSkipped(&mut permit)
    } else {
        Picture::Kept(&mut permit)
    };
    form.read(request, picture).await?;
    let image = std::mem::take(&mut form.image);
    post(
        domain,
        actor,
        Form {
            image,
            ..form.clone()
        },
    )
    .await
}

/// Validates text and picture together, so that all errors are reported at once.
async fn post(domain: &Domain, actor: &Actor, form: Form) -> Result<ArtworkCard, AppError> {
    let words = Words::parse(&form.title, &form.description);
    if form.image.is_empty() {
        let mut error = AppError::field("image", "picture-missing");
        error
            .fields
            .extend(words.err().map(|words| words.fields).unwrap_or_default());
        return Err(error);
    }
    let attempt = IdempotencyKey::named(form.attempt.as_deref())?;
    Ok(domain
        .artworks
        .post(actor, &words?, form.image, attempt)
        .await?)
}
