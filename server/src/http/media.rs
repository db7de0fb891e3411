//! Pictures, streamed from the store.

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use domain::Domain;
use http_range_header::{EndPosition, StartPosition, parse_range_header};
use shared::{AppError, Thing};

use crate::http::{entity_tag::is_named, problem::Problem};

/// `GET /media/{key}/{file}`: a picture at one width. The content at an address never changes, so
/// it may be cached forever.
pub async fn show(
    State(domain): State<Domain>,
    method: Method,
    asked: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let none = || AppError::not_found(Thing::Picture);
    let Path((key, file)) = path.map_err(|_| none())?;
    let kind = match file.rsplit('.').next() {
        Some("jpg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("png") => "image/png",
        _ => return Err(none().into()),
    };
    let media = domain.artworks.media();
    let size = media.size(&key, &file).await?.ok_or_else(none)?;
    // The address identifies the content.
    let tag = format!("\"{key}-{file}\"");
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    let text = |text: &str| HeaderValue::try_from(text).map_err(domain::Error::internal);
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, text(&tag)?);
    if is_named(&asked, &header::IF_NONE_MATCH, &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // Honour `Range` only if `If-Range` matches (RFC 9110, section 13.1.5).
    let same = !asked.contains_key(header::IF_RANGE) || is_named(&asked, &header::IF_RANGE, &tag);
    let stretch = match asked
        .get(header::RANGE)
        .filter(|_| same)
        .and_then(|range| stretch(range.to_str().ok()?, size))
    {
        Some(Err(Beyond)) => {
            headers.insert(header::CONTENT_RANGE, text(&format!("bytes */{size}"))?);
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            return Ok(response);
        }
        Some(Ok((first, last))) => {
            headers.insert(
                header::CONTENT_RANGE,
                text(&format!("bytes {first}-{last}/{size}"))?,
            );
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            Some(first..last + 1)
        }
        None => None,
    };
    let length = stretch
        .as_ref()
        .map_or(size, |stretch| stretch.end - stretch.start);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    if method != Method::HEAD {
        let opened = media.open(&key, &file, stretch).await?.ok_or_else(none)?;
        *response.body_mut() = Body::from_stream(opened.bytes);
    }
    Ok(response)
}

/// A range that starts after the last byte.
#[derive(Debug, PartialEq, Eq)]
struct Beyond;

/// The first and last byte of a single range; `None` if the header is invalid or lists several
/// ranges, since the whole picture may then be sent (RFC 9110, section 14.2).
fn stretch(range: &str, size: u64) -> Option<Result<(u64, u64), Beyond>> {
    let parsed = parse_range_header(range).ok()?;
    let [only] = parsed.ranges.as_slice() else {
        return None;
    };
    let last = size.checked_sub(1)?;
    let (first, last) = match (only.start, only.end) {
        (StartPosition::FromLast(length), _) => (size.saturating_sub(length), last),
        (StartPosition::Index(first), EndPosition::LastByte) => (first, last),
        (StartPosition::Index(first), EndPosition::Index(end)) if end < first => return None,
        (StartPosition::Index(first), EndPosition::Index(end)) => (first, end.min(last)),
    };
    Some(if first > last {
        Err(Beyond)
    } else {
        Ok((first, last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_range_is_parsed_in_every_form() {
        for (range, wanted) in [
            ("bytes=0-9", Some(Ok((0, 9)))),
            ("bytes=90-", Some(Ok((90, 99)))),
            ("bytes=-10", Some(Ok((90, 99)))),
            ("bytes=-1000", Some(Ok((0, 99)))),
            ("bytes=50-5000", Some(Ok((50, 99)))),
            ("bytes=100-", Some(Err(Beyond))),
            ("bytes=9-5", None),
            ("bytes=0-1,5-6", None),
            ("lines=1-2", None),
            ("bytes=", None),
        ] {
            assert_eq!(stretch(range, 100), wanted, "{range}");
        }
    }
}
