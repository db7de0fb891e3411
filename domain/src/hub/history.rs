use shared::live::close;

use crate::hub::{Hub, lock, ring::Ring};

impl Hub {
    /// Clears the rings and closes the sockets, so that clients reconnect, after a restore has
    /// changed the epoch of the database.
    pub(crate) fn start_over(&self) {
        let mut rooms = lock(&self.0.rooms);
        rooms.users.retain(|_, room| !room.sockets.is_empty());
        for room in rooms.users.values_mut() {
            room.ring = Ring::default();
            room.sockets
                .iter()
                .for_each(|socket| socket.end(close::DRAINING));
        }
    }
}
