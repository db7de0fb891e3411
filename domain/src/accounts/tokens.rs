//! Personal tokens: how a program acts for a person, without a browser and its cookies.
//!
//! A token's secret is shown once. The database keeps its hash, by which it is looked up, so
//! neither a leaked backup nor the time of a look-up reveals a secret. A lost or stolen token ends
//! when its owner revokes it, with its sockets, and when the password is reset.

mod create;
mod secret;
mod stored;
mod wanted;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use quick_cache::sync::Cache;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::Expr,
};
pub use secret::TokenSecret;
use shared::{
    AppError, Kind, Thing, TokenId, UserId,
    dto::{Page, TokenView},
};
use stored::{StoredToken, find_all, view};
pub use wanted::WantedToken;

use crate::{
    Result, Store,
    bus::Message,
    clock::now,
    credential::TokenKey,
    entities::token::{Column, Entity},
    limits::{Network, throttle::Throttle},
    policy::{self, Actor},
    store::{ACQUIRE_TIMEOUT, Cache as ReadCache, Reach, Subject, Txn, batch::Batcher, change},
};

/// Maximum tokens of an account.
pub const MAX_TOKENS: u64 = 50;
/// Expired tokens deleted per transaction.
const BATCH: u64 = 500;
/// Tokens per page of the list.
const PAGE: u64 = 50;
/// How often the time of a token's last use is written, in milliseconds.
const USED_EVERY: i64 = 60 * 1_000;
/// How long an expired token stays in its owner's list, in milliseconds.
const EXPIRED_RETENTION: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Tokens accepted by this process whose last use is remembered.
const MAX_ACCEPTED: usize = 20_000;
/// Secrets remembered for retries of the request that created them.
const MAX_CREATED: usize = 1_000;
/// Tokens kept in the read cache.
const MAX_CACHED: usize = 20_000;
/// Maximum concurrent queries for tokens, as for sessions.
const MAX_CONCURRENT_READS: usize = 2;

/// All tokens.
#[derive(Clone)]
pub struct Tokens {
    store: Store,
    throttle: Throttle,
    /// Batches token reads by lane; lanes are assigned round-robin.
    loads: Arc<Batcher<usize, TokenKey, Option<StoredToken>>>,
    lane: Arc<AtomicUsize>,
    stored: ReadCache<TokenKey, StoredToken>,
    /// The tokens that this process has accepted, each with the last use that it knows of.
    accepted: Arc<Cache<TokenKey, i64>>,
    /// The secrets of tokens created lately with an idempotency key, by the token's stored key.
    created: Arc<Cache<String, TokenSecret>>,
}

/// A token that was accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The account, with what the token allows.
    pub actor: Actor,
    /// The token's key.
    pub key: TokenKey,
    /// When the token expires, in milliseconds since 1970.
    pub expires_at: Option<i64>,
}

impl Tokens {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            stored: store.cache(Reach::EveryNode, MAX_CACHED),
            store,
            throttle: Throttle::default(),
            loads: Batcher::of_reads("tokens", ACQUIRE_TIMEOUT),
            lane: Arc::default(),
            accepted: Arc::new(Cache::new(MAX_ACCEPTED)),
            created: Arc::new(Cache::new(MAX_CREATED)),
        }
    }

    /// The actor for the token of a request; `secret` is `None` if the token's text is malformed.
    /// With `from`, a refused token counts towards a rate limit of that network. Tokens that this
    /// process has accepted before are exempt, so that a program with a revoked token does not lock
    /// out others behind the same address.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`] if the token is malformed, unknown, expired or revoked;
    /// [`Kind::Throttled`] after too many such tokens.
    pub async fn authenticate(
        &self,
        secret: Option<&TokenSecret>,
        from: Option<Network>,
    ) -> Result<Accepted> {
        let key = secret.map(TokenSecret::key);
        let accepted_before = key
            .as_ref()
            .is_some_and(|key| self.accepted.get(key).is_some());
        if let Some(network) = from.filter(|_| !accepted_before) {
            self.throttle.check_tokens(network, Instant::now())?;
        }
        let found = match &key {
            Some(key) => self.find(key).await?,
            None => None,
        };
        let live = found.filter(|found| !found.has_expired(now()));
        let (
            Some(key),
            Some(StoredToken {
                actor,
                expires_at,
                last_used_at,
            }),
        ) = (key.clone(), live)
        else {
            if let Some(network) = from {
                self.throttle.count_refused_token(network, Instant::now());
            }
            if let Some(key) = &key {
                self.accepted.remove(key);
            }
            let refused = if secret.is_some() {
                "token-invalid"
            } else {
                "token-malformed"
            };
            return Err(AppError::new(Kind::Unauthenticated, refused).into());
        };
        self.note_used(&key, last_used_at, now());
        Ok(Accepted {
            actor,
            key,
            expires_at,
        })
    }

    /// Reads a token through this node's cache, batched with concurrent reads.
    async fn find(&self, key: &TokenKey) -> Result<Option<StoredToken>> {
        if let Some(token) = self.stored.get(key) {
            return Ok(Some(token));
        }
        let subjects = [Subject::Token(key.clone()), Subject::Accounts];
        let seen = self.stored.note(&subjects);
        let store = self.store.clone();
        let lane = self.lane.fetch_add(1, Ordering::Relaxed) % MAX_CONCURRENT_READS;
        let found = self
            .loads
            .submit(lane, key.clone(), move |keys| find_all(store.clone(), keys))
            .await?;
        if let Some(token) = &found {
            self.stored.put(key.clone(), token.clone(), seen);
        }
        Ok(found)
    }

    /// Writes the time of last use in the background, at most once a minute: a failure does not
    /// fail the request, and a later use tries again.
    fn note_used(&self, key: &TokenKey, stored: Option<i64>, now: i64) {
        let last = self.accepted.get(key).max(stored);
        if let Some(last) = last.filter(|last| now - last < USED_EVERY) {
            return self.accepted.insert(key.clone(), last);
        }
        self.accepted.insert(key.clone(), now);
        let (store, key) = (self.store.clone(), key.clone());
        tokio::spawn(async move {
            let noted = change!(store, |txn| {
                let due = Condition::any()
                    .add(Column::LastUsedAt.is_null())
                    .add(Column::LastUsedAt.lte(now - USED_EVERY));
                let update = Entity::update_many().col_expr(Column::LastUsedAt, Expr::value(now));
                Ok(update
                    .filter(Column::KeyHash.eq(key.text()))
                    .filter(due)
                    .exec(txn.db())
                    .await?)
            });
            if let Err(error) = noted {
                tracing::debug!(%error, "a token's last use could not be written");
            }
        });
    }

    /// Whether the token is live, according to this node's cache or, on a miss, the database.
    /// Subscribe to the token's end before calling this; otherwise an end in between is missed.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn is_alive(&self, key: &TokenKey) -> Result<bool> {
        let found = self.find(key).await?;
        Ok(found.is_some_and(|found| !found.has_expired(now())))
    }

    /// The live ones among these tokens, according to the database.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn alive(&self, keys: impl Iterator<Item = &TokenKey>) -> Result<HashSet<TokenKey>> {
        let keys: Vec<String> = keys.map(TokenKey::text).collect();
        if keys.is_empty() {
            return Ok(HashSet::new());
        }
        let live = Condition::any()
            .add(Column::ExpiresAt.is_null())
            .add(Column::ExpiresAt.gt(now()));
        let rows: Vec<String> = Entity::find()
            .select_only()
            .column(Column::KeyHash)
            .filter(Column::KeyHash.is_in(keys))
            .filter(live)
            .into_tuple()
            .all(self.store.readers())
            .await?;
        Ok(rows.iter().filter_map(|key| TokenKey::parse(key)).collect())
    }

    /// A page of the actor's tokens, newest first, with expired ones for 30 days. `before` is the
    /// `next` of the previous page.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] by [`policy::manage_account`], [`Kind::Invalid`] for a malformed
    /// `before`.
    pub async fn list(&self, actor: &Actor, before: Option<&str>) -> Result<Page<TokenView>> {
        policy::manage_account(actor)?;
        let mut query = Entity::find()
            .filter(Column::AccountId.eq(actor.id.0))
            .order_by_desc(Column::Id)
            .limit(PAGE + 1);
        if let Some(before) = before {
            let id: i64 = before
                .parse()
                .map_err(|_| AppError::field("before", "page-cursor"))?;
            query = query.filter(Column::Id.lt(id));
        }
        let mut rows = query.all(self.store.readers()).await?;
        let more = rows.len() as u64 > PAGE;
        rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
        Ok(Page {
            items: rows.into_iter().map(view).collect(),
            next,
        })
    }

    /// Revokes one of the actor's tokens and closes its sockets.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] by [`policy::manage_account`]; [`Kind::NotFound`] if the token is gone
    /// or belongs to another person.
    pub async fn revoke(&self, actor: &Actor, id: TokenId) -> Result<()> {
        policy::manage_account(actor)?;
        let mut tried = false;
        change!(self.store, true, |txn| {
            let own = Condition::all()
                .add(Column::Id.eq(id.0))
                .add(Column::AccountId.eq(actor.id.0));
            // If an earlier try's commit was in doubt, that one may have deleted it.
            if Self::end(txn, own).await? == 0 && !tried {
                return Err(AppError::not_found(Thing::Token).into());
            }
            tried = true;
            Ok(())
        })
    }

    /// Revokes all of the user's tokens, within a transaction.
    ///
    /// # Errors
    /// On a database error.
    pub async fn end_all(txn: &mut Txn, user: UserId) -> Result<()> {
        let own = Condition::all().add(Column::AccountId.eq(user.0));
        Self::end(txn, own).await.map(drop)
    }

    /// Deletes tokens that expired 30 days ago. Returns their number.
    ///
    /// # Errors
    /// When the database can't be written; batches deleted before stay deleted.
    pub async fn delete_expired(&self, now: i64) -> Result<usize> {
        let old = Column::ExpiresAt.lte(now - EXPIRED_RETENTION);
        let batch = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(old.clone())
            .limit(BATCH)
            .into_query();
        let batch = Condition::all().add(Column::Id.in_subquery(batch)).add(old);
        let mut all = 0;
        loop {
            let ended = change!(self.store, true, |txn| Self::end(txn, batch.clone()).await)?;
            all += ended;
            if (ended as u64) < BATCH {
                return Ok(all);
            }
        }
    }

    /// Deletes tokens and tells every node to close their sockets.
    async fn end(txn: &mut Txn, which: Condition) -> Result<usize> {
        let ended = Entity::delete_many()
            .filter(which)
            .exec_with_returning(txn.db())
            .await?;
        for row in &ended {
            if let Some(key) = TokenKey::parse(&row.key_hash) {
                txn.publish(Message::TokenEnded(key));
            }
        }
        Ok(ended.len())
    }
}
