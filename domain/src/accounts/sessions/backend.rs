//! The store behind tower-sessions.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{
    Error, Result, Store, accounts,
    accounts::sessions::{Found, SIGNED_IN, Sessions, StoredSession, signed_in::SignedIn},
    clock::now,
    entities::{
        account,
        session::{ActiveModel, Column, Entity},
    },
    session_key::SessionKey,
    store::{Subject, change},
};

fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn backend(error: impl std::fmt::Display) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

pub(super) fn row(record: &Record) -> session_store::Result<ActiveModel> {
    let data = serde_json::to_string(&record.data)
        .map_err(|error| session_store::Error::Encode(error.to_string()))?;
    let signed_in = record
        .data
        .get(SIGNED_IN)
        .and_then(|value| serde_json::from_value::<SignedIn>(value.clone()).ok());
    let account_id = signed_in.as_ref().map(|signed_in| signed_in.user.0);
    let (agent, address, at, seen_at) = match signed_in {
        Some(signed_in) => (
            signed_in.agent,
            signed_in.address,
            signed_in.at,
            signed_in.seen_at,
        ),
        None => (String::new(), String::new(), now(), now()),
    };
    Ok(ActiveModel {
        key_hash: Set(SessionKey::of(record.id).text()),
        account_id: Set(account_id),
        data: Set(data),
        agent: Set(agent),
        address: Set(address),
        created_at: Set(at),
        seen_at: Set(seen_at),
        expires_at: Set(millis(record.expiry_date)),
        ..Default::default()
    })
}

fn record(id: Id, session: &StoredSession) -> session_store::Result<Record> {
    let data = serde_json::from_str(&session.data)
        .map_err(|error| session_store::Error::Decode(error.to_string()))?;
    Ok(Record {
        id,
        data,
        expiry_date: session.expiry,
    })
}

/// Reads sessions with their accounts, which requests need next.
pub(super) async fn find_all(
    store: Store,
    keys: Vec<Arc<SessionKey>>,
) -> Result<Vec<Result<Option<Found>>>> {
    // Padded to a power of two, so that there are only a few prepared statements rather than one
    // for each number of keys.
    let texts = keys
        .iter()
        .map(|key| key.text())
        .cycle()
        .take(keys.len().next_power_of_two());
    let rows = Entity::find()
        .find_also_related(account::Entity)
        .filter(Column::KeyHash.is_in(texts))
        .filter(Column::ExpiresAt.gt(now()))
        .all(store.readers())
        .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for (row, person) in rows {
        let expiry =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(row.expires_at) * 1_000_000)
                .map_err(Error::internal)?;
        let session = StoredSession {
            data: row.data.into(),
            expiry,
        };
        found.insert(
            SessionKey::parse(&row.key_hash),
            Found {
                session,
                person: person.map(accounts::proven),
            },
        );
    }
    Ok(keys
        .iter()
        .map(|key| Ok(found.get(&Some(SessionKey::clone(key))).cloned()))
        .collect())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // 128 random bits don't collide; a collision would violate the unique key and fail the
        // request.
        let row = row(record)?;
        let created = change!(self.store, |txn| Ok(Entity::insert(row.clone())
            .exec_without_returning(txn.db())
            .await?));
        created.map(drop).map_err(backend)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let row = row(record)?;
        let saved = change!(self.store, true, |txn| {
            let update = Entity::update_many()
                .set(row.clone())
                .filter(Column::KeyHash.eq(SessionKey::of(record.id).text()));
            Ok(update.exec(txn.db()).await?)
        });
        self.store.invalidate_session(&SessionKey::of(record.id));
        saved.map(drop).map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let key = SessionKey::of(*id);
        if self.ending.holds(&key) {
            return Ok(None);
        }
        if let Some(session) = self.cached(&key) {
            return record(*id, &session).map(Some);
        }
        let seen = self.stored.note(&[Subject::Session(key.clone())]);
        let actor_seen = self.actors.note();
        let Some(Found { session, person }) = self.find(&key).await.map_err(backend)? else {
            return Ok(None);
        };
        let record = record(*id, &session)?;
        self.stored.put(key, session, seen);
        if let Some(person) = person {
            self.actors.put(person.actor(), &person.stamp, actor_seen);
        }
        Ok(Some(record))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.sign_out(&SessionKey::of(*id)).await.map_err(backend)
    }
}
