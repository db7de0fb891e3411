#[cfg(feature = "ssr")]
use domain::notifications::Filter;
use leptos::{prelude::*, server_fn::codec::GetUrl};
#[cfg(feature = "ssr")]
use shared::{AppError, dto::Marked, paths};
use shared::{
    NotificationId,
    dto::InboxPage,
    live::{Cursor, State},
};
#[cfg(feature = "ssr")]
use words::codes;

#[cfg(feature = "ssr")]
use crate::failure::answer;
#[cfg(feature = "ssr")]
use crate::request::{actor, domain, go};
use crate::{Failure, json::Answer};

/// A page of the viewer's inbox.
#[server(endpoint = "list_notifications", input = GetUrl, output = Answer)]
pub async fn list_notifications(
    unread: bool,
    before: Option<NotificationId>,
) -> Result<InboxPage, Failure> {
    let (domain, actor) = (domain()?, actor()?);
    let filter = if unread { Filter::Unread } else { Filter::All };
    answer(domain.notifications.page(&actor, filter, before, 20).await)
}

/// Marks one notification, or all up to a cursor.
#[server(endpoint = "mark_notifications", output = Answer)]
pub async fn mark_notifications(
    state: State,
    id: Option<NotificationId>,
    through: Option<Cursor>,
    #[server(default)] next: String,
) -> Result<(), Failure> {
    let (domain, actor) = (domain()?, actor()?);
    let marked = match (id, through) {
        (Some(id), None) => Marked::Ids(vec![id]),
        (None, Some(through)) => Marked::Through(through),
        _ => {
            return answer(Err(AppError::field("id", codes::NOTIFICATIONS_WHICH)));
        }
    };
    answer(domain.notifications.mark(&actor, &marked, state).await)?;
    go(if next == "unread" {
        paths::UNREAD_NOTIFICATIONS
    } else {
        paths::NOTIFICATIONS
    });
    Ok(())
}
