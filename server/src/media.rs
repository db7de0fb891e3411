use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::header,
    response::{IntoResponse, Response},
};
use domain::Domain;
use shared::AppError;

use crate::problem::Problem;

/// `GET /media/{key}/{file}`: a picture at one width. Its address never shows anything else, so it may be kept for ever.
pub async fn show(
    State(domain): State<Domain>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Path((key, file)) = path.map_err(|_| AppError::not_found("picture"))?;
    let kind = match file.rsplit('.').next() {
        Some("jpg") => "image/jpeg",
        Some("webp") => "image/webp",
        _ => return Err(AppError::not_found("picture").into()),
    };
    let bytes = domain.artworks.media().read(&key, &file).await?.ok_or_else(|| AppError::not_found("picture"))?;
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, bytes).into_response())
}
