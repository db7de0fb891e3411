use serde::{Deserialize, Serialize};

use super::{Cursor, Link};
use crate::{ArtworkId, NotificationId};

/// The id of a tab among the tabs of one browser, chosen at random when the page loads.
pub type TabId = u32;

/// A message between the tabs of one browser that are signed in as the same person. The leader
/// holds the socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeerMessage {
    /// From the leader: the unparsed text of a frame.
    Frame(String),
    /// From the leader: the unparsed body of a fetch, and the cursor of its request. Tabs behind
    /// that cursor can't use it.
    Changes(Cursor, String),
    /// From the leader: the state of the connection.
    Link(Link),
    /// From a new leader: asks every tab to send [`PeerMessage::Present`].
    RollCall,
    /// From any tab: it exists, and whether it is visible.
    Present(TabId, bool),
    /// From the leader to the visible tab: announce these notifications, which frames have already
    /// delivered.
    Announce(TabId, Vec<NotificationId>),
    /// From a tab to the leader: the artworks now in view.
    Viewing(TabId, Vec<ArtworkId>),
    /// The session ended.
    SignedOut,
}

/// The tabs that a leader knows of, to choose the one that announces.
#[derive(Clone, Debug)]
pub struct Tabs {
    me: TabId,
    visible: bool,
    /// Visible peers, most recently shown last.
    visible_peers: Vec<TabId>,
}

impl Tabs {
    /// A tab that knows no peers yet.
    pub const fn new(me: TabId, visible: bool) -> Self {
        Self {
            me,
            visible,
            visible_peers: Vec::new(),
        }
    }

    /// The id of this tab.
    pub const fn me(&self) -> TabId {
        self.me
    }

    /// Records whether this tab is visible.
    pub const fn show(&mut self, visible: bool) {
        self.visible = visible;
    }

    /// Records the visibility of a peer. A closing peer reports that it is not visible.
    pub fn heard(&mut self, tab: TabId, visible: bool) {
        self.visible_peers.retain(|peer| *peer != tab);
        if visible && tab != self.me {
            self.visible_peers.push(tab);
        }
    }

    /// The tab that announces: this one if visible, else the most recently shown visible peer, else
    /// this one.
    pub fn speaker(&self) -> TabId {
        if self.visible {
            self.me
        } else {
            self.visible_peers.last().copied().unwrap_or(self.me)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tabs;

    #[test]
    fn exactly_one_tab_announces_preferably_a_visible_one() {
        let mut tabs = Tabs::new(1, true);
        tabs.heard(2, true);
        assert_eq!(tabs.speaker(), 1);
        tabs.show(false);
        assert_eq!(tabs.speaker(), 2);
        tabs.heard(3, true);
        assert_eq!(tabs.speaker(), 3);
        tabs.heard(3, false);
        tabs.heard(2, false);
        assert_eq!(
            tabs.speaker(),
            1,
            "with none in view the leader keeps it for when it is"
        );
    }
}
