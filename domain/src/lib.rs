//! What the site does: accounts, artworks, critiques, and the notifications that follow from them.
//!
//! Knows no HTTP and no view. [`Domain`] is the cheap handle everything else is given; its services are the only
//! way to change anything. Who may do what is in [`policy`], who is told what in [`notifications`], how news travels
//! between processes in [`live`].
#![warn(missing_docs)]

pub mod accounts;
pub mod artworks;
pub mod clock;
pub mod critiques;
pub mod entities;
mod error;
pub mod live;
pub mod markdown;
pub mod media;
pub mod notifications;
mod people;
pub mod policy;
pub mod seed;
pub mod sessions;
pub mod store;
pub mod throttle;

use std::sync::Arc;

pub use error::{Error, Result};
pub use store::Store;

use live::{Bus, Hub};

/// Everything the site can do, as one handle; cloning it is a few reference counts.
#[derive(Clone)]
pub struct Domain {
    /// Registering, signing in, passwords.
    pub accounts: accounts::Accounts,
    /// Signed-in browsers.
    pub sessions: sessions::Sessions,
    /// Works and their pictures.
    pub artworks: artworks::Artworks,
    /// Critiques and helpful marks.
    pub critiques: critiques::Critiques,
    /// Inboxes.
    pub notifications: notifications::Notifications,
    /// Sockets of this process and what wakes them.
    pub hub: Hub,
    /// The database.
    pub store: Store,
}

impl Domain {
    /// Puts the services together over a connected store, a media folder and a bus.
    pub fn new(store: Store, media: media::Media, bus: &Arc<dyn Bus>, passwords: accounts::Passwords) -> Self {
        let notifications = notifications::Notifications::new(store.clone());
        Self {
            accounts: accounts::Accounts::new(store.clone(), passwords),
            sessions: sessions::Sessions::new(store.clone()),
            artworks: artworks::Artworks::new(store.clone(), media, notifications.clone()),
            critiques: critiques::Critiques::new(store.clone(), notifications.clone()),
            hub: Hub::new(bus, notifications.clone(), sessions::Sessions::new(store.clone())),
            notifications,
            store,
        }
    }
}
