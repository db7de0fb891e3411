use leptos::prelude::*;
#[cfg(feature = "ssr")]
use shared::paths;

#[cfg(feature = "ssr")]
use crate::failure::answer;
#[cfg(feature = "ssr")]
use crate::request::{actor, domain, go};
use crate::{Failure, json::Answer};

/// Follows or unfollows an artist. Returns the artist's number of followers.
#[server(endpoint = "follow", output = Answer)]
pub async fn follow(handle: String, follow: bool) -> Result<i64, Failure> {
    let (domain, actor) = (domain()?, actor()?);
    let followers = answer(domain.follows.set(&actor, &handle, follow).await)?;
    go(&paths::person(&handle.to_lowercase()));
    Ok(followers)
}
