//! What the site does: accounts, artworks, critiques, and the notifications that follow from them.
//!
//! Contains no HTTP and no views. [`Domain`] is the cheap handle that the other crates use; its
//! services are the only way to change anything. Authorization is in [`policy`], the choice of
//! recipients in [`notifications`], messages between processes in [`bus`] and [`hub`], and mail in
//! [`channels`].
#![warn(missing_docs)]

pub mod accounts;
pub mod artworks;
pub mod blocking;
pub mod bus;
pub mod channels;
mod clean_up;
pub mod clock;
mod credential;
pub mod critiques;
pub mod entities;
mod error;
pub mod hub;
mod idempotency;
pub mod jobs;
pub mod languages;
pub mod limits;
pub mod markdown;
pub mod notifications;
pub mod policy;
mod session_key;
mod site_id;
pub mod store;
pub mod upkeep;
mod warnings;
mod watch;
mod work_rows;

use std::sync::Arc;

use bus::Bus;
pub use credential::{Credential, TokenKey};
pub use error::{Error, Result};
use hub::Hub;
pub use languages::Languages;
pub use session_key::SessionKey;
pub use site_id::SiteId;
pub use store::Store;
use upkeep::Upkeep;
pub use warnings::{Concern, Warnings};

/// All services of the site behind one handle. Cloning it increments a reference count.
#[derive(Clone)]
pub struct Domain(Arc<Services>);

impl std::ops::Deref for Domain {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

/// The services of a [`Domain`].
pub struct Services {
    /// Registering, signing in, passwords.
    pub accounts: accounts::Accounts,
    /// Links in mails: verifying addresses, resetting passwords.
    pub recovery: accounts::Recovery,
    /// Sessions of signed-in browsers.
    pub sessions: accounts::Sessions,
    /// Personal tokens of programs.
    pub tokens: accounts::Tokens,
    /// Artworks and their pictures.
    pub artworks: artworks::Artworks,
    /// Critiques and helpful marks.
    pub critiques: critiques::Critiques,
    /// Follows between accounts.
    pub follows: accounts::Follows,
    /// Rate limits per account and per network.
    pub limits: limits::Limits,
    /// Inboxes.
    pub notifications: notifications::Notifications,
    /// This process's open sockets, and the messages that wake them.
    pub hub: Hub,
    /// The job queue and its runner.
    pub jobs: jobs::Jobs,
    /// The health of background tasks.
    pub upkeep: Upkeep,
    /// The database.
    pub store: Store,
    bus: Arc<dyn Bus>,
    /// The current warnings about this node's surroundings.
    pub warnings: Warnings,
}

impl Domain {
    /// Builds the services over a connected store, a media folder, a bus and a mailer.
    ///
    /// A new artwork's notifications are written lazily if the artist has more followers than
    /// `lazy_from`; see [`notifications::LAZY_FROM`].
    pub fn new(
        store: Store,
        media: artworks::Media,
        bus: &Arc<dyn Bus>,
        passwords: accounts::Passwords,
        mailer: channels::mail::Mailer,
        lazy_from: i64,
    ) -> Self {
        let notifications = notifications::Notifications::new(store.clone(), lazy_from);
        let renderer = markdown::Renderer::default();
        let upkeep = Upkeep::default();
        let actors = accounts::Actors::new(&store);
        let sessions = accounts::Sessions::new(store.clone(), actors.clone());
        let tokens = accounts::Tokens::new(store.clone());
        let artworks = artworks::Artworks::new(
            store.clone(),
            media,
            notifications.clone(),
            renderer.clone(),
        );
        let recovery = accounts::Recovery::new(store.clone(), passwords.clone(), mailer);
        // Every kind of job has its handler here.
        let handlers = clean_up::register(
            recovery.register(jobs::Handlers::default()),
            &store,
            &sessions,
            &tokens,
            &recovery,
            &artworks,
            &notifications,
        );
        let handlers = jobs::register_probe(handlers);
        let handlers = notifications::fan_out::register(handlers, &store, &notifications);
        let jobs = jobs::Jobs::new(store.clone(), handlers, jobs::Pace::default(), &upkeep);
        Self(Arc::new(Services {
            accounts: accounts::Accounts::new(store.clone(), passwords, sessions.clone(), actors),
            recovery,
            artworks,
            critiques: critiques::Critiques::new(store.clone(), notifications.clone(), renderer),
            follows: accounts::Follows::new(store.clone()),
            limits: limits::Limits::default(),
            hub: Hub::new(
                bus,
                notifications.clone(),
                sessions.clone(),
                tokens.clone(),
                jobs.clone(),
                upkeep.clone(),
            ),
            sessions,
            tokens,
            jobs,
            notifications,
            upkeep,
            store,
            bus: bus.clone(),
            warnings: Warnings::default(),
        }))
    }

    /// Starts the background checks besides the bus: messages of commands, a new epoch, nodes out
    /// of reach, a replaced database, a wrong picture folder. Dropping the returned set stops them.
    pub fn watch(&self) -> tokio::task::JoinSet<()> {
        let watch = watch::Watch {
            store: self.store.clone(),
            hub: self.hub.clone(),
            media: self.artworks.media().clone(),
            warnings: self.warnings.clone(),
        };
        watch.start()
    }

    /// Sends the remaining messages to other nodes and deletes this node's row. Call it last in a
    /// shutdown.
    pub async fn leave(&self) {
        // If the deletion fails, the row expires.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), self.store.leave()).await;
        self.bus.leave().await;
    }
}
