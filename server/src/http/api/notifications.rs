use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Domain, notifications::Filter, policy};
use serde::Deserialize;
use shared::{
    AppError, NotificationId,
    dto::{Counts, Marked},
    live::{Cursor, State as Becomes},
};

use crate::http::{
    api::{Id, Json, Params},
    auth::SignedInActor,
    problem::Problem,
};

#[derive(Deserialize)]
pub struct Asked {
    limit: Option<u64>,
    before: Option<String>,
    filter: Option<String>,
    after: Option<String>,
}

/// A page of the inbox, or the changes after a cursor. The entity tag is the cursor: 304 if nothing
/// changed.
pub async fn list(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Params(asked): Params<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    policy::use_inbox(&actor)?;
    let limit = asked.limit.unwrap_or(20);
    let after = asked.after.as_deref().map(str::parse::<Cursor>).transpose();
    let after = after.map_err(|error| AppError::field("after", error.to_string()))?;
    if let Some(known) = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
    {
        let tag = tag(&domain.notifications.counts(actor.id).await?.cursor);
        if known
            .split(',')
            .any(|one| one.trim().trim_start_matches("W/") == tag)
        {
            return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
        }
    }
    let page = if let Some(after) = after {
        domain.notifications.changes(&actor, &after, limit).await?
    } else {
        let before = asked
            .before
            .as_deref()
            .map(str::parse::<NotificationId>)
            .transpose();
        let before = before
            .map_err(|_| AppError::field("before", "Give `next` back as it was received."))?;
        domain
            .notifications
            .page(&actor, filter(asked.filter.as_deref())?, before, limit)
            .await?
    };
    Ok(([(header::ETAG, tag(&page.cursor))], axum::Json(page)).into_response())
}

fn tag(cursor: &Cursor) -> String {
    format!("\"{cursor}\"")
}

fn filter(word: Option<&str>) -> Result<Filter, AppError> {
    match word {
        None | Some("" | "all") => Ok(Filter::All),
        Some("unread") => Ok(Filter::Unread),
        Some("archived") => Ok(Filter::Archived),
        Some(_) => Err(AppError::field(
            "filter",
            "Filter by all, unread or archived.",
        )),
    }
}

/// Exactly one of the fields must be present.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    ids: Option<Vec<NotificationId>>,
    through: Option<Cursor>,
}

/// `POST /api/notifications/read` and its siblings.
pub async fn mark(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(word): Id<String>,
    Json(which): Json<Which>,
) -> Result<axum::Json<Counts>, Problem> {
    let state = match word.as_str() {
        "read" => Becomes::Read,
        "unread" => Becomes::Unread,
        "seen" => Becomes::Seen,
        "archive" => Becomes::Archived,
        "unarchive" => Becomes::Restored,
        _ => return Err(AppError::not_found("address").into()),
    };
    let marked = match (which.ids, which.through) {
        (Some(ids), None) => Marked::Ids(ids),
        (None, Some(through)) => Marked::Through(through),
        _ => return Err(AppError::field("ids", "Give either ids or through.").into()),
    };
    Ok(axum::Json(
        domain.notifications.mark(&actor, &marked, state).await?,
    ))
}
