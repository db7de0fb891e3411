//! What names a database: the site it belongs to, and the history it is in.

use std::{fmt, sync::Arc};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set, sea_query::OnConflict};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, entities::meta};

const SITE: &str = "site";
const EPOCH: &str = "epoch";
/// What names the folder of the site's pictures; see [`crate::pictures`].
pub(crate) const PICTURES: &str = "pictures";

/// Names a site: made when its database is, kept by backups and restores. Two sites that share a
/// Redis are told apart by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteId(String);

impl SiteId {
    /// A new site's, of 32 hex digits.
    pub fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }

    /// As it is kept and sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A site and the history that its database is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The site.
    pub site: SiteId,
    /// The history: another one after a restore.
    pub epoch: Arc<str>,
}

impl Identity {
    /// Reads it from a database.
    ///
    /// # Errors
    /// When it can't be read, or the database was not brought up to date.
    pub async fn read(db: &impl ConnectionTrait) -> Result<Self> {
        let rows = meta::Entity::find()
            .filter(meta::Column::Name.is_in([SITE, EPOCH]))
            .all(db)
            .await?;
        let value = |name| {
            rows.iter()
                .find(|row| row.name == name)
                .map(|row| row.value.clone())
        };
        match (value(SITE), value(EPOCH)) {
            (Some(site), Some(epoch)) => Ok(Self {
                site: SiteId(site),
                epoch: epoch.into(),
            }),
            _ => Err(Error::internal(
                "the database has no identity; `artcritique migrate` gives it one",
            )),
        }
    }

    /// Begins a new history: every client starts over from a fresh page. For after a restore.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn begin_history(db: &impl ConnectionTrait) -> Result<Arc<str>> {
        let epoch = format!("{:010x}", rand::random::<u64>() & 0xff_ffff_ffff);
        set(db, EPOCH, &epoch).await?;
        Ok(epoch.into())
    }

    /// Makes another site of the database, as for a staging copy. Its folder of pictures is to be
    /// marked anew.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn rename(db: &impl ConnectionTrait) -> Result<SiteId> {
        let site = SiteId::random();
        set(db, SITE, site.as_str()).await?;
        meta::Entity::delete_by_id(PICTURES).exec(db).await?;
        Ok(site)
    }
}

/// The value of a name, if it has one.
pub(crate) async fn get(db: &impl ConnectionTrait, name: &str) -> Result<Option<String>> {
    Ok(meta::Entity::find_by_id(name)
        .one(db)
        .await?
        .map(|row| row.value))
}

/// Gives a name a value, whatever it had.
pub(crate) async fn set(db: &impl ConnectionTrait, name: &str, value: &str) -> Result<()> {
    let replace = OnConflict::column(meta::Column::Name)
        .update_column(meta::Column::Value)
        .to_owned();
    let row = meta::ActiveModel {
        name: Set(name.into()),
        value: Set(value.into()),
    };
    meta::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Gives a name a value if it has none. Gives the value it has.
pub(crate) async fn set_once(db: &impl ConnectionTrait, name: &str, value: &str) -> Result<String> {
    let keep = OnConflict::column(meta::Column::Name)
        .do_nothing()
        .to_owned();
    let row = meta::ActiveModel {
        name: Set(name.into()),
        value: Set(value.into()),
    };
    meta::Entity::insert(row)
        .on_conflict(keep)
        .exec_without_returning(db)
        .await?;
    get(db, name)
        .await?
        .ok_or_else(|| Error::internal(format!("{name} was not kept")))
}
