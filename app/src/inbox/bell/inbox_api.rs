//! The inbox over REST.

use gloo_net::http::Request;
use shared::{
    dto::InboxPage,
    live::{Cursor, FetchFailure},
};

/// Parses a page of the inbox.
pub fn parse(text: &str) -> Option<InboxPage> {
    crate::json::from_str(text).ok()
}

/// Fetches a page of the inbox, as text; `None` if nothing changed since the cursor `known` (304).
pub async fn get(url: &str, known: Option<&Cursor>) -> Result<Option<String>, FetchFailure> {
    let mut request = Request::get(url).header("Accept", "application/json");
    if let Some(cursor) = known {
        request = request.header("If-None-Match", &format!("\"{cursor}\""));
    }
    let answer = request
        .send()
        .await
        .map_err(|_| FetchFailure::Unreachable)?;
    match answer.status() {
        304 => Ok(None),
        401 => Err(FetchFailure::SignedOut),
        200 => answer
            .text()
            .await
            .map(Some)
            .map_err(|_| FetchFailure::Unreachable),
        _ => Err(FetchFailure::Unreachable),
    }
}
