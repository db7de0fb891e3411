//! A critique whose client tries again, not having heard how it went, is posted once and told once.

use domain::notifications::Filter;
use shared::{
    AppError, Kind,
    text::{Attempt, CritiqueBody},
};
use tokio::task::JoinSet;

use crate::nodes::{alone, person, work};

fn words(text: &str) -> CritiqueBody {
    CritiqueBody::parse(text).expect("sound")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_is_posted_once_however_often_and_at_once_it_is_made() {
    let (domain, _bus, _database) = alone().await;
    let (artist, ann, cy) = (person(&domain, "bo").await, person(&domain, "ann").await, person(&domain, "cy").await);
    let on = work(&domain, &artist).await;
    let mut posts = JoinSet::new();
    for n in 0..60 {
        // What another calls theirs is another matter, and so is an attempt without a name.
        let (domain, author) = (domain.clone(), if n % 3 == 0 { cy.clone() } else { ann.clone() });
        let attempt = (n % 3 < 2).then(|| Attempt::parse("once").expect("sound"));
        posts.spawn(async move {
            let named = attempt.is_some();
            let posted = domain.critiques.post(&author, on, &words("Mind the edges."), attempt).await.expect("posts");
            (named, author.id, posted.id)
        });
    }
    let mut posted = posts.join_all().await;
    posted.sort_unstable();
    posted.dedup();
    let count = |named, author| posted.iter().filter(|post| (post.0, post.1) == (named, author)).count();
    assert_eq!((count(true, ann.id), count(true, cy.id), count(false, ann.id)), (1, 1, 20));
    let again = domain.critiques.post(&ann, on, &words("Mind the edges."), Attempt::parse("once").ok()).await.expect("is there");
    assert!(posted.contains(&(true, ann.id, again.id)));

    let shown = domain.artworks.show(None, on).await.expect("the work");
    assert_eq!((shown.critique_count, shown.critiques.len()), (22, 22));
    let inbox = domain.notifications.page(artist.id, Filter::All, None, 50).await.expect("a page");
    assert_eq!((inbox.items.len(), inbox.unread, inbox.cursor.seq), (22, 22, 22));
}

#[tokio::test]
async fn an_attempt_names_one_critique_only() {
    let (domain, _bus, _database) = alone().await;
    let (artist, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let (on, other) = (work(&domain, &artist).await, work(&domain, &artist).await);
    let attempt = || Attempt::parse("once").ok();
    let first = domain.critiques.post(&ann, on, &words("Mind the edges."), attempt()).await.expect("posts");
    for (work, body) in [(on, "Other words."), (other, "Mind the edges.")] {
        let refused = AppError::from(domain.critiques.post(&ann, work, &words(body), attempt()).await.expect_err("is refused"));
        assert_eq!((refused.kind, refused.of("attempt").is_some()), (Kind::Invalid, true));
    }
    domain.critiques.delete(ann.id, first.id).await.expect("deletes");
    let anew = domain.critiques.post(&ann, other, &words("Other words."), attempt()).await.expect("posts");
    assert_ne!(anew.id, first.id, "what is deleted names nothing");
}
