//! The messages of a socket that only watches: changes to the artworks in view.

use std::borrow::Borrow;

use domain::hub::Registration;
use shared::live::{ClientFrame, Cursor, ServerFrame, close};

use crate::http::live::{
    connection::{Conversation, End, Outgoing},
    expiry::Expiry,
};

/// Sends a guest, or a program with a token, the artworks that changed.
pub struct WatchFeed<R> {
    /// Heartbeats carry a cursor; this socket has no inbox, so the cursor stays at 0.
    cursor: Cursor,
    registration: R,
    expiry: Expiry,
}

impl<R: Borrow<Registration>> WatchFeed<R> {
    pub fn new(epoch: &str, registration: R, expiry: Expiry) -> Self {
        Self {
            cursor: Cursor::new(epoch, 0),
            registration,
            expiry,
        }
    }

    fn registration(&self) -> &Registration {
        self.registration.borrow()
    }
}

impl<R: Borrow<Registration> + Send + Sync> Conversation for WatchFeed<R> {
    /// Sends a heartbeat, which confirms that the socket works.
    async fn open(&mut self, out: &mut Outgoing<'_>) -> Result<(), End> {
        out.frame(&ServerFrame::Beat {
            cursor: self.cursor.clone(),
            unverified: false,
        })
        .await
    }

    async fn catch_up(&mut self, out: &mut Outgoing<'_>) -> Result<(), End> {
        self.expiry.check()?;
        crate::http::live::send_watched(self.registration(), out).await
    }

    async fn wait(&self) {
        tokio::select! {
            () = self.registration().woken() => {}
            () = self.expiry.reached() => {}
        }
    }

    fn beat(&self) -> Option<ServerFrame> {
        Some(ServerFrame::Beat {
            cursor: self.cursor.clone(),
            unverified: false,
        })
    }

    /// Such a socket gets only artwork and heartbeat frames.
    fn says_goodbye(&self) -> bool {
        false
    }

    fn received(&mut self, text: &str) -> Result<(), End> {
        match serde_json::from_str(text) {
            Ok(ClientFrame::Watch { artwork_id }) => self.registration().watch(artwork_id),
            Ok(ClientFrame::Unwatch { artwork_id }) => self.registration().unwatch(artwork_id),
            Ok(ClientFrame::Ack { .. }) => {}
            Err(_) => return Err(End::Code(close::BAD_FRAME)),
        }
        Ok(())
    }
}
