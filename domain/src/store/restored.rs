//! What must not come back with a copy of a database.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait, TransactionTrait};

use super::{Identity, SiteId, Store, change, nodes};
use crate::{
    Result,
    entities::{outbox, session},
};

/// What was made of a copy.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Sessions that were ended: some may have been signed out since the copy was made.
    pub sessions: u64,
    /// The new history.
    pub epoch: Arc<str>,
    /// The new site, if it was made one.
    pub site: Option<SiteId>,
}

/// Makes a copy of a database fit to be served, all or nothing: ends all sessions, begins a new
/// history, and forgets the nodes that served it. As a new site it gets another identity too.
///
/// # Errors
/// When the database can't be written.
pub async fn after_restore(copy: &DatabaseConnection, as_new_site: bool) -> Result<Restored> {
    let txn = copy.begin().await?;
    let made = cleared(&txn, as_new_site).await?;
    txn.commit().await?;
    Ok(made)
}

async fn cleared(db: &impl ConnectionTrait, as_new_site: bool) -> Result<Restored> {
    let sessions = session::Entity::delete_many().exec(db).await?.rows_affected;
    outbox::Entity::delete_many().exec(db).await?;
    nodes::remove_all(db).await?;
    let site = if as_new_site {
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
    /// The same for a database that is open, as after `pg_restore`.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn after_restore(&self, as_new_site: bool) -> Result<Restored> {
        change!(self, |txn| cleared(txn.db(), as_new_site).await)
    }

    /// Begins a new history: every client starts over from a fresh page. Gives its name.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn begin_history(&self) -> Result<Arc<str>> {
        change!(self, |txn| Identity::begin_history(txn.db()).await)
    }
}
