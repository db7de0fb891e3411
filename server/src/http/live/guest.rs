//! The messages of a guest's socket: changes to the artworks in view.

use domain::hub::Registration;
use shared::live::{ClientFrame, Cursor, ServerFrame, close};

use crate::http::live::connection::{Conversation, End, Outgoing};

/// Sends a guest the artworks that changed.
pub struct GuestFeed {
    /// Heartbeats carry a cursor; a guest has no inbox, so this one stays at 0.
    cursor: Cursor,
    registration: Registration,
}

impl GuestFeed {
    pub fn new(epoch: &str, registration: Registration) -> Self {
        Self {
            cursor: Cursor::new(epoch, 0),
            registration,
        }
    }
}

impl Conversation for GuestFeed {
    /// Sends a heartbeat, which confirms that the socket works.
    async fn open(&mut self, out: &mut Outgoing<'_>) -> Result<(), End> {
        out.frame(&ServerFrame::Beat {
            cursor: self.cursor.clone(),
            unverified: false,
        })
        .await
    }

    async fn catch_up(&mut self, out: &mut Outgoing<'_>) -> Result<(), End> {
        crate::http::live::send_watched(&self.registration, out).await
    }

    async fn wait(&self) {
        self.registration.woken().await;
    }

    fn beat(&self) -> Option<ServerFrame> {
        Some(ServerFrame::Beat {
            cursor: self.cursor.clone(),
            unverified: false,
        })
    }

    /// Guests get only artwork and heartbeat frames.
    fn says_goodbye(&self) -> bool {
        false
    }

    fn received(&mut self, text: &str) -> Result<(), End> {
        match serde_json::from_str(text) {
            Ok(ClientFrame::Watch { artwork_id }) => self.registration.watch(artwork_id),
            Ok(ClientFrame::Unwatch { artwork_id }) => self.registration.unwatch(artwork_id),
            Ok(ClientFrame::Ack { .. }) => {}
            Err(_) => return Err(End::Code(close::BAD_FRAME)),
        }
        Ok(())
    }
}
