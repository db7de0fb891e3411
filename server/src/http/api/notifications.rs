use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Domain, notifications::Filter, policy};
use serde::Deserialize;
use shared::{
    AppError, NotificationId, Thing,
    dto::{Counts, InboxPage, Marked},
    live::{Cursor, State as Becomes},
    paths,
};
use utoipa::{IntoParams, ToSchema};

use crate::http::{
    api::{IfNoneMatchHeader, Json, Params, PathWord},
    auth::SignedInActor,
    entity_tag,
    problem::Problem,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Notifications on the page, 1 to 100; 20 if left out.
    #[param(format = "uint64")]
    limit: Option<u64>,
    /// `next` of the page before.
    before: Option<String>,
    /// Which notifications; all that are not archived if left out.
    #[param(value_type = Option<Filters>, inline)]
    filter: Option<String>,
    /// A cursor: what changed after it, oldest change first. `before` and `filter` are ignored.
    #[param(value_type = Option<Cursor>)]
    after: Option<String>,
}

/// The words of `filter`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the parameter; `filter` reads it")]
enum Filters {
    All,
    Unread,
    Archived,
}

/// List notifications
///
/// A page of the inbox, newest first, or the changes after a cursor with tombstones (`retracted`,
/// `archived`). If the cursor can't be used, the first page with `reset`. The entity tag is the
/// cursor.
#[utoipa::path(
    get, path = paths::api::NOTIFICATIONS, tag = "Notifications", operation_id = "list_notifications",
    params(
        Asked,
        IfNoneMatchHeader,
    ),
    responses(
        (status = 200, description = "A page of the inbox.", body = InboxPage,
            headers(("ETag" = String, description = "The cursor."))),
        (status = 304, description = "Nothing has changed.",
            headers(("ETag" = String, description = "The cursor."))),
    ),
)]
pub async fn list(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Params(asked): Params<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    policy::use_inbox(&actor)?;
    let limit = asked.limit.unwrap_or(20);
    let after = asked.after.as_deref().map(str::parse::<Cursor>).transpose();
    let after = after.map_err(|error| AppError::field("after", error))?;
    if headers.contains_key(header::IF_NONE_MATCH) {
        let tag = tag(&domain.notifications.counts(actor.id).await?.cursor);
        if entity_tag::is_named(&headers, &header::IF_NONE_MATCH, &tag) {
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
        let before = before.map_err(|_| AppError::field("before", "page-cursor"))?;
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
        Some(_) => Err(AppError::field("filter", "notifications-filter")),
    }
}

/// Which notifications to mark: exactly one of the fields must be present.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ids": [7, 9]}))]
pub struct Which {
    /// The notifications with these ids.
    #[schema(max_items = 500)]
    ids: Option<Vec<NotificationId>>,
    /// All notifications that had arrived by this cursor.
    through: Option<Cursor>,
}

/// The words of the path.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes the path; `mark` reads it")]
enum Marks {
    Read,
    Unread,
    Seen,
    Archive,
    Unarchive,
}

/// The path of [`mark`].
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the path; `mark` reads it")]
pub struct MarkPath {
    /// What to mark them as.
    #[param(inline)]
    mark: Marks,
}

/// Mark notifications
///
/// Marks notifications as read, unread, seen, archived or not archived. Idempotent.
#[utoipa::path(
    post, path = paths::api::MARK, tag = "Notifications",
    operation_id = "mark_notifications",
    params(MarkPath),
    request_body = Which,
    responses(
        (status = 200, description = "The counts and the cursor afterwards.", body = Counts),
        (status = 409, description = "The cursor is of another history: fetch the list again."),
    ),
)]
pub async fn mark(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    PathWord(word): PathWord,
    Json(which): Json<Which>,
) -> Result<axum::Json<Counts>, Problem> {
    let state = match word.as_str() {
        "read" => Becomes::Read,
        "unread" => Becomes::Unread,
        "seen" => Becomes::Seen,
        "archive" => Becomes::Archived,
        "unarchive" => Becomes::Restored,
        _ => return Err(AppError::not_found(Thing::Address).into()),
    };
    let marked = match (which.ids, which.through) {
        (Some(ids), None) => Marked::Ids(ids),
        (None, Some(through)) => Marked::Through(through),
        _ => return Err(AppError::field("ids", "notifications-ids-or-through").into()),
    };
    Ok(axum::Json(
        domain.notifications.mark(&actor, &marked, state).await?,
    ))
}
