use std::{borrow::Borrow, sync::Arc, time::Instant};

use crate::hub::{
    Registration, Socket, lock,
    ring::{InboxHead, Ring, Tail},
};

/// The registration of a signed-in socket. Dropping it unregisters the socket.
pub struct InboxRegistration {
    pub(super) registration: Registration,
    pub(super) socket: Arc<Socket>,
}

impl std::ops::Deref for InboxRegistration {
    type Target = Registration;

    fn deref(&self) -> &Registration {
        &self.registration
    }
}

impl Borrow<Registration> for InboxRegistration {
    fn borrow(&self) -> &Registration {
        &self.registration
    }
}

impl InboxRegistration {
    /// The changes after `seq`, if they are in memory.
    pub fn after(&self, seq: u64) -> Tail {
        let rooms = lock(&self.hub.0.rooms);
        rooms
            .users
            .get(&self.socket.user)
            .map_or(Tail::Nothing, |room| room.ring.after(seq))
    }

    /// The greatest known `seq`.
    pub fn head(&self) -> u64 {
        lock(&self.hub.0.rooms)
            .users
            .get(&self.socket.user)
            .map_or(0, |room| room.ring.head())
    }

    /// The inbox head, if its counts are known.
    pub fn inbox_head(&self) -> Option<InboxHead> {
        lock(&self.hub.0.rooms)
            .users
            .get(&self.socket.user)
            .and_then(|room| room.ring.inbox_head())
    }

    /// Records the inbox head read from the database. If it is news, wakes the person's other
    /// sockets here too: the message may be lost, and the sweep would find no difference any more.
    pub fn learn(&self, inbox_head: InboxHead) {
        self.learn_by(|ring| ring.learn_inbox_head(inbox_head));
    }

    /// The same for the `seq` alone.
    pub fn learn_head(&self, head: u64) {
        self.learn_by(|ring| ring.learn(head));
    }

    fn learn_by(&self, learn: impl FnOnce(&mut Ring) -> bool) {
        if let Some(room) = lock(&self.hub.0.rooms).users.get_mut(&self.socket.user)
            && learn(&mut room.ring)
        {
            room.wake();
        }
    }

    /// Whether the head may be outdated: messages may be lost, and the sweep that would find them
    /// is failing.
    pub fn unverified(&self) -> bool {
        self.hub.0.sweep.is_late()
    }
}

impl Drop for InboxRegistration {
    fn drop(&mut self) {
        let mut rooms = lock(&self.hub.0.rooms);
        if let Some(room) = rooms.users.get_mut(&self.socket.user) {
            room.sockets
                .retain(|socket| !Arc::ptr_eq(socket, &self.socket));
            if room.sockets.is_empty() {
                room.left_at = Some(Instant::now());
                room.sockets.shrink_to_fit();
                room.ring.drop_frames();
            }
        }
    }
}
