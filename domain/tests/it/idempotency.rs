//! A critique or a work whose client retries after a lost response is posted once and announced
//! once.

use std::io::Cursor;

use bytes::Bytes;
use domain::{artworks::Words, notifications::Filter};
use image::{ImageFormat, RgbImage};
use shared::text::{CritiqueBody, IdempotencyKey};
use tokio::task::JoinSet;

use crate::nodes::{alone, person, work};

fn words(text: &str) -> CritiqueBody {
    CritiqueBody::parse(text).expect("sound")
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_posts_with_one_idempotency_key_create_one_critique() {
    let (domain, _bus, _database) = alone().await;
    let (artist, ann, cy) = (
        person(&domain, "bo").await,
        person(&domain, "ann").await,
        person(&domain, "cy").await,
    );
    let on = work(&domain, &artist).await;
    let mut posts = JoinSet::new();
    for n in 0..60 {
        // Keys are scoped to their author, and a post without a key is always a new one.
        let (domain, author) = (
            domain.clone(),
            if n % 3 == 0 { cy.clone() } else { ann.clone() },
        );
        let attempt = (n % 3 < 2).then(|| IdempotencyKey::parse("once").expect("sound"));
        posts.spawn(async move {
            let named = attempt.is_some();
            let posted = domain
                .critiques
                .post(&author, on, &words("Mind the edges."), attempt)
                .await
                .expect("posts");
            (named, author.id, posted.id)
        });
    }
    let mut posted = posts.join_all().await;
    posted.sort_unstable();
    posted.dedup();
    let count = |named, author| {
        posted
            .iter()
            .filter(|post| (post.0, post.1) == (named, author))
            .count()
    };
    assert_eq!(
        (
            count(true, ann.id),
            count(true, cy.id),
            count(false, ann.id)
        ),
        (1, 1, 20)
    );
    let again = domain
        .critiques
        .post(
            &ann,
            on,
            &words("Mind the edges."),
            IdempotencyKey::parse("once").ok(),
        )
        .await
        .expect("is there");
    assert!(posted.contains(&(true, ann.id, again.id)));

    let shown = domain.artworks.show(None, on).await.expect("the work");
    assert_eq!((shown.critique_count, shown.critiques.len()), (22, 22));
    let inbox = domain
        .notifications
        .page(&artist, Filter::All, None, 50)
        .await
        .expect("a page");
    assert_eq!(
        (inbox.items.len(), inbox.unread, inbox.cursor.seq),
        (22, 22, 22)
    );
}

#[tokio::test]
async fn the_same_key_with_different_content_is_a_new_post() {
    let (domain, _bus, _database) = alone().await;
    let (artist, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let (on, other) = (work(&domain, &artist).await, work(&domain, &artist).await);
    let post = async |on, body| {
        domain
            .critiques
            .post(&ann, on, &words(body), IdempotencyKey::parse("once").ok())
            .await
            .expect("posts")
    };
    let first = post(on, "Mind the edges.").await;
    let others = [
        post(on, "Other words.").await.id,
        post(other, "Mind the edges.").await.id,
    ];
    assert!(!others.contains(&first.id) && others[0] != others[1]);

    domain
        .critiques
        .edit(&ann, first.id, &words("Mind the corners."), None)
        .await
        .expect("edits");
    let again = post(on, "Mind the edges.").await;
    assert_eq!(
        (again.id, again.body.as_str()),
        (first.id, "Mind the corners."),
        "a retry returns the critique as edited since"
    );

    domain
        .critiques
        .delete(&ann, first.id)
        .await
        .expect("deletes");
    assert_ne!(
        post(on, "Mind the edges.").await.id,
        first.id,
        "a retry after deletion posts again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_posts_with_one_key_create_one_work_and_notify_followers_once() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    domain.follows.set(&ann, "bo", true).await.expect("follows");
    let mut posts = JoinSet::new();
    for n in 0..12 {
        let (domain, bo) = (domain.clone(), bo.clone());
        posts.spawn(async move {
            let title = Words::parse(if n % 3 == 0 { "Dawn" } else { "Dusk" }, "").expect("sound");
            let attempt = (n % 3 < 2).then(|| IdempotencyKey::parse("once").expect("sound"));
            (
                n % 3,
                domain
                    .artworks
                    .post(&bo, &title, picture(40), attempt)
                    .await
                    .expect("posts"),
            )
        });
    }
    let mut posted: Vec<_> = posts
        .join_all()
        .await
        .into_iter()
        .map(|(kind, card)| (kind, card.id, card.picture))
        .collect();
    posted.sort_unstable_by_key(|post| (post.0, post.1));
    posted.dedup();
    let count = |kind| posted.iter().filter(|post| post.0 == kind).count();
    assert_eq!(
        [count(0), count(1), count(2)],
        [1, 1, 4],
        "Dawn and Dusk once each, Dusk without a key each time"
    );
    let bigger = domain
        .artworks
        .post(
            &bo,
            &Words::parse("Dusk", "").expect("sound"),
            picture(41),
            IdempotencyKey::parse("once").ok(),
        )
        .await;
    assert!(
        posted
            .iter()
            .all(|post| bigger.as_ref().is_ok_and(|card| card.id != post.1)),
        "another picture is another work"
    );

    let told = domain
        .notifications
        .page(&ann, Filter::All, None, 50)
        .await
        .expect("a page");
    assert_eq!((told.items.len(), told.cursor.seq), (7, 7));
    for (_, _, picture) in posted {
        let (key, file) = picture.sources[0]
            .url
            .strip_prefix("/media/")
            .and_then(|path| path.split_once('/'))
            .expect("an address");
        assert!(
            domain
                .artworks
                .media()
                .size(key, file)
                .await
                .expect("reads")
                .is_some(),
            "the picture that is shown is kept"
        );
    }
}

fn picture(side: u32) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::new(side, side)
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a picture");
    bytes.into_inner().into()
}
