//! The identity of a database: its site and its epoch, kept in the `meta` table.

use std::sync::Arc;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set, sea_query::OnConflict};

use crate::{Error, Result, entities::meta, site_id::SiteId};

const SITE: &str = "site";
const EPOCH: &str = "epoch";
/// The name of the site's picture folder; see [`crate::artworks::pictures`].
pub(crate) const PICTURES: &str = "pictures";

/// A database's site and epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The site.
    pub site: SiteId,
    /// The identifier of the database's history, which a restore replaces.
    pub epoch: Arc<str>,
}

impl Identity {
    /// Reads the identity from a database.
    ///
    /// # Errors
    /// When it can't be read, or the database was not migrated.
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
                site: SiteId::stored(site),
                epoch: epoch.into(),
            }),
            _ => Err(Error::internal(
                "the database has no site ID or no epoch; `artcritique migrate` creates them",
            )),
        }
    }

    /// Sets a new epoch, after a restore: every client reloads.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn begin_history(db: &impl ConnectionTrait) -> Result<Arc<str>> {
        let epoch = format!("{:010x}", rand::random::<u64>() & 0xff_ffff_ffff);
        set(db, EPOCH, &epoch).await?;
        Ok(epoch.into())
    }

    /// Gives the database a new site identifier, as for a staging copy, and forgets its picture
    /// folder's name, so that the folder must be marked again.
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

/// The value stored under a name.
pub(crate) async fn get(db: &impl ConnectionTrait, name: &str) -> Result<Option<String>> {
    Ok(meta::Entity::find_by_id(name)
        .one(db)
        .await?
        .map(|row| row.value))
}

/// Stores a value under a name, replacing any other.
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

/// Stores a value under a name unless there is one; returns the stored value.
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
        .ok_or_else(|| Error::internal(format!("{name} was not stored")))
}
