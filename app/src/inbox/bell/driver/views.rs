//! Which artworks the server watches: those in view in any tab.

use shared::live::{ClientFrame, PeerMessage};

use crate::inbox::bell::driver::{Driver, watching};

impl Driver {
    /// Handles a change of the artworks in view in this tab.
    pub fn views_changed(&self) {
        let (tab, works) = (self.tabs.borrow().me(), watching::viewed());
        if self.bell.borrow().leads() {
            self.watch_what_is_viewed();
        } else {
            self.tell(&PeerMessage::Viewing(tab, works));
        }
    }

    /// Asks the server to watch exactly the artworks in view in all tabs.
    pub(super) fn watch_what_is_viewed(&self) {
        let elsewhere = self.views.borrow();
        let wanted = watching::each_once(
            watching::viewed()
                .into_iter()
                .chain(elsewhere.iter().flat_map(|(_, works)| works).copied()),
        );
        let mut watched = self.watched.borrow_mut();
        let (Some(watched), Some(socket)) = (watched.as_mut(), &*self.socket.borrow()) else {
            return;
        };
        for artwork_id in watched.iter().filter(|id| !wanted.contains(id)).copied() {
            socket.say(&ClientFrame::Unwatch { artwork_id });
        }
        for artwork_id in wanted.iter().filter(|id| !watched.contains(id)).copied() {
            socket.say(&ClientFrame::Watch { artwork_id });
        }
        *watched = wanted;
    }
}
