//! Reads the multipart form field by field, each up to its own limit.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{
    body::{BodyDataStream, Bytes},
    extract::Request,
    http::header,
};
use futures_util::Stream;
use http_body_util::LengthLimitError;
use multer::{Field, Multipart, parse_boundary};
use shared::{
    AppError, Kind, Phrase, UPLOAD_MAX,
    text::{DESCRIPTION_MAX, TITLE_MAX},
};

use crate::http::intake::UploadPermit;

/// Known fields.
const FIELDS: [&str; 4] = ["title", "description", "attempt", "image"];
/// Longest field name that an error repeats, in characters.
const NAME_SHOWN: usize = 50;
/// Most fields in a form.
const FIELDS_MAX: usize = 64;
/// Limit for a boundary and the headers of the next field, in bytes.
const HEADERS_MAX: usize = 16 * 1_024;
/// Largest unknown field, in bytes.
const UNKNOWN_MAX: usize = 64 * 1_024;
/// Largest `attempt` field, in bytes; above the limit for an idempotency key, so that the key
/// itself is rejected.
const ATTEMPT_MAX: usize = 1_024;
/// Largest text field, in bytes: some four times its limit, so that an overlong text can be shown
/// again and shortened.
const fn words_max(characters: usize) -> usize {
    characters * 16
}

/// The received fields.
#[derive(Clone, Default)]
pub struct Form {
    pub title: String,
    pub description: String,
    pub image: Bytes,
    /// The idempotency key, if the client sent one.
    pub attempt: Option<String>,
    /// Whether an unknown field is rejected: from a program it is a misspelling, while a browser
    /// may have added it to a page's form.
    pub strict: bool,
}

/// What to do with the picture.
pub enum Picture<'a> {
    /// Keep it; stop reading if it is too large.
    Kept(&'a mut UploadPermit),
    /// Keep it; if it is too large, skip it and read on.
    KeptOrSkipped(&'a mut UploadPermit),
    /// Skip it and read on.
    Skipped,
}

impl Form {
    /// Reads the form into this one, up to the first error.
    ///
    /// # Errors
    /// [`Kind::Unsupported`] if the body is no such form, [`Kind::Malformed`] if it is cut off,
    /// [`Kind::TooLarge`] with the field that is too large, [`Kind::Invalid`] with a duplicate or
    /// unknown field.
    pub async fn read(
        &mut self,
        request: Request,
        mut picture: Picture<'_>,
    ) -> Result<(), AppError> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let boundary =
            parse_boundary(kind).map_err(|_| AppError::new(Kind::Unsupported, "form-multipart"))?;
        let allowance = Arc::new(AtomicUsize::new(HEADERS_MAX));
        let body = Metered {
            body: request.into_body().into_data_stream(),
            allowance: allowance.clone(),
            pause: false,
        };
        let mut form = Multipart::new(body, boundary);
        let (mut fields, mut seen, mut unknown, mut image_error) = (0, Vec::new(), None, None);
        loop {
            allowance.store(HEADERS_MAX, Ordering::Relaxed);
            let Some(field) = form.next_field().await.map_err(unreadable)? else {
                break;
            };
            fields += 1;
            if fields > FIELDS_MAX {
                return Err(AppError::new(Kind::TooLarge, "form-fields"));
            }
            allowance.store(usize::MAX, Ordering::Relaxed);
            let name = field.name().unwrap_or_default();
            if let Some(known) = FIELDS.into_iter().find(|known| *known == name) {
                if seen.contains(&known) {
                    return Err(AppError::field(known, "field-twice"));
                }
                seen.push(known);
            }
            match name {
                "title" => self.title = text(field, "title", words_max(TITLE_MAX)).await?,
                "description" => {
                    self.description =
                        text(field, "description", words_max(DESCRIPTION_MAX)).await?;
                }
                "attempt" => self.attempt = Some(text(field, "attempt", ATTEMPT_MAX).await?),
                "image" => {
                    image_error = self.read_image(field, &mut picture).await?.or(image_error);
                }
                other => {
                    let shown = other.chars().take(NAME_SHOWN).collect::<String>();
                    text(field, "form", UNKNOWN_MAX).await?;
                    unknown.get_or_insert(shown);
                }
            }
        }
        if let Some(name) = unknown.filter(|_| self.strict) {
            let phrase = Phrase::new("field-unknown-known").with("known", FIELDS.join(", "));
            return Err(AppError::field(&name, phrase));
        }
        image_error.map_or(Ok(()), Err)
    }

    /// Returns the error of a rejected picture if reading went on after it.
    async fn read_image(
        &mut self,
        mut field: Field<'_>,
        picture: &mut Picture<'_>,
    ) -> Result<Option<AppError>, AppError> {
        let mut image = Vec::new();
        let mut refused = None;
        while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
            let permit = match picture {
                Picture::Kept(permit) | Picture::KeptOrSkipped(permit) if refused.is_none() => {
                    permit
                }
                _ => continue,
            };
            if image.len() + chunk.len() <= UPLOAD_MAX {
                permit.grow(chunk.len()).await?;
                image.extend_from_slice(&chunk);
            } else if matches!(picture, Picture::Kept(_)) {
                return Err(AppError::upload_too_large());
            } else {
                image = Vec::new();
                refused = Some(AppError::upload_too_large());
            }
        }
        self.image = image.into();
        Ok(refused)
    }
}

async fn text(mut field: Field<'_>, name: &str, most: usize) -> Result<String, AppError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        if bytes.len() + chunk.len() > most {
            let long = AppError::field(name, "field-too-long");
            return Err(AppError {
                kind: Kind::TooLarge,
                ..long
            });
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| AppError::field(name, "field-not-utf8"))
}

fn unreadable(error: multer::Error) -> AppError {
    match error {
        multer::Error::StreamReadFailed(error) if is_over_the_limit(&*error) => {
            AppError::upload_too_large()
        }
        _ => AppError::new(Kind::Malformed, "upload-broken-off"),
    }
}

fn is_over_the_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_over_the_limit)
}

/// A body that passes on one chunk at a time: the parser would otherwise buffer all that has
/// arrived, whichever field it belongs to. Between two fields it fails once the allowance is used
/// up.
struct Metered {
    body: BodyDataStream,
    /// Bytes that may still be read.
    allowance: Arc<AtomicUsize>,
    pause: bool,
}

impl Stream for Metered {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.pause) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let left = self.allowance.load(Ordering::Relaxed);
        if left == 0 {
            return Poll::Ready(Some(Err(axum::Error::new(
                "the headers of a field are too long",
            ))));
        }
        let piece = ready!(Pin::new(&mut self.body).poll_next(cx));
        if let Some(Ok(piece)) = &piece {
            self.allowance
                .store(left.saturating_sub(piece.len()), Ordering::Relaxed);
            self.pause = true;
        }
        Poll::Ready(piece)
    }
}
