//! Signs browsers in and out, each in one transaction, so that a database failure leaves nothing
//! half done.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::Expr};
use shared::{AppError, Kind, UserId};
use tower_sessions::session::Id;

use crate::{
    Result,
    accounts::{
        Proven,
        sessions::{SIGNED_IN, Sessions, SignedIn},
    },
    bus::Message,
    entities::session::{Column, Entity},
    limits::Client,
    session_key::SessionKey,
    store::{Txn, change},
};

/// A browser that is about to be signed in.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// Its user agent.
    pub agent: String,
    /// Its IP address.
    pub address: String,
    /// Its current session, which ends at sign-in: prevents session fixation (OWASP).
    pub before: Option<SessionKey>,
}

impl Browser {
    /// The browser that sent a request with this `User-Agent` and session.
    pub fn new(agent: &str, client: Option<Client>, session: Option<Id>) -> Self {
        Self {
            agent: agent.to_owned(),
            address: client
                .map(|client| client.address.to_string())
                .unwrap_or_default(),
            before: session.map(SessionKey::of),
        }
    }
}

impl Sessions {
    /// Signs a browser in. Returns the cookie value.
    ///
    /// # Errors
    /// When the database can't be written; nothing has changed then.
    pub async fn sign_in(&self, proven: &Proven, browser: &Browser) -> Result<String> {
        let mut tried = None;
        change!(self.store, true, |txn| {
            if Self::has_begun(txn, tried.as_ref()).await? {
                return Ok(tried.clone().unwrap_or_default());
            }
            let cookie = Self::sign_in_in(txn, proven, browser).await?;
            tried = Some(cookie.clone());
            Ok(cookie)
        })
    }

    /// Whether the session with this cookie exists: then the earlier try that created it, whose
    /// commit was in doubt, was committed.
    pub(crate) async fn has_begun(txn: &Txn, cookie: Option<&String>) -> Result<bool> {
        let Some(id) = cookie.and_then(|cookie| cookie.parse().ok()) else {
            return Ok(false);
        };
        let of_cookie = Column::KeyHash.eq(SessionKey::of(id).text());
        Ok(Entity::find()
            .filter(of_cookie)
            .one(txn.db())
            .await?
            .is_some())
    }

    /// As [`Self::sign_in`], within a transaction.
    pub(crate) async fn sign_in_in(
        txn: &mut Txn,
        proven: &Proven,
        browser: &Browser,
    ) -> Result<String> {
        let own = match &browser.before {
            Some(before) => Self::take_over(txn, proven.viewer.id, before).await?,
            None => None,
        };
        if let Some(before) = browser.before.as_ref().filter(|_| own.is_none()) {
            Self::end_in(txn, Condition::all().add(Column::KeyHash.eq(before.text()))).await?;
        }
        let (key, cookie) = Self::begin_in(
            txn,
            SignedIn::new(proven, &browser.agent, browser.address.clone()),
        )
        .await?;
        if let Some(from) = own {
            txn.publish(Message::SessionMoved { from, to: key });
        }
        Ok(cookie)
    }

    /// Deletes the browser's session if it belongs to this user. Its sockets stay open and move to
    /// the new session.
    async fn take_over(txn: &Txn, user: UserId, before: &SessionKey) -> Result<Option<SessionKey>> {
        let own = Condition::all()
            .add(Column::KeyHash.eq(before.text()))
            .add(Column::AccountId.eq(user.0));
        let taken = Entity::delete_many()
            .filter(own)
            .exec(txn.db())
            .await?
            .rows_affected
            > 0;
        Ok(taken.then(|| before.clone()))
    }

    /// Replaces the browser's session with a new one and ends all other sessions of the user,
    /// within the transaction that changes the password. The browser's sockets move to the new
    /// session. Returns its cookie value.
    ///
    /// # Errors
    /// [`shared::Kind::Unauthenticated`] if the browser's session has ended in the meantime.
    pub(crate) async fn replace_in(
        txn: &mut Txn,
        proven: &Proven,
        browser: &Browser,
    ) -> Result<String> {
        let user = proven.viewer.id;
        let before = browser
            .before
            .as_ref()
            .ok_or_else(AppError::sign_in_first)?;
        let from = Self::take_over(txn, user, before)
            .await?
            .ok_or_else(AppError::sign_in_first)?;
        Self::end_all(txn, user).await?;
        let (to, cookie) = Self::begin_in(
            txn,
            SignedIn::new(proven, &browser.agent, browser.address.clone()),
        )
        .await?;
        txn.publish(Message::SessionMoved { from, to });
        Ok(cookie)
    }

    /// Ends all of the user's sessions, within a transaction.
    ///
    /// # Errors
    /// On a database error.
    pub async fn end_all(txn: &mut Txn, user: UserId) -> Result<()> {
        txn.publish(Message::AccountChanged(user));
        Self::end_in(txn, Condition::all().add(Column::AccountId.eq(user.0)))
            .await
            .map(drop)
    }

    /// Ends a session and closes its sockets. Idempotent.
    ///
    /// # Errors
    /// [`Kind::InDoubt`] if it is unknown whether the database recorded the end; the session has
    /// ended in this process all the same. After any other error the session is still live.
    pub async fn sign_out(&self, key: &SessionKey) -> Result<()> {
        match self
            .end(Condition::all().add(Column::KeyHash.eq(key.text())))
            .await
        {
            Err(error) if error.is_in_doubt() => {
                tracing::warn!(%error, "a session ended on this node, but it is unknown whether the database recorded that; retrying");
                self.end_locally(key);
                let told_later = AppError::new(Kind::InDoubt, "sign-out-outcome-unknown");
                Err(told_later.retry_in(2).into())
            }
            ended => ended.map(drop),
        }
    }

    /// Records that a session is in use, which extends its lifetime. A session that has ended in
    /// the meantime stays ended.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn note_seen(&self, key: &SessionKey, signed_in: SignedIn) -> Result<()> {
        let (seen_at, expires_at) = (
            signed_in.seen_at,
            signed_in.seen_at + crate::accounts::sessions::LIFE_MS,
        );
        let data = serde_json::json!({ SIGNED_IN: signed_in }).to_string();
        let noted = change!(self.store, |txn| {
            let update = Entity::update_many()
                .col_expr(Column::Data, Expr::value(data.as_str()))
                .col_expr(Column::SeenAt, Expr::value(seen_at))
                .col_expr(Column::ExpiresAt, Expr::value(expires_at));
            Ok(update
                .filter(Column::KeyHash.eq(key.text()))
                .exec(txn.db())
                .await?)
        });
        self.store.invalidate_session(key);
        noted.map(drop)
    }
}
