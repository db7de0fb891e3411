//! Concurrent edits: none is lost, and an edit based on an older version is detected.

use domain::{
    policy::Actor,
    {Domain, artworks::WordsEdit},
};
use shared::{AppError, Current, Kind, dto::Artwork, text::CritiqueBody};

use crate::nodes::{alone, person, work};

fn title(text: &str) -> WordsEdit {
    WordsEdit::parse(Some(text), None).expect("sound")
}

fn description(text: &str) -> WordsEdit {
    WordsEdit::parse(None, Some(text)).expect("sound")
}

async fn shown(domain: &Domain, artist: &Actor, id: shared::ArtworkId) -> Artwork {
    domain
        .artworks
        .show(Some(artist.id), id)
        .await
        .expect("the work")
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_edits_of_different_fields_both_apply() {
    let (domain, _bus, _database) = alone().await;
    let bo = person(&domain, "bo").await;
    let on = work(&domain, &bo).await;
    for round in 0..60 {
        let (titled, described) = (
            title(&format!("Title {round}")),
            description(&format!("Description {round}")),
        );
        let (one, other) = tokio::join!(
            tokio::spawn({
                let (domain, bo, titled) = (domain.clone(), bo.clone(), titled);
                async move { domain.artworks.edit(&bo, on, &titled, None).await }
            }),
            tokio::spawn({
                let (domain, bo, described) = (domain.clone(), bo.clone(), described);
                async move { domain.artworks.edit(&bo, on, &described, None).await }
            }),
        );
        one.expect("runs").expect("edits");
        other.expect("runs").expect("edits");
        let now = shown(&domain, &bo, on).await;
        assert_eq!(
            (now.title, now.description),
            (format!("Title {round}"), format!("Description {round}"))
        );
        assert_eq!(now.version, 3 + 2 * round);
    }
}

#[tokio::test]
async fn an_edit_of_an_older_version_is_a_conflict_that_carries_the_current_state() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &bo).await;
    domain
        .artworks
        .edit(&bo, on, &title("First"), Some(1))
        .await
        .expect("edits");
    let error = AppError::from(
        domain
            .artworks
            .edit(&bo, on, &title("Second"), Some(1))
            .await
            .expect_err("refused"),
    );
    assert_eq!(error.kind, Kind::Conflict);
    let Some(Current::Artwork(current)) = error.current.map(|current| *current) else {
        panic!("the present work")
    };
    assert_eq!(
        (current.title.as_str(), current.version, current.editable),
        ("First", 2, true)
    );
    domain
        .artworks
        .edit(&bo, on, &title("First"), Some(1))
        .await
        .expect("repeating the edit, as after a lost response, succeeds");
    domain
        .artworks
        .edit(&bo, on, &title("Second"), Some(current.version))
        .await
        .expect("an edit of the current version succeeds");
    domain
        .artworks
        .edit(
            &bo,
            on,
            &description("Without a version the last wins."),
            None,
        )
        .await
        .expect("edits");
    let now = shown(&domain, &bo, on).await;
    assert_eq!((now.title.as_str(), now.version), ("Second", 4));

    let words = |text: &str| CritiqueBody::parse(text).expect("sound");
    let critique = domain
        .critiques
        .post(&ann, on, &words("One."), None)
        .await
        .expect("posts");
    assert_eq!(critique.version, 1);
    let edited = domain
        .critiques
        .edit(&ann, critique.id, &words("Two."), Some(1))
        .await
        .expect("edits");
    assert_eq!(edited.version, 2);
    let error = AppError::from(
        domain
            .critiques
            .edit(&ann, critique.id, &words("Three."), Some(1))
            .await
            .expect_err("refused"),
    );
    let Some(Current::Critique(current)) = error.current.map(|current| *current) else {
        panic!("the present critique")
    };
    assert_eq!(
        (error.kind, current.body.as_str(), current.version),
        (Kind::Conflict, "Two.", 2)
    );
    assert_eq!(
        domain
            .critiques
            .edit(&ann, critique.id, &words("Two."), Some(1))
            .await
            .expect("repeating the edit succeeds")
            .version,
        2
    );
    domain
        .critiques
        .set_helpful(&bo, critique.id, true)
        .await
        .expect("marks");
    let edited = domain
        .critiques
        .edit(&ann, critique.id, &words("Three."), Some(2))
        .await
        .expect("a helpful mark does not change the version");
    assert_eq!((edited.version, edited.helpful_count), (3, 1));
}
