//! Signed-in browsers: the store behind tower-sessions, and the list of sessions in the settings.
//!
//! The database stores a hash of the id in the cookie, so a leaked backup can't be used to sign in.
//! Saving only updates: a slow request that loaded a session before a sign-out can't recreate it.

mod backend;
mod browser;
mod cookie;
mod ending;
mod signed_in;

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use backend::{find_all, row};
pub use browser::Browser;
pub use cookie::{CookieChange, SessionCookie};
use ending::Ending;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::Expr,
};
use shared::{
    AppError, SessionId, Thing, UserId,
    dto::{Page, SessionView},
};
pub use signed_in::SignedIn;
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};

use crate::{
    Error, Result, Store,
    accounts::{Actors, Proven},
    bus::Message,
    clock::{now, timestamp},
    entities::session::{Column, Entity},
    limits::Network,
    policy::{self, Actor},
    session_key::SessionKey,
    store::{ACQUIRE_TIMEOUT, Cache, Reach, Txn, batch::Batcher, change},
};

/// Days until an unused session expires.
pub const LIFE_DAYS: i64 = 30;
const LIFE_MS: i64 = LIFE_DAYS * 24 * 60 * 60 * 1_000;

/// The key of [`SignedIn`] in a session's record.
pub const SIGNED_IN: &str = "signed_in";
/// Expired sessions deleted per transaction.
const BATCH: u64 = 500;
/// Sessions per page of the list.
const PAGE: u64 = 50;

/// Maximum tries to end a session in the database after a commit in doubt. The backoff doubles from
/// 1 s to 32 s, so they take about an hour.
const MAX_END_TRIES: u32 = 120;

/// Maximum concurrent queries for sessions. When all of a node's sockets reconnect, nearly all
/// reads are of sessions, which cost most when read one by one; a second lane keeps a hung
/// connection from blocking every request.
const MAX_CONCURRENT_READS: usize = 2;

/// Sessions kept in the read cache.
const MAX_CACHED: usize = 20_000;

/// All sessions.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    /// Batches session reads by lane; lanes are assigned round-robin.
    loads: Arc<Batcher<usize, SessionKey, Option<Found>>>,
    lane: Arc<AtomicUsize>,
    ending: Arc<Ending>,
    stored: Cache<SessionKey, StoredSession>,
    actors: Actors,
}

/// A session as stored in the database.
#[derive(Clone)]
struct StoredSession {
    data: Box<str>,
    expiry: OffsetDateTime,
}

/// A session with its account.
#[derive(Clone)]
struct Found {
    session: StoredSession,
    person: Option<Proven>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

impl Sessions {
    pub(crate) fn new(store: Store, actors: Actors) -> Self {
        Self {
            stored: store.cache(Reach::EveryNode, MAX_CACHED),
            actors,
            store,
            loads: Batcher::of_reads("sessions", ACQUIRE_TIMEOUT),
            lane: Arc::default(),
            ending: Arc::default(),
        }
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// Creates a session within a transaction, without a request. Returns the cookie value.
    ///
    /// # Errors
    /// On a database error.
    pub async fn begin(txn: &Txn, signed_in: SignedIn) -> Result<String> {
        Self::begin_in(txn, signed_in)
            .await
            .map(|(_, cookie)| cookie)
    }

    /// As [`Self::begin`]; returns the session's key and the cookie value.
    async fn begin_in(txn: &Txn, signed_in: SignedIn) -> Result<(SessionKey, String)> {
        let value = serde_json::to_value(signed_in).map_err(Error::internal)?;
        let expiry_date = OffsetDateTime::now_utc() + time::Duration::days(LIFE_DAYS);
        let record = Record {
            id: Id::default(),
            data: [(SIGNED_IN.to_owned(), value)].into(),
            expiry_date,
        };
        Entity::insert(row(&record).map_err(Error::internal)?)
            .exec_without_returning(txn.db())
            .await?;
        Ok((SessionKey::of(record.id), record.id.to_string()))
    }

    /// A page of the actor's live sessions, last seen first. `before` is the `next` of the previous
    /// page.
    ///
    /// # Errors
    /// [`shared::Kind::Forbidden`] by [`policy::manage_account`]; [`shared::Kind::Invalid`] for a
    /// malformed `before`, or when the database can't be read.
    pub async fn list(
        &self,
        actor: &Actor,
        current: Option<&SessionKey>,
        before: Option<&str>,
    ) -> Result<Page<SessionView>> {
        policy::manage_account(actor)?;
        let mut query = Entity::find()
            .filter(Column::AccountId.eq(actor.id.0))
            .filter(Column::ExpiresAt.gt(now()))
            .order_by_desc(Column::SeenAt)
            .order_by_desc(Column::Id)
            .limit(PAGE + 1);
        if let Some(before) = before {
            let place = before
                .split_once('-')
                .and_then(|(seen, id)| Some((seen.parse::<i64>().ok()?, id.parse::<i64>().ok()?)));
            let (seen, id) = place.ok_or_else(|| AppError::field("before", "page-cursor"))?;
            let then = Condition::all()
                .add(Column::SeenAt.eq(seen))
                .add(Column::Id.lt(id));
            query = query.filter(Condition::any().add(Column::SeenAt.lt(seen)).add(then));
        }
        let mut rows = query.all(self.store.readers()).await?;
        let more = rows.len() as u64 > PAGE;
        rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        let next = rows
            .last()
            .filter(|_| more)
            .map(|row| format!("{}-{}", row.seen_at, row.id));
        let current = current.map(SessionKey::text);
        let view = |row: crate::entities::session::Model| SessionView {
            id: SessionId(row.id),
            current: current.as_deref() == Some(row.key_hash.as_str()),
            agent: row.agent,
            address: row.address,
            signed_in_at: timestamp(row.created_at),
            seen_at: timestamp(row.seen_at),
        };
        Ok(Page {
            items: rows.into_iter().map(view).collect(),
            next,
        })
    }

    /// Ends one of the actor's sessions and closes its sockets.
    ///
    /// # Errors
    /// [`shared::Kind::Forbidden`] by [`policy::manage_account`]; [`shared::Kind::NotFound`] if the
    /// session is gone or belongs to another user, or when the database can't be written.
    pub async fn revoke(&self, actor: &Actor, id: SessionId) -> Result<()> {
        policy::manage_account(actor)?;
        let ended = self
            .end(
                Condition::all()
                    .add(Column::Id.eq(id.0))
                    .add(Column::AccountId.eq(actor.id.0)),
            )
            .await?;
        if ended == 0 {
            Err(AppError::not_found(Thing::Session).into())
        } else {
            Ok(())
        }
    }

    /// Updates the stamp in all of the user's sessions after the same password was rehashed.
    pub(crate) async fn restamp(txn: &mut Txn, user: UserId, stamp: &str) -> Result<()> {
        for row in Entity::find()
            .filter(Column::AccountId.eq(user.0))
            .all(txn.db())
            .await?
        {
            let mut data: serde_json::Value =
                serde_json::from_str(&row.data).map_err(Error::internal)?;
            data[SIGNED_IN]["stamp"] = stamp.into();
            let update =
                Entity::update_many().col_expr(Column::Data, Expr::value(data.to_string()));
            update.filter(Column::Id.eq(row.id)).exec(txn.db()).await?;
            if let Some(key) = SessionKey::parse(&row.key_hash) {
                txn.publish(Message::SessionChanged(key));
            }
        }
        txn.publish(Message::AccountChanged(user));
        Ok(())
    }

    /// Deletes sessions and tells every node to close their sockets.
    async fn end(&self, which: Condition) -> Result<usize> {
        change!(self.store, true, |txn| Self::end_in(txn, which.clone())
            .await)
    }

    async fn end_in(txn: &mut Txn, which: Condition) -> Result<usize> {
        let ended = Entity::delete_many()
            .filter(which)
            .exec_with_returning(txn.db())
            .await?;
        for row in &ended {
            if let Some(key) = SessionKey::parse(&row.key_hash) {
                txn.publish(Message::SessionEnded(key));
            }
        }
        Ok(ended.len())
    }

    /// Whether the session is live, according to this node's cache or, on a miss, the database.
    /// Subscribe to the session's end before calling this; otherwise an end in between is missed.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn is_alive(&self, key: &SessionKey) -> Result<bool> {
        if self.ending.holds(key) {
            return Ok(false);
        }
        if self.cached(key).is_some() {
            return Ok(true);
        }
        Ok(self.alive(std::iter::once(key)).await?.contains(key))
    }

    /// The live ones among these sessions.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn alive(
        &self,
        keys: impl Iterator<Item = &SessionKey>,
    ) -> Result<HashSet<SessionKey>> {
        let keys: Vec<String> = keys.map(SessionKey::text).collect();
        let rows: Vec<String> = Entity::find()
            .select_only()
            .column(Column::KeyHash)
            .filter(Column::KeyHash.is_in(keys))
            .filter(Column::ExpiresAt.gt(now()))
            .into_tuple()
            .all(self.store.readers())
            .await?;
        Ok(rows
            .iter()
            .filter_map(|key| SessionKey::parse(key))
            .collect())
    }

    /// A cached session that has not expired.
    fn cached(&self, key: &SessionKey) -> Option<StoredSession> {
        self.stored
            .get(key)
            .filter(|session| session.expiry > OffsetDateTime::now_utc())
    }

    /// Reads a session, batched with concurrent reads.
    async fn find(&self, key: &SessionKey) -> Result<Option<Found>> {
        let store = self.store.clone();
        let lane = self.lane.fetch_add(1, Ordering::Relaxed) % MAX_CONCURRENT_READS;
        self.loads
            .submit(lane, key.clone(), move |keys| find_all(store.clone(), keys))
            .await
    }

    /// Ends a session in this process and publishes its end, then keeps trying to end it in the
    /// database.
    fn end_locally(&self, key: &SessionKey) {
        self.ending.add(key);
        self.store.tell(Message::SessionEnded(key.clone()));
        let (sessions, key) = (self.clone(), key.clone());
        tokio::spawn(async move {
            for wait in (0..MAX_END_TRIES).map(|n| Duration::from_secs(1 << n.min(5))) {
                tokio::time::sleep(wait).await;
                if sessions
                    .end(Condition::all().add(Column::KeyHash.eq(key.text())))
                    .await
                    .is_ok()
                {
                    break;
                }
            }
            sessions.ending.remove(&key);
        });
    }

    /// Whether the user has a live session that was signed in from this network.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn knows_network(&self, user: UserId, network: Network) -> Result<bool> {
        let addresses: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Address)
            .distinct()
            .filter(Column::AccountId.eq(user.0))
            .filter(Column::ExpiresAt.gt(now()))
            .into_tuple()
            .all(self.store.readers())
            .await?;
        Ok(addresses
            .iter()
            .filter_map(|address| address.parse::<IpAddr>().ok())
            .any(|address| Network::from(address) == network))
    }

    /// Deletes expired sessions. Returns their number.
    ///
    /// # Errors
    /// When the database can't be written; batches deleted before stay deleted.
    pub async fn delete_expired(&self) -> Result<usize> {
        let mut all = 0;
        loop {
            let expired = Column::ExpiresAt.lte(now());
            let batch = Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(expired.clone())
                .limit(BATCH)
                .into_query();
            // The condition again: a session may have been used since the subquery read it.
            let batch = Condition::all()
                .add(Column::Id.in_subquery(batch))
                .add(expired);
            let ended = self.end(batch).await?;
            all += ended;
            if (ended as u64) < BATCH {
                return Ok(all);
            }
        }
    }
}
