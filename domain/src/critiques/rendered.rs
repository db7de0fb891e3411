//! Re-renders critiques whose HTML is missing or from an older version when they are next shown,
//! and stores the result.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{
    Result, Store,
    entities::critique::{Column, Entity, Model},
    markdown::{self, Renderer},
    store::change,
};

/// Rows stored per transaction.
const WRITE_BATCH: usize = 50;

/// Renders the rows whose HTML is missing or outdated, and stores them in the background.
///
/// # Errors
/// When the process is shutting down.
pub(crate) async fn renew(
    store: &Store,
    renderer: &Renderer,
    rows: impl IntoIterator<Item = &mut Model>,
) -> Result<()> {
    let mut old: Vec<&mut Model> = rows
        .into_iter()
        .filter(|row| row.body_html_key.as_deref() != Some(&*markdown::key(&row.body)))
        .collect();
    if old.is_empty() {
        return Ok(());
    }
    let texts = old.iter().map(|row| row.body.clone()).collect();
    for (row, rendered) in old.iter_mut().zip(renderer.render_all(texts).await?) {
        row.body_html = Some(rendered.html);
        row.body_html_key = Some(rendered.key);
        row.excerpt = Some(rendered.excerpt);
    }
    let renewed: Vec<Model> = old.into_iter().map(|row| row.clone()).collect();
    let store = store.clone();
    tokio::spawn(async move {
        for rows in renewed.chunks(WRITE_BATCH) {
            if let Err(error) = write(&store, rows).await {
                tracing::debug!(%error, "rendered critiques were not stored; they are rendered again when next shown");
                break;
            }
        }
    });
    Ok(())
}

/// Stores the HTML unless the body has changed in the meantime.
async fn write(store: &Store, rows: &[Model]) -> Result<()> {
    change!(store, |txn| {
        for row in rows {
            Entity::update_many()
                .col_expr(Column::BodyHtml, Expr::value(row.body_html.clone()))
                .col_expr(Column::BodyHtmlKey, Expr::value(row.body_html_key.clone()))
                .col_expr(Column::Excerpt, Expr::value(row.excerpt.clone()))
                .filter(Column::Id.eq(row.id))
                .filter(Column::Body.eq(row.body.as_str()))
                .exec(txn.db())
                .await?;
        }
        Ok(())
    })
}
