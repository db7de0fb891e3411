//! What is said over the socket of somebody who is not signed in: that works in view have changed.

use domain::live::Registration;
use shared::live::{ClientFrame, Cursor, ServerFrame, close};

use super::connection::{Conversation, End, Outgoing};

/// See the module.
pub struct GuestFeed {
    /// Where a guest's inbox would be, since a beat names a place.
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
    /// A first beat says that the socket is heard.
    async fn greet(&mut self, out: &mut Outgoing<'_>) -> Result<(), End> {
        out.frame(&ServerFrame::Beat {
            cursor: self.cursor.clone(),
            unverified: false,
        })
        .await
    }

    async fn catch_up(&mut self, out: &mut Outgoing<'_>) -> Result<(), End> {
        for id in self.registration.touched() {
            out.frame(&ServerFrame::Artwork { id }).await?;
        }
        self.registration
            .ended()
            .map_or(Ok(()), |code| Err(End::Code(code)))
    }

    async fn woken(&self) {
        self.registration.woken().await;
    }

    fn beat(&self) -> Option<ServerFrame> {
        Some(ServerFrame::Beat {
            cursor: self.cursor.clone(),
            unverified: false,
        })
    }

    /// Guests are sent works and beats, and nothing else.
    fn says_goodbye(&self) -> bool {
        false
    }

    fn hear(&mut self, text: &str) -> Result<(), End> {
        match serde_json::from_str(text) {
            Ok(ClientFrame::Watch { artwork_id }) => self.registration.watch(artwork_id),
            Ok(ClientFrame::Unwatch { artwork_id }) => self.registration.unwatch(artwork_id),
            Ok(ClientFrame::Ack { .. }) => {}
            Err(_) => return Err(End::Code(close::BAD_FRAME)),
        }
        Ok(())
    }
}
