//! Texts are rendered to HTML when written; texts stored by an older release, when next shown.

use std::time::Duration;

use domain::{Domain, artworks::Words, entities::critique};
use sea_orm::{ConnectionTrait, EntityTrait};
use shared::text::CritiqueBody;

use crate::nodes::{alone, person, work};

fn words(text: &str) -> CritiqueBody {
    CritiqueBody::parse(text).expect("sound")
}

async fn execute(domain: &Domain, statement: &str) {
    let txn = domain.store.begin().await.expect("begins");
    txn.db()
        .execute_unprepared(statement)
        .await
        .expect("a sound statement");
    txn.commit().await.expect("commits");
}

async fn row(domain: &Domain, id: i64) -> critique::Model {
    critique::Entity::find_by_id(id)
        .one(domain.store.readers())
        .await
        .expect("reads")
        .expect("is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn html_is_stored_when_a_text_is_written_or_edited() {
    let (domain, _bus, _database) = alone().await;
    let (artist, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    let posted = domain
        .critiques
        .post(&ann, on, &words("*Mind* the edges."), None)
        .await
        .expect("posts");
    let stored = row(&domain, posted.id.0).await;
    assert_eq!(
        stored.body_html.as_deref(),
        Some("<p><em>Mind</em> the edges.</p>\n")
    );
    assert_eq!(
        (stored.excerpt.as_deref(), stored.body_html.as_deref()),
        (Some("Mind the edges."), Some(&*posted.body_html))
    );

    let edited = domain
        .critiques
        .edit(&ann, posted.id, &words("The **corners**."), None)
        .await
        .expect("edits");
    let stored = row(&domain, posted.id.0).await;
    assert_eq!(
        stored.body_html.as_deref(),
        Some("<p>The <strong>corners</strong>.</p>\n")
    );
    assert_eq!(
        (stored.excerpt.as_deref(), stored.body_html.as_deref()),
        (Some("The corners."), Some(&*edited.body_html))
    );

    let described = Words::parse("Dusk", "*Oil*").expect("sound");
    domain
        .artworks
        .edit(&artist, on, &described.into(), None)
        .await
        .expect("edits");
    assert_eq!(
        domain
            .artworks
            .show(None, on)
            .await
            .expect("the work")
            .description_html,
        "<p><em>Oil</em></p>\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_an_older_release_are_rendered_when_shown_and_then_stored() {
    let (domain, _bus, _database) = alone().await;
    let (artist, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    let posted = domain
        .critiques
        .post(&ann, on, &words("*Mind* the edges."), None)
        .await
        .expect("posts");
    for (older, html, excerpt) in [
        (
            "body_html = NULL, body_html_key = NULL, excerpt = NULL",
            "<p><em>Mind</em> the edges.</p>\n",
            "Mind the edges.",
        ),
        (
            "body_html_key = '0:of-another-version', body_html = '<p>Otherwise</p>'",
            "<p><em>Mind</em> the edges.</p>\n",
            "Mind the edges.",
        ),
        // The older release leaves the HTML column unchanged.
        (
            "body = 'Never *mind*.'",
            "<p>Never <em>mind</em>.</p>\n",
            "Never mind.",
        ),
    ] {
        execute(
            &domain,
            &format!("UPDATE critique SET {older} WHERE id = {}", posted.id),
        )
        .await;
        execute(&domain, "UPDATE artwork SET description = '*Oil*', description_html = NULL, description_html_key = NULL").await;
        // The read cache serves the old value until a change invalidates it.
        domain
            .critiques
            .set_helpful(&artist, posted.id, true)
            .await
            .expect("marks");
        domain
            .critiques
            .set_helpful(&artist, posted.id, false)
            .await
            .expect("unmarks");
        let shown = domain.artworks.show(None, on).await.expect("the work");
        assert_eq!(
            (&*shown.critiques[0].body_html, &*shown.description_html),
            (html, "<p><em>Oil</em></p>\n"),
            "{older}"
        );
        let stored = || async { row(&domain, posted.id.0).await };
        tokio::time::timeout(Duration::from_secs(20), async {
            while stored().await.body_html.as_deref() != Some(html) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("stored");
        assert_eq!(stored().await.excerpt.as_deref(), Some(excerpt));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_render_to_nothing_are_refused_and_notify_no_one() {
    let (domain, _bus, _database) = alone().await;
    let (artist, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    let posted = domain
        .critiques
        .post(&ann, on, &words("Mind the edges."), None)
        .await
        .expect("posts");
    for blank in [
        "[a]: https://example.org",
        "#",
        "&nbsp;",
        "![](https://example.org/a.png)",
        "***",
        &*">".repeat(10_000),
    ] {
        let refused: shared::AppError = domain
            .critiques
            .post(&ann, on, &words(blank), None)
            .await
            .expect_err(blank)
            .into();
        assert!(refused.of("body").is_some(), "{blank}: {refused:?}");
        let refused: shared::AppError = domain
            .critiques
            .edit(&ann, posted.id, &words(blank), None)
            .await
            .expect_err(blank)
            .into();
        assert!(refused.of("body").is_some(), "{blank}: {refused:?}");
    }
    assert_eq!(
        domain
            .artworks
            .show(None, on)
            .await
            .expect("the work")
            .critiques
            .len(),
        1
    );
    assert_eq!(
        domain
            .notifications
            .counts(artist.id)
            .await
            .expect("counts")
            .unread,
        1
    );
}
