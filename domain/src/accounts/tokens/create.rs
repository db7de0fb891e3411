//! Creating tokens.

use std::time::Duration;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter,
};
use shared::{AppError, Kind, Phrase, UserId, dto::CreatedToken, text::IdempotencyKey};

use crate::{
    Credential, Result,
    accounts::{
        lock_account,
        tokens::{MAX_TOKENS, TokenSecret, Tokens, WantedToken, stored::view},
    },
    clock::now,
    entities::{
        session,
        token::{ActiveModel, Column, Entity, Model},
    },
    idempotency,
    policy::{self, Actor},
    session_key::SessionKey,
    store::{Txn, change},
};

/// How long a retry with the same idempotency key is shown the secret again.
const REPLAY: Duration = Duration::from_mins(10);

impl Tokens {
    /// Creates a token. Its secret is in the answer and nowhere else: the database keeps a hash.
    ///
    /// With an idempotency key, a retry of the same request returns the same token. This process
    /// remembers the secret for ten minutes, in memory, and gives it to such a retry; later, or on
    /// another node, the answer lacks it. The secret is not derived from the key, since a client's
    /// key may be easy to guess.
    ///
    /// `credential` is the session that asks: it must still be live when the token is written, so
    /// that a password reset leaves no token behind.
    ///
    /// # Errors
    /// [`Kind::Unauthenticated`] if the session has ended; [`Kind::Forbidden`] by
    /// [`policy::create_token`]; [`Kind::Conflict`] if the account has
    /// [`MAX_TOKENS`] tokens already.
    pub async fn create(
        &self,
        actor: &Actor,
        credential: &Credential,
        wanted: &WantedToken,
        attempt: Option<IdempotencyKey>,
    ) -> Result<CreatedToken> {
        policy::create_token(actor, wanted.scopes)?;
        let session = credential.session().ok_or_else(AppError::sign_in_first)?;
        let scopes = wanted.scopes.stored();
        let attempt = attempt.map(|attempt| {
            let content = [wanted.name.as_str(), &scopes, &wanted.named_expiry].map(str::as_bytes);
            idempotency::stored_key(&attempt, &content)
        });
        let secret = TokenSecret::new(rand::random());
        if attempt.is_some() {
            self.remember(secret.clone());
        }
        let row = ActiveModel {
            account_id: Set(actor.id.0),
            name: Set(wanted.name.to_string()),
            key_hash: Set(secret.key().text()),
            scopes: Set(scopes),
            created_at: Set(now()),
            expires_at: Set(wanted.expires_at),
            attempt: Set(attempt.clone()),
            ..Default::default()
        };
        let created = change!(self.store, true, |txn| insert(
            txn,
            (actor.id, session),
            row.clone(),
            &secret.key().text(),
            attempt.as_deref()
        )
        .await);
        let written = match &created {
            Ok(row) => row.key_hash == secret.key().text(),
            Err(error) => error.is_in_doubt(),
        };
        if attempt.is_some() && !written {
            self.created.remove(&secret.key().text());
        }
        let row = created.map_err(|error| error.of_attempt(attempt.is_some()))?;
        let token = if written {
            Some(secret)
        } else {
            self.created.get(&row.key_hash)
        };
        Ok(CreatedToken {
            view: view(row),
            token: token.map(|secret| secret.reveal().to_owned()),
        })
    }

    /// Remembers a secret for retries of the request that creates it.
    fn remember(&self, secret: TokenSecret) {
        let (created, key) = (self.created.clone(), secret.key().text());
        created.insert(key.clone(), secret);
        tokio::spawn(async move {
            tokio::time::sleep(REPLAY).await;
            created.remove(&key);
        });
    }
}

/// Inserts a token, unless an earlier try or an earlier request with the same idempotency key has.
async fn insert(
    txn: &Txn,
    (user, session): (UserId, &SessionKey),
    row: ActiveModel,
    key_hash: &str,
    attempt: Option<&str>,
) -> Result<Model> {
    // Serialises what one account creates, so that neither the key nor the limit is overrun.
    lock_account(txn, user)
        .await?
        .ok_or_else(AppError::sign_in_first)?;
    let live = session::Entity::find()
        .filter(session::Column::KeyHash.eq(session.text()))
        .filter(session::Column::AccountId.eq(user.0));
    live.one(txn.db())
        .await?
        .ok_or_else(AppError::sign_in_first)?;
    let mut made = Condition::any().add(Column::KeyHash.eq(key_hash));
    if let Some(attempt) = attempt {
        made = made.add(Column::Attempt.eq(attempt));
    }
    let made = Entity::find()
        .filter(Column::AccountId.eq(user.0))
        .filter(made);
    if let Some(row) = made.one(txn.db()).await? {
        return Ok(row);
    }
    if count(txn.db(), user).await? >= MAX_TOKENS {
        Entity::delete_many()
            .filter(Column::AccountId.eq(user.0))
            .filter(Column::ExpiresAt.lte(now()))
            .exec(txn.db())
            .await?;
        if count(txn.db(), user).await? >= MAX_TOKENS {
            let phrase = Phrase::new("token-limit").with("max", MAX_TOKENS);
            return Err(AppError::new(Kind::Conflict, phrase).into());
        }
    }
    Ok(Entity::insert(row).exec_with_returning(txn.db()).await?)
}

async fn count(db: &impl ConnectionTrait, user: UserId) -> Result<u64> {
    let own = Entity::find().filter(Column::AccountId.eq(user.0));
    Ok(own.count(db).await?)
}
