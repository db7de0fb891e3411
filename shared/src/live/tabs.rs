use serde::{Deserialize, Serialize};

use super::{Cursor, Link};
use crate::{ArtworkId, NotificationId};

/// A tab's name among its peers: random, made when the page is.
pub type TabId = u32;

/// What the tabs of one browser, signed in as one person, tell each other. The leader holds the
/// socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeerMessage {
    /// From the leader: the text of a frame as it came.
    Frame(String),
    /// From the leader: the text that a fetch brought, and the cursor it was asked with; who has
    /// not come that far can't use it.
    Changes(Cursor, String),
    /// From the leader: how the connection stands.
    Link(Link),
    /// From a new leader: say that you are there.
    RollCall,
    /// From anyone: this tab is there, and whether a person can see it.
    Present(TabId, bool),
    /// From the leader to the tab a person is looking at: show these, which frames have brought it.
    Announce(TabId, Vec<NotificationId>),
    /// From a tab to the leader: these works are in view there now.
    Viewing(TabId, Vec<ArtworkId>),
    /// The session is over.
    SignedOut,
}

/// What a leader knows of the other tabs, to have exactly one of them speak.
#[derive(Clone, Debug)]
pub struct Tabs {
    me: TabId,
    visible: bool,
    /// Visible peers; the one that came into view last is last.
    seen: Vec<TabId>,
}

impl Tabs {
    /// A tab among peers it has not heard of yet.
    pub const fn new(me: TabId, visible: bool) -> Self {
        Self {
            me,
            visible,
            seen: Vec::new(),
        }
    }

    /// This tab's name.
    pub const fn me(&self) -> TabId {
        self.me
    }

    /// This tab came into view or left it.
    pub const fn show(&mut self, visible: bool) {
        self.visible = visible;
    }

    /// A peer told of itself; one that goes away says that it is not visible.
    pub fn heard(&mut self, tab: TabId, visible: bool) {
        self.seen.retain(|peer| *peer != tab);
        if visible && tab != self.me {
            self.seen.push(tab);
        }
    }

    /// The one tab to announce in: this one if a person can see it, else the peer they looked at
    /// last, else this one.
    pub fn speaker(&self) -> TabId {
        if self.visible {
            self.me
        } else {
            self.seen.last().copied().unwrap_or(self.me)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tabs;

    #[test]
    fn one_tab_speaks_and_it_is_one_in_view() {
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
