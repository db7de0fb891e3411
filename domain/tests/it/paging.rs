//! Paging of a work's critiques, however many: each is on one page in either order, and every page
//! is bounded.

use std::collections::BTreeSet;

use domain::{
    Domain,
    critiques::{ListCursor, PAGE, Start},
    policy::Actor,
};
use shared::{
    ArtworkId, CritiqueId, Kind,
    dto::{Critique, CritiqueSort, Page},
    text::CritiqueBody,
};

use crate::nodes::{alone, person, work};

/// Posts critiques on a work; returns their ids, oldest first.
async fn post(
    domain: &Domain,
    author: &Actor,
    on: ArtworkId,
    bodies: impl Iterator<Item = String>,
) -> Vec<CritiqueId> {
    let mut ids = Vec::new();
    for body in bodies {
        let body = CritiqueBody::parse(&body).expect("sound");
        ids.push(
            domain
                .critiques
                .post(author, on, &body, None)
                .await
                .expect("posts")
                .id,
        );
    }
    ids
}

/// All pages, first to last.
async fn pages(
    domain: &Domain,
    on: ArtworkId,
    sort: CritiqueSort,
    limit: u64,
) -> Vec<Vec<Critique>> {
    let (mut pages, mut start) = (Vec::new(), Start::First);
    loop {
        let Page { items, next } = domain
            .critiques
            .page(None, on, sort, start, limit)
            .await
            .expect("a page");
        pages.push(items);
        let Some(next) = next else { return pages };
        start = Start::After(ListCursor::parse(sort, &next).expect("a place"));
    }
}

fn ids(critiques: &[Critique]) -> Vec<CritiqueId> {
    critiques.iter().map(|critique| critique.id).collect()
}

#[tokio::test]
async fn every_critique_is_on_one_page_in_either_order() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &bo).await;
    let mut all = post(&domain, &ann, on, (0..23).map(|n| format!("Words {n}."))).await;
    // Seven critiques have one mark each, so that ties must be broken by age.
    for id in all.iter().step_by(3).take(7) {
        domain
            .critiques
            .set_helpful(&bo, *id, true)
            .await
            .expect("marks");
    }
    let newest: Vec<_> = pages(&domain, on, CritiqueSort::Newest, 5)
        .await
        .iter()
        .flat_map(|page| ids(page))
        .collect();
    all.reverse();
    assert_eq!(newest, all);
    let helpful = pages(&domain, on, CritiqueSort::Helpful, 5).await;
    assert_eq!(
        helpful.iter().map(Vec::len).collect::<Vec<_>>(),
        [5, 5, 5, 5, 3]
    );
    let helpful: Vec<_> = helpful
        .into_iter()
        .flatten()
        .map(|critique| (critique.helpful_count, critique.id))
        .collect();
    assert!(
        helpful.is_sorted_by(|one, other| one > other),
        "{helpful:?}"
    );
    assert_eq!(
        helpful.iter().map(|(_, id)| *id).collect::<BTreeSet<_>>(),
        all.into_iter().collect()
    );
}

#[tokio::test]
async fn posts_and_deletions_between_pages_neither_repeat_nor_skip_critiques() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    for sort in [CritiqueSort::Newest, CritiqueSort::Helpful] {
        let on = work(&domain, &bo).await;
        let all = post(&domain, &ann, on, (0..12).map(|n| format!("Words {n}."))).await;
        let first = domain
            .critiques
            .page(None, on, sort, Start::First, 4)
            .await
            .expect("a page");
        let place = ListCursor::parse(sort, &first.next.expect("more")).expect("a place");
        // The last critique of the page is deleted, and a new one is posted.
        let last = first.items[3].id;
        post(&domain, &ann, on, ["New.".to_owned()].into_iter()).await;
        domain.critiques.delete(&ann, last).await.expect("deletes");
        let second = domain
            .critiques
            .page(None, on, sort, Start::After(place), 4)
            .await
            .expect("a page");
        let mut wanted: Vec<_> = all.iter().copied().filter(|id| *id < last).collect();
        wanted.reverse();
        assert_eq!(ids(&second.items), wanted[..4], "{sort:?}");
    }
}

#[tokio::test]
async fn a_work_shows_its_newest_critiques_and_a_link_opens_the_page_with_its_critique() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let (on, other) = (work(&domain, &bo).await, work(&domain, &bo).await);
    let count = usize::try_from(PAGE).expect("small") + 20;
    let all = post(&domain, &ann, on, (0..count).map(|n| format!("Words {n}."))).await;
    let elsewhere = post(&domain, &ann, other, ["Elsewhere.".to_owned()].into_iter()).await[0];
    let shown = domain.artworks.show(None, on).await.expect("the work");
    assert_eq!(
        (
            shown.critique_count,
            shown.critiques.len(),
            shown.critiques[0].id
        ),
        (70, 50, all[69])
    );
    assert_eq!(shown.critiques_next.as_deref(), Some(&*all[20].to_string()));

    let at = async |id| {
        domain
            .artworks
            .show_page(None, on, CritiqueSort::Newest, Start::At(id))
            .await
            .expect("the work")
    };
    let near = at(all[30]).await;
    assert!(
        near.first && !near.missing && near.artwork == shown,
        "it is on the first page"
    );
    let far = at(all[7]).await;
    assert!(!far.first && !far.missing && far.newest == Some(all[69]));
    assert_eq!(
        ids(&far.artwork.critiques),
        all[..8].iter().rev().copied().collect::<Vec<_>>()
    );
    for gone in [CritiqueId(999_999), elsewhere] {
        let view = at(gone).await;
        assert!(
            view.first && view.missing && view.artwork == shown,
            "{gone}"
        );
    }
    assert_eq!(
        domain.artworks.path_to(on, all[69]).await.expect("a path"),
        format!("/artworks/{on}#critique-{}", all[69])
    );
    assert_eq!(
        domain.artworks.path_to(on, all[7]).await.expect("a path"),
        format!("/artworks/{on}?critique={}#critique-{}", all[7], all[7])
    );
    let gone = domain
        .critiques
        .page(
            None,
            ArtworkId(999_999),
            CritiqueSort::Newest,
            Start::First,
            5,
        )
        .await;
    assert!(gone.is_err_and(|error| shared::AppError::from(error).kind == Kind::NotFound));
}

#[tokio::test]
async fn long_critiques_make_shorter_pages() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &bo).await;
    let all = post(
        &domain,
        &ann,
        on,
        (0..40).map(|n| format!("{n} {}", "x".repeat(9_990))),
    )
    .await;
    let pages = pages(&domain, on, CritiqueSort::Newest, 50).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [26, 14]);
    assert_eq!(
        pages
            .iter()
            .flat_map(|page| ids(page))
            .collect::<BTreeSet<_>>(),
        all.into_iter().collect()
    );
}

#[tokio::test]
async fn a_watching_page_gets_each_change_once_after_any_seq() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &bo).await;
    let changes = async |after| domain.artworks.changes(on, after).await.expect("changes");
    let first = post(
        &domain,
        &ann,
        on,
        ["One.".to_owned(), "Two.".to_owned()].into_iter(),
    )
    .await;
    let seq = domain.artworks.show(None, on).await.expect("the work").seq;
    assert_eq!(
        (
            changes(seq).await.critiques.len(),
            changes(0).await.critiques.len()
        ),
        (0, 2)
    );

    domain
        .critiques
        .set_helpful(&bo, first[0], true)
        .await
        .expect("marks");
    domain
        .critiques
        .set_helpful(&bo, first[0], true)
        .await
        .expect("marks again");
    let marked = changes(seq).await;
    assert_eq!(
        (
            marked.seq,
            marked.critiques[0].id,
            marked.critiques[0].helpful_count
        ),
        (seq + 1, first[0], 1)
    );

    let body = CritiqueBody::parse("Other words.").expect("sound");
    domain
        .critiques
        .edit(&ann, first[1], &body, None)
        .await
        .expect("edits");
    let edited = changes(marked.seq).await;
    assert_eq!(
        (
            edited.critiques.len(),
            edited.critiques[0].id,
            edited.critiques[0].version
        ),
        (1, first[1], 2)
    );

    domain
        .critiques
        .delete(&ann, first[0])
        .await
        .expect("deletes");
    let gone = changes(edited.seq).await;
    assert_eq!(
        (
            gone.gone.as_slice(),
            gone.critique_count,
            gone.critiques.len()
        ),
        (&first[..1], 1, 0)
    );
    let title = domain::artworks::WordsEdit::parse(Some("Dawn"), None).expect("sound");
    domain
        .artworks
        .edit(&bo, on, &title, None)
        .await
        .expect("edits");
    let retitled = changes(gone.seq).await;
    assert_eq!(
        (retitled.version, retitled.seq, retitled.critiques.len()),
        (2, gone.seq + 1, 0)
    );
    assert!(
        changes(retitled.seq + 1).await.reset,
        "a seq from the future forces a reset"
    );
    domain.artworks.delete(&bo, on).await.expect("deletes");
    assert!(domain.artworks.changes(on, 0).await.is_err());
}
