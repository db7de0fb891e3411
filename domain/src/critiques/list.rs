//! Keyset pagination of an artwork's critiques: a page begins after the position that the previous
//! page's last critique had, even if that critique has moved since.

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, Selector,
    sea_query::{Expr, ExprTrait, IntoCondition},
};
use shared::{
    AppError, ArtworkId, CritiqueId, Thing, UserId,
    dto::{self, CritiqueSort, Page},
};

use crate::{
    Result,
    accounts::people::{Name, with_name},
    critiques::{Critiques, renew, view},
    entities::{
        artwork,
        critique::{Column, Entity, Model},
        helpful,
    },
    work_rows::{PAGE_MIN, on_first_page},
};

/// Critiques per page, unless the client asks for another number.
pub const PAGE: u64 = 50;
/// Maximum critiques per page.
pub const PAGE_MAX: u64 = 100;
/// Maximum text per page, in bytes. The first [`PAGE_MIN`] critiques fit regardless of it.
const PAGE_BYTES: usize = 512 * 1_024;

/// Where a page of critiques begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// At the first critique.
    #[default]
    First,
    /// After this cursor.
    After(ListCursor),
    /// At this critique, sorted by time.
    At(CritiqueId),
}

/// A critique's position in a sorted list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor {
    /// The helpful count, if sorted by [`CritiqueSort::Helpful`].
    helpful_count: Option<i64>,
    id: i64,
}

impl ListCursor {
    /// Parses the `next` of a page: `{id}`, or `{helpful_count}-{id}` for
    /// [`CritiqueSort::Helpful`].
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] for any other text.
    pub fn parse(sort: CritiqueSort, text: &str) -> Result<Self, AppError> {
        let place = match sort {
            CritiqueSort::Newest => text.parse().ok().map(|id| Self {
                helpful_count: None,
                id,
            }),
            CritiqueSort::Helpful => text.split_once('-').and_then(|(count, id)| {
                Some(Self {
                    helpful_count: Some(count.parse().ok()?),
                    id: id.parse().ok()?,
                })
            }),
        };
        place.ok_or_else(|| AppError::field("before", "page-cursor-sort"))
    }

    fn of(sort: CritiqueSort, row: &Model) -> String {
        match sort {
            CritiqueSort::Newest => row.id.to_string(),
            CritiqueSort::Helpful => format!("{}-{}", row.helpful_count, row.id),
        }
    }

    fn filter(self) -> Condition {
        let Self { helpful_count, id } = self;
        match helpful_count {
            None => Column::Id.lt(id).into_condition(),
            Some(count) => Condition::any().add(Column::HelpfulCount.lt(count)).add(
                Condition::all()
                    .add(Column::HelpfulCount.eq(count))
                    .add(Column::Id.lt(id)),
            ),
        }
    }
}

/// A critique with its author's name and the time of the viewer's helpful mark, if there is one.
#[derive(Clone, FromQueryResult)]
pub(crate) struct Shown {
    #[sea_orm(nested)]
    row: Model,
    #[sea_orm(nested)]
    author: Name,
    marked_at: Option<i64>,
}

impl Shown {
    pub(crate) const fn id(&self) -> i64 {
        self.row.id
    }

    /// Whether the viewer it was read for marked it as helpful.
    pub(crate) const fn marked(&self) -> bool {
        self.marked_at.is_some()
    }

    /// The row, for [`renew`].
    pub(crate) const fn row_mut(&mut self) -> &mut Model {
        &mut self.row
    }

    pub(crate) fn view(self, viewer: Option<UserId>, marked: bool) -> dto::Critique {
        view(self.row, self.author.into(), marked, viewer)
    }

    /// The approximate bytes it takes on a page: its text, as typed and as rendered.
    fn weight(&self) -> usize {
        self.row.body.len()
            + self
                .row
                .body_html
                .as_ref()
                .map_or(self.row.body.len(), String::len)
    }
}

impl Critiques {
    /// A page of an artwork's critiques.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`] if there is no such artwork.
    pub async fn page(
        &self,
        viewer: Option<UserId>,
        artwork: ArtworkId,
        sort: CritiqueSort,
        start: Start,
        limit: u64,
    ) -> Result<Page<dto::Critique>> {
        let db = self.store.readers();
        let Page { mut items, next } = of_artwork(db, viewer, artwork, sort, start, limit).await?;
        if items.is_empty() && artwork::Entity::find_by_id(artwork.0).count(db).await? == 0 {
            return Err(AppError::not_found(Thing::Artwork).into());
        }
        renew(
            &self.store,
            &self.renderer,
            items.iter_mut().map(Shown::row_mut),
        )
        .await?;
        let items = items.into_iter().map(|shown| {
            let marked = shown.marked();
            shown.view(viewer, marked)
        });
        Ok(Page {
            items: items.collect(),
            next,
        })
    }

    /// A critique as this viewer sees it.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`].
    pub async fn show(&self, viewer: Option<UserId>, id: CritiqueId) -> Result<dto::Critique> {
        let shown = shown(Entity::find_by_id(id.0), viewer)
            .one(self.store.readers())
            .await?;
        let mut shown = shown.ok_or_else(|| AppError::not_found(Thing::Critique))?;
        renew(&self.store, &self.renderer, [shown.row_mut()]).await?;
        let marked = shown.marked();
        Ok(shown.view(viewer, marked))
    }

    /// Whether a critique is certain to be on the first page of its artwork's list, whatever the
    /// length of the critiques above it.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn is_on_first_page(&self, artwork: ArtworkId, id: CritiqueId) -> Result<bool> {
        on_first_page(self.store.readers(), artwork, id).await
    }
}

/// The newest critique of an artwork.
pub(crate) async fn newest(
    db: &impl ConnectionTrait,
    artwork: ArtworkId,
) -> Result<Option<CritiqueId>> {
    let ids = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ArtworkId.eq(artwork.0))
        .order_by_desc(Column::Id);
    Ok(ids.into_tuple().one(db).await?.map(CritiqueId))
}

fn shown(rows: Select<Entity>, viewer: Option<UserId>) -> Selector<sea_orm::SelectModel<Shown>> {
    let rows = with_name(rows, Column::AuthorId);
    let Some(UserId(viewer)) = viewer else {
        // Without this column, no mark is read.
        return rows.into_model();
    };
    let mark = Entity::belongs_to(helpful::Entity)
        .from(Column::Id)
        .to(helpful::Column::CritiqueId);
    let mark = mark.on_condition(move |_, mark| {
        Expr::col((mark, helpful::Column::AccountId))
            .eq(viewer)
            .into_condition()
    });
    rows.join(JoinType::LeftJoin, mark.into())
        .column_as(helpful::Column::CreatedAt, "marked_at")
        .into_model()
}

/// A page of an artwork's critiques, as stored.
pub(crate) async fn of_artwork(
    db: &impl ConnectionTrait,
    viewer: Option<UserId>,
    id: ArtworkId,
    sort: CritiqueSort,
    start: Start,
    limit: u64,
) -> Result<Page<Shown>> {
    let limit = limit.clamp(1, PAGE_MAX);
    let mut rows = Entity::find()
        .filter(Column::ArtworkId.eq(id.0))
        .limit(limit + 1);
    if sort == CritiqueSort::Helpful {
        rows = rows.order_by_desc(Column::HelpfulCount);
    }
    rows = match start {
        Start::First => rows,
        Start::After(place) => rows.filter(place.filter()),
        Start::At(id) => rows.filter(Column::Id.lte(id.0)),
    };
    let mut items = shown(rows.order_by_desc(Column::Id), viewer)
        .all(db)
        .await?;
    let fit =
        fitting(items.iter().map(Shown::weight)).min(usize::try_from(limit).unwrap_or(usize::MAX));
    let more = items.len() > fit;
    items.truncate(fit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| ListCursor::of(sort, &last.row));
    Ok(Page { items, next })
}

/// How many of these critiques, with these sizes in bytes, fit on one page.
fn fitting(weights: impl Iterator<Item = usize>) -> usize {
    let sums = weights.scan(0, |sum, weight| {
        *sum += weight;
        Some(*sum)
    });
    sums.enumerate()
        .take_while(|(before, sum)| *before < PAGE_MIN || *sum <= PAGE_BYTES)
        .count()
}

/// Those of these critiques that the viewer marked as helpful.
pub(crate) async fn marked(
    db: &impl ConnectionTrait,
    viewer: UserId,
    of: impl Iterator<Item = i64>,
) -> Result<HashSet<i64>> {
    let marks = helpful::Entity::find()
        .select_only()
        .column(helpful::Column::CritiqueId)
        .filter(helpful::Column::CritiqueId.is_in(of))
        .filter(helpful::Column::AccountId.eq(viewer.0));
    Ok(marks.into_tuple().all(db).await?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_bounded_by_its_text_but_holds_a_minimum_of_critiques() {
        assert_eq!(fitting(std::iter::repeat_n(100, 60)), 60);
        assert_eq!(
            fitting(std::iter::repeat_n(20_000, 60)),
            26,
            "520,000 bytes"
        );
        assert_eq!(fitting(std::iter::repeat_n(PAGE_BYTES, 60)), PAGE_MIN);
    }

    #[test]
    fn cursor_is_accepted_for_its_own_sort_only() {
        let helpful = ListCursor {
            helpful_count: Some(3),
            id: 7,
        };
        assert_eq!(
            ListCursor::parse(CritiqueSort::Helpful, "3-7").ok(),
            Some(helpful)
        );
        assert_eq!(
            ListCursor::parse(CritiqueSort::Newest, "7").ok(),
            Some(ListCursor {
                helpful_count: None,
                id: 7
            })
        );
        for (sort, odd) in [
            (CritiqueSort::Newest, "3-7"),
            (CritiqueSort::Helpful, "7"),
            (CritiqueSort::Helpful, "-7"),
            (CritiqueSort::Newest, ""),
        ] {
            assert!(ListCursor::parse(sort, odd).is_err(), "{odd}");
        }
    }
}
