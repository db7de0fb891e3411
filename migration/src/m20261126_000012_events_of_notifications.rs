//! Gives the notifications of older programs their events: one event for all notifications of the
//! same occurrence. A migration of its own, so that PostgreSQL's exclusive lock for adding columns
//! is released before the rows are changed.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement},
};

use crate::backfill::Backfill;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Notifications per batch: 60 to 120 ms on PostgreSQL.
const BATCH: i64 = 2_000;

/// The subject of a notification by its own columns, in which a `critique_id` of 0 means none.
const SUBJECT_TYPE: &str = "CASE critique_id WHEN 0 THEN 'artwork' ELSE 'critique' END";
const SUBJECT_ID: &str =
    "CASE critique_id WHEN 0 THEN notification.artwork_id ELSE critique_id END";

#[async_trait::async_trait]
impl Backfill for Migration {
    async fn batch(&self, manager: &SchemaManager<'_>, after: i64) -> Result<Option<i64>, DbErr> {
        let db = manager.get_connection();
        let last = Statement::from_string(
            manager.get_database_backend(),
            format!(
                "SELECT MAX(id) FROM (SELECT id FROM notification \
                WHERE id > {after} AND event_id IS NULL ORDER BY id LIMIT {BATCH}) AS batch"
            ),
        );
        let last: Option<i64> = match db.query_one_raw(last).await? {
            Some(row) => row.try_get_by_index(0)?,
            None => None,
        };
        let Some(through) = last else { return Ok(None) };
        let batch = format!(
            "notification.id > {after} AND notification.id <= {through} AND notification.event_id IS NULL"
        );
        // An event of which every notification is retracted was itself undone.
        db.execute_unprepared(&format!(
            "INSERT INTO event (kind, actor_id, subject_type, subject_id, artwork_id, created_at, retracted_at) \
            SELECT kind, actor_id, subject_type, subject_id, MAX(artwork_id), MIN(created_at), \
                CASE WHEN COUNT(retracted_at) = COUNT(*) THEN MAX(retracted_at) END \
            FROM (SELECT id, kind, actor_id, artwork_id, created_at, retracted_at, \
                {SUBJECT_TYPE} AS subject_type, {SUBJECT_ID} AS subject_id FROM notification WHERE {batch}) AS occurrence \
            GROUP BY kind, actor_id, subject_type, subject_id ORDER BY MIN(id) \
            ON CONFLICT (subject_type, subject_id, kind, actor_id) DO UPDATE SET retracted_at = \
                CASE WHEN event.retracted_at > excluded.retracted_at THEN event.retracted_at \
                    WHEN event.retracted_at IS NOT NULL THEN excluded.retracted_at END"
        ))
        .await?;
        // The rules by which the older programs chose recipients are those of the first routing, so
        // its answer is known. The join leaves out a notification that an old node has inserted
        // since the statement above; it is served without an event.
        db.execute_unprepared(&format!(
            "UPDATE notification SET event_id = event.id, \
                group_key = CASE notification.kind \
                    WHEN 'critique' THEN 'critique:artwork:' || CAST(notification.artwork_id AS TEXT) \
                    ELSE notification.kind || ':' || event.subject_type || ':' || CAST(event.subject_id AS TEXT) END, \
                routing = CASE notification.kind \
                    WHEN 'critique' THEN '{{\"in_app\":{{\"deliver\":\"own_artwork\"}}}}' \
                    WHEN 'helpful' THEN '{{\"in_app\":{{\"deliver\":\"own_critique\"}}}}' \
                    WHEN 'artwork' THEN '{{\"in_app\":{{\"deliver\":\"follows_artist\"}}}}' END \
            FROM event \
            WHERE event.subject_type = {SUBJECT_TYPE} AND event.subject_id = {SUBJECT_ID} \
                AND event.kind = notification.kind AND event.actor_id = notification.actor_id AND {batch}"
        ))
        .await?;
        Ok(Some(through))
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.rest(manager).await
    }

    /// The migration before drops the columns and the table.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
