//! What the site does: accounts, artworks, critiques, and the notifications that follow from them.
//!
//! Knows no HTTP and no view. [`Domain`] is the cheap handle everything else is given; its services
//! are the only way to change anything. Who may do what is in [`policy`], who is told what in
//! [`notifications`], how news travels between processes in [`live`].
#![warn(missing_docs)]

pub mod accounts;
pub mod artworks;
mod batch;
pub mod blocking;
pub mod clock;
pub mod critiques;
pub mod entities;
mod error;
pub mod follows;
mod idempotency;
pub mod limits;
pub mod live;
pub mod markdown;
pub mod media;
pub mod notifications;
mod people;
pub mod pictures;
pub mod policy;
mod read_cache;
pub mod seed;
pub mod sessions;
pub mod store;
pub mod throttle;
pub mod upkeep;
mod warnings;
mod watch;

use std::sync::Arc;

pub use error::{Error, Result};
pub use read_cache::CACHE_TTL;
pub use store::Store;
pub use warnings::{Concern, Warnings};

use live::{Bus, Hub};
use upkeep::Upkeep;

/// Everything the site can do, as one handle; cloning it is one reference count.
#[derive(Clone)]
pub struct Domain(Arc<Services>);

impl std::ops::Deref for Domain {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

/// What a [`Domain`] is made of.
pub struct Services {
    /// Registering, signing in, passwords.
    pub accounts: accounts::Accounts,
    /// Signed-in browsers.
    pub sessions: sessions::Sessions,
    /// Works and their pictures.
    pub artworks: artworks::Artworks,
    /// Critiques and helpful marks.
    pub critiques: critiques::Critiques,
    /// Who follows whom.
    pub follows: follows::Follows,
    /// How much one account and one network may do.
    pub limits: limits::Limits,
    /// Inboxes.
    pub notifications: notifications::Notifications,
    /// Sockets of this process and what wakes them.
    pub hub: Hub,
    /// How background tasks stand.
    pub upkeep: Upkeep,
    /// The database.
    pub store: Store,
    bus: Arc<dyn Bus>,
    /// What is wrong around this node.
    pub warnings: Warnings,
}

impl Domain {
    /// Clears away what is over: sessions that have expired, and what inboxes no longer need to
    /// keep.
    ///
    /// # Errors
    /// When the database refuses; what was cleared away till then stays so.
    pub async fn clean_up(&self) -> Result<()> {
        let sessions = upkeep::within(
            std::time::Duration::from_mins(1),
            self.sessions.delete_expired(),
        )
        .await?;
        let changes = self.notifications.prune(clock::now()).await?;
        self.artworks.prune(clock::now()).await?;
        self.store.tidy_processes().await?;
        if sessions + changes > 0 {
            tracing::info!(sessions, changes, "cleaned up");
        }
        Ok(())
    }

    /// Puts the services together over a connected store, a media folder and a bus.
    ///
    /// A new work is told lazily to more followers than `lazy_from`; see
    /// [`notifications::LAZY_FROM`].
    pub fn new(
        store: Store,
        media: media::Media,
        bus: &Arc<dyn Bus>,
        passwords: accounts::Passwords,
        lazy_from: i64,
    ) -> Self {
        let notifications = notifications::Notifications::new(store.clone(), lazy_from);
        let renderer = markdown::Renderer::default();
        let upkeep = Upkeep::default();
        Self(Arc::new(Services {
            accounts: accounts::Accounts::new(store.clone(), passwords),
            sessions: sessions::Sessions::new(store.clone()),
            artworks: artworks::Artworks::new(
                store.clone(),
                media,
                notifications.clone(),
                renderer.clone(),
            ),
            critiques: critiques::Critiques::new(store.clone(), notifications.clone(), renderer),
            follows: follows::Follows::new(store.clone()),
            limits: limits::Limits::default(),
            hub: Hub::new(
                bus,
                notifications.clone(),
                sessions::Sessions::new(store.clone()),
                upkeep.clone(),
            ),
            notifications,
            upkeep,
            store,
            bus: bus.clone(),
            warnings: Warnings::default(),
        }))
    }

    /// Tells other nodes what they have not been told yet, and that this process goes. Its last
    /// act.
    pub async fn leave(&self) {
        // Others see it in a while anyway.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), self.store.leave()).await;
        self.bus.leave().await;
    }
}
