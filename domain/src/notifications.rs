//! Events, notifications, and the only module that writes inboxes.
//!
//! A service says what it did (`tell`, `broadcast`); that becomes an event (`events`), which is
//! routed to recipients (`routing`) and delivered to their inboxes (`deliver`).
//!
//! Every change to an inbox is part of the transaction of the event that causes it and takes the
//! recipient's next `seq`; the row lock on `recipient` makes the order of `seq` the order of
//! commits. Each change writes one row of `inbox_change`, from which a reconnecting socket is sent
//! exactly the frames that it missed, and one [`Message::Inbox`] for the open sockets.

mod announcement;
mod broadcast;
mod compat;
mod deliver;
mod events;
pub(crate) mod fan_out;
mod feed;
mod inbox;
mod items;
mod marks;
mod retention;
mod reword;
mod routing;
mod tell;

use std::sync::Arc;

use feed::FirstPage;
pub use feed::{Filter, Replay};
use shared::{
    UserId,
    dto::Counts,
    live::{Cursor, ServerFrame},
};
pub(crate) use tell::Posted;

use crate::{
    Error, Result, Store,
    bus::Message,
    entities::recipient,
    store::{Cache, Reach, Txn},
};

/// Default number of followers above which a new artwork is broadcast lazily: a notification is
/// written when its recipient comes online.
pub const LAZY_FROM: i64 = 20_000;

/// Inboxes kept in the read cache.
const MAX_CACHED: usize = 1_000;

/// The inboxes of all people.
#[derive(Clone)]
pub struct Notifications {
    store: Store,
    /// Above this number of followers, a new artwork is broadcast lazily.
    lazy_from: i64,
    latest: Arc<broadcast::Latest>,
    first_pages: Cache<UserId, Arc<FirstPage>>,
}

impl Notifications {
    pub(crate) fn new(store: Store, lazy_from: i64) -> Self {
        Self {
            first_pages: store.cache(Reach::AloneOnly, MAX_CACHED),
            store,
            lazy_from,
            latest: Arc::default(),
        }
    }

    fn cursor(&self, seq: i64) -> Cursor {
        Cursor::new(self.store.epoch(), unsigned(seq))
    }

    fn counts_of(&self, row: &recipient::Model) -> Counts {
        Counts {
            cursor: self.cursor(row.seq),
            unseen: count(row.unseen),
            unread: count(row.unread),
        }
    }

    /// Sends a change's frame to the recipient's sockets once the transaction has committed.
    fn publish(txn: &mut Txn, inbox: &recipient::Model, frame: &ServerFrame) -> Result<()> {
        let (user, seq) = (UserId(inbox.account_id), unsigned(inbox.seq));
        let (unseen, unread) = (count(inbox.unseen), count(inbox.unread));
        // The commit sets the time.
        txn.publish(Message::Inbox {
            user,
            seq,
            frame: json(frame)?,
            at: 0,
            unseen,
            unread,
        });
        Ok(())
    }
}

/// A frame as JSON text.
fn json(frame: &ServerFrame) -> Result<bytes::Bytes> {
    serde_json::to_vec(frame)
        .map(Into::into)
        .map_err(Error::internal)
}

/// Counters are never negative. If one were, it would show as zero rather than as four billion.
fn count(n: i64) -> u32 {
    u32::try_from(n.max(0)).unwrap_or(u32::MAX)
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
