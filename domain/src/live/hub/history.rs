use shared::live::close;

use super::{Hub, lock};
use crate::live::ring::Ring;

impl Hub {
    /// Begins anew after the database's history has changed: what rings hold is of the old one, and
    /// sockets come back to start over.
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
