//! Posting a work: one multipart form, by REST and by page. A plain route, since a picture is larger than a server function's
//! body may be.

use app::boot::Echo;
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{Domain, artworks::Words, media::UPLOAD_MAX};
use shared::{
    AppError, Kind,
    dto::{ArtworkCard, Viewer},
    text::Attempt,
};

use crate::{
    forms::{self, Pages},
    limits::Refused,
    problem::Problem,
    rest::idempotency_key,
};

/// What was sent.
#[derive(Default)]
struct Upload {
    title: String,
    description: String,
    image: Bytes,
    /// What the client calls this attempt, if it says so.
    attempt: Option<String>,
}

/// `POST /api/artworks`.
pub async fn rest(State(domain): State<Domain>, request: Request) -> Result<Response, Problem> {
    let viewer = request.extensions().get::<Viewer>().cloned().ok_or_else(AppError::sign_in_first)?;
    let attempt = idempotency_key(request.headers()).map(str::to_owned);
    let mut upload = Upload::default();
    read(request, &mut upload).await?;
    upload.attempt = attempt;
    let card = post(&domain, &viewer, &upload).await?;
    let location = format!("/api/artworks/{}", card.id);
    Ok((StatusCode::CREATED, [("location", location)], Json(card)).into_response())
}

/// `POST /artworks/new`: from the page, with or without JavaScript.
pub async fn page(State(domain): State<Domain>, Extension(pages): Extension<Pages>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let over_limit = parts.extensions.remove::<Refused>();
    let asked = parts.clone();
    let plain = forms::wants_page(&parts.headers);
    let mut upload = Upload::default();
    let viewer = parts.extensions.get::<Viewer>().cloned();
    // Read even for nobody: whose session ended meanwhile gets their words back.
    let posted = match (read(Request::from_parts(parts, body), &mut upload).await, viewer, over_limit) {
        (_, None, _) => Err(AppError::sign_in_first()),
        (_, _, Some(Refused(error))) | (Err(error), _, _) => Err(error),
        (Ok(()), Some(viewer), None) => post(&domain, &viewer, &upload).await,
    };
    match posted {
        Ok(card) if plain => forms::taken(&format!("/artworks/{}", card.id)),
        Ok(card) => (StatusCode::CREATED, Json(card)).into_response(),
        Err(error) if plain => {
            let Upload { title, description, attempt, .. } = upload;
            let fields = [("title", Some(title)), ("description", Some(description)), ("attempt", attempt)];
            let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
            forms::show_again(pages, asked, Echo { action: "/artworks/new".into(), fields, error }).await
        }
        Err(error) => forms::refusal(&error),
    }
}

/// Words and picture are looked at together, so that all that is wrong is said at once.
async fn post(domain: &Domain, viewer: &Viewer, upload: &Upload) -> Result<ArtworkCard, AppError> {
    let words = Words::parse(&upload.title, &upload.description);
    if upload.image.is_empty() {
        let mut error = AppError::field("image", "Please choose a picture.");
        error.fields.extend(words.err().map(|words| words.fields).unwrap_or_default());
        return Err(error);
    }
    let attempt = Attempt::named(upload.attempt.as_deref())?;
    Ok(domain.artworks.post(viewer, &words?, upload.image.clone(), attempt).await?)
}

/// Reads the form into `upload`, as far as it can be read.
async fn read(request: Request, upload: &mut Upload) -> Result<(), AppError> {
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| AppError::new(Kind::Unsupported, "Send title, description and image as multipart/form-data."))?;
    let mut too_large = false;
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        match field.name().unwrap_or_default() {
            "image" => {
                let mut image = Vec::new();
                while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
                    // Read on, but keep no more: who is cut off while sending never sees the answer.
                    too_large |= image.len() + chunk.len() > UPLOAD_MAX;
                    if !too_large {
                        image.extend_from_slice(&chunk);
                    }
                }
                upload.image = image.into();
            }
            "title" => upload.title = text(field, "title").await?,
            "attempt" => upload.attempt = Some(text(field, "attempt").await?),
            "description" => upload.description = text(field, "description").await?,
            _ => {}
        }
    }
    if too_large { Err(larger_than_taken()) } else { Ok(()) }
}

async fn text(field: axum::extract::multipart::Field<'_>, name: &str) -> Result<String, AppError> {
    let bytes = field.bytes().await.map_err(unreadable)?;
    String::from_utf8(bytes.into()).map_err(|_| AppError::field(name, "Please send this as UTF-8 text."))
}

fn larger_than_taken() -> AppError {
    AppError { kind: Kind::TooLarge, ..AppError::field("image", "Please choose a picture of at most 20 MB.") }
}

fn unreadable(error: MultipartError) -> AppError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        larger_than_taken()
    } else {
        AppError::new(Kind::Malformed, "The upload broke off or could not be read. Please send it again.")
    }
}
