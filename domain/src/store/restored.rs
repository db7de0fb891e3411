//! After a restore: what must not return with a database copy, such as sessions and tokens that may
//! have ended since.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait, TransactionTrait};

use crate::{
    Result,
    entities::{job, mailed_link, outbox, session, token},
    site_id::SiteId,
    store::{Identity, Store, change, nodes},
};

/// The result of preparing a restored database.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Number of sessions ended: some may have been signed out since the copy was made.
    pub sessions: u64,
    /// The new epoch.
    pub epoch: Arc<str>,
    /// The new site's identifier, if one was requested.
    pub site: Option<SiteId>,
}

/// Prepares a database copy for serving, in one transaction: ends all sessions, tokens and mailed
/// links, empties the outbox, deletes the node rows and sets a new epoch. With `as_new_site`, also
/// empties the job queue, so that a staging copy mails nobody, and sets a new site identifier.
///
/// # Errors
/// When the database can't be written.
pub async fn after_restore(copy: &DatabaseConnection, as_new_site: bool) -> Result<Restored> {
    let txn = copy.begin().await?;
    let made = prepare(&txn, as_new_site).await?;
    txn.commit().await?;
    Ok(made)
}

async fn prepare(db: &impl ConnectionTrait, as_new_site: bool) -> Result<Restored> {
    let sessions = session::Entity::delete_many().exec(db).await?.rows_affected;
    // A token may have been revoked, and a mailed link used, since the copy was made, too.
    token::Entity::delete_many().exec(db).await?;
    mailed_link::Entity::delete_many().exec(db).await?;
    outbox::Entity::delete_many().exec(db).await?;
    nodes::remove_all(db).await?;
    let site = if as_new_site {
        // Schedules and fan-out enqueue their jobs anew.
        job::Entity::delete_many().exec(db).await?;
        Some(Identity::rename(db).await?)
    } else {
        None
    };
    Ok(Restored {
        sessions,
        epoch: Identity::begin_history(db).await?,
        site,
    })
}

impl Store {
    /// As [`after_restore`], for the open database, as after `pg_restore`.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn after_restore(&self, as_new_site: bool) -> Result<Restored> {
        change!(self, |txn| prepare(txn.db(), as_new_site).await)
    }

    /// Sets and returns a new epoch: every client reloads.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn begin_history(&self) -> Result<Arc<str>> {
        change!(self, |txn| Identity::begin_history(txn.db()).await)
    }
}
