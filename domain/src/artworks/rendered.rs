//! Re-renders a description whose HTML is missing or from an older version when the artwork is next
//! shown, and stores the result.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{
    Result, Store,
    entities::artwork::{Column, Entity, Model},
    markdown::{self, Rendered, Renderer},
    store::change,
};

/// Renders the description if its HTML is missing or outdated, and stores it in the background.
///
/// # Errors
/// When the process is shutting down.
pub(super) async fn renew(store: &Store, renderer: &Renderer, row: &mut Model) -> Result<()> {
    if row.description_html_key.as_deref() == Some(&*markdown::key(&row.description)) {
        return Ok(());
    }
    let rendered = renderer.render(&row.description).await?;
    row.description_html = Some(rendered.html.clone());
    row.description_html_key = Some(rendered.key.clone());
    let (store, id, description) = (store.clone(), row.id, row.description.clone());
    tokio::spawn(async move {
        if let Err(error) = write(&store, id, &description, &rendered).await {
            tracing::debug!(%error, "a rendered description was not stored; it is rendered again when next shown");
        }
    });
    Ok(())
}

/// Stores the HTML unless the description has changed in the meantime.
async fn write(store: &Store, id: i64, description: &str, rendered: &Rendered) -> Result<()> {
    change!(store, |txn| {
        Entity::update_many()
            .col_expr(Column::DescriptionHtml, Expr::value(rendered.html.as_str()))
            .col_expr(
                Column::DescriptionHtmlKey,
                Expr::value(rendered.key.as_str()),
            )
            .filter(Column::Id.eq(id))
            .filter(Column::Description.eq(description))
            .exec(txn.db())
            .await?;
        Ok(())
    })
}
