//! Following artists: followers are notified of an artist's new works.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use shared::{AppError, Thing, UserId};

use crate::{
    Result, Store,
    accounts::people::handle_key,
    clock::now,
    entities::{
        account,
        follow::{ActiveModel, Column, Entity},
    },
    policy::{self, Actor},
    store::{Txn, change},
};

/// All follows.
#[derive(Clone)]
pub struct Follows {
    store: Store,
}

impl Follows {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Follows or unfollows an artist. Idempotent. Returns the number of followers.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`] if no account has that handle, [`shared::Kind::Forbidden`] for
    /// following oneself.
    pub async fn set(&self, actor: &Actor, handle: &str, follow: bool) -> Result<i64> {
        change!(self.store, true, |txn| set_in(txn, actor, handle, follow)
            .await)
    }
}

async fn set_in(txn: &Txn, actor: &Actor, handle: &str, follow: bool) -> Result<i64> {
    let key = handle_key(handle).ok_or_else(|| AppError::not_found(Thing::Person))?;
    let artist = account::Entity::find()
        .filter(account::Column::HandleKey.eq(key))
        .one(txn.db())
        .await?;
    let artist = artist.ok_or_else(|| AppError::not_found(Thing::Person))?;
    policy::follow(actor, UserId(artist.id))?;
    let changed = if follow {
        let row = ActiveModel {
            artist_id: Set(artist.id),
            follower_id: Set(actor.id.0),
            created_at: Set(now()),
        };
        let once = OnConflict::columns([Column::ArtistId, Column::FollowerId])
            .do_nothing()
            .to_owned();
        Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(txn.db())
            .await?
    } else {
        Entity::delete_by_id((artist.id, actor.id.0))
            .exec(txn.db())
            .await?
            .rows_affected
    };
    if changed == 0 {
        return Ok(artist.follower_count);
    }
    let step = if follow { 1 } else { -1 };
    account::Entity::update_many()
        .col_expr(
            account::Column::FollowerCount,
            Expr::col(account::Column::FollowerCount).add(step),
        )
        .filter(account::Column::Id.eq(artist.id))
        .exec(txn.db())
        .await?;
    Ok(artist.follower_count + step)
}
