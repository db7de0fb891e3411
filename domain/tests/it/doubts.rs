//! Commits in doubt: the connection breaks after COMMIT was sent, so that the outcome is unknown.

use std::time::{Duration, Instant};

use domain::{
    Domain, Error, SessionKey,
    accounts::{
        NewAccount,
        sessions::{Browser, SIGNED_IN, SignedIn},
    },
    artworks::WordsEdit,
    hub::Tail,
    policy::Actor,
};
use shared::{
    AppError, ArtworkId, Kind,
    text::{CritiqueBody, IdempotencyKey},
};
use testing::Proxy;
use tokio::time::{sleep, timeout};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};

use crate::{
    buses::registration,
    nodes::{person, work},
    silence::behind_a_proxy,
};

const SOON: Duration = Duration::from_secs(3);

async fn post(
    domain: &Domain,
    critic: &Actor,
    on: ArtworkId,
    attempt: Option<&str>,
) -> Result<(), Error> {
    let words = CritiqueBody::parse("Mind the edges.").expect("sound");
    let attempt = IdempotencyKey::named(attempt).expect("a name");
    domain
        .critiques
        .post(critic, on, &words, attempt)
        .await
        .map(drop)
}

/// Closes connections on COMMIT for 400 ms, then lets everything through again.
async fn cut_commits_briefly(proxy: &Proxy, arrives: bool) {
    proxy.cut_on("COMMIT", arrives);
    sleep(Duration::from_millis(400)).await;
    proxy.mend();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyed_post_is_retried_after_a_commit_in_doubt_and_posted_once() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    for (n, arrives) in [true, false, true].into_iter().enumerate() {
        let name = format!("attempt-{n}");
        let (posted, ()) = tokio::join!(
            post(&domain, &critic, on, Some(&name)),
            cut_commits_briefly(&proxy, arrives)
        );
        posted.expect("posted on retry");
        let shown = domain.artworks.show(None, on).await.expect("the work");
        assert_eq!(shown.critiques.len(), n + 1, "once");
    }
}

/// Edits and deletions are idempotent, a repeated registration becomes a sign-in, and a password
/// change is recognised by the hash it wrote. All of them are therefore retried automatically and
/// take effect once.
#[tokio::test(flavor = "multi_thread")]
async fn idempotent_writes_are_retried_after_a_commit_in_doubt() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    for (n, arrives) in [true, false].into_iter().enumerate() {
        let on = work(&domain, &artist).await;
        post(&domain, &critic, on, Some(&format!("attempt-{n}")))
            .await
            .expect("posted");
        let shown = domain.artworks.show(None, on).await.expect("the work");
        let critique = shown.critiques[0].clone();

        let words = CritiqueBody::parse(&format!("Mind the corners, {n}.")).expect("sound");
        let edit = domain
            .critiques
            .edit(&critic, critique.id, &words, Some(critique.version));
        let (edited, ()) = tokio::join!(edit, cut_commits_briefly(&proxy, arrives));
        assert_eq!(
            edited.expect("edited").version,
            critique.version + 1,
            "once"
        );

        let title = WordsEdit::parse(Some("Another title"), None).expect("sound");
        let retitle = domain
            .artworks
            .edit(&artist, on, &title, Some(shown.version));
        let (retitled, ()) = tokio::join!(retitle, cut_commits_briefly(&proxy, arrives));
        retitled.expect("retitled");

        let (deleted, ()) = tokio::join!(
            domain.critiques.delete(&critic, critique.id),
            cut_commits_briefly(&proxy, arrives)
        );
        assert_eq!(deleted.expect("deleted"), on);
        let (deleted, ()) = tokio::join!(
            domain.artworks.delete(&artist, on),
            cut_commits_briefly(&proxy, arrives)
        );
        deleted.expect("deleted");
        let twice = domain
            .artworks
            .delete(&artist, on)
            .await
            .expect_err("is not there");
        assert_eq!(
            AppError::from(twice).kind,
            Kind::NotFound,
            "a new request to delete it finds nothing"
        );

        let handle = format!("dee{n}");
        let new = || {
            NewAccount::parse(
                &handle,
                "Dee",
                &format!("{handle}@art.example"),
                "correct horse",
            )
            .expect("sound")
        };
        let (attempt, browser) = (
            IdempotencyKey::named(Some(&handle)).expect("a name"),
            Browser::default(),
        );
        let (signed_up, ()) = tokio::join!(
            domain.accounts.sign_up(new(), attempt, &browser, None),
            cut_commits_briefly(&proxy, arrives)
        );
        let (dee, cookie) = signed_up.expect("registered");
        let id: Id = cookie.parse().expect("a session's id");
        assert!(
            domain.sessions.load(&id).await.expect("answers").is_some(),
            "signed in"
        );

        let browser = Browser {
            before: Some(SessionKey::of(id)),
            ..Browser::default()
        };
        let actor = dee.actor();
        let change = domain.accounts.change_password(
            &actor,
            "correct horse",
            "another horse",
            &browser,
            false,
        );
        let (cookie, ()) = tokio::join!(change, cut_commits_briefly(&proxy, arrives));
        let id: Id = cookie.expect("changed").parse().expect("a session's id");
        assert!(
            domain.sessions.load(&id).await.expect("answers").is_some(),
            "the new session is the browser's"
        );
        domain
            .accounts
            .sign_in(&handle, "another horse", None)
            .await
            .expect("the new password holds");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_change_in_doubt_says_which_password_to_try() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let bo = person(&domain, "bo").await;
    let proven = domain
        .accounts
        .sign_in("bo", "correct horse", None)
        .await
        .expect("signs in");
    let cookie = domain
        .sessions
        .sign_in(&proven, &Browser::default())
        .await
        .expect("signed in");
    let before = cookie.parse().ok().map(SessionKey::of);
    proxy.cut_on("COMMIT", true);
    let browser = Browser {
        before,
        ..Browser::default()
    };
    let changed = domain
        .accounts
        .change_password(&bo, "correct horse", "another horse", &browser, false)
        .await;
    proxy.mend();
    let told = AppError::from(changed.expect_err("every commit is cut"));
    assert!(
        told.kind == Kind::InDoubt && told.phrase.code == "password-outcome-unknown",
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_in_doubt_is_reported_as_such_and_still_delivered_at_once() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let _tasks = domain.hub.start();
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let (on, registration) = (
        work(&domain, &artist).await,
        registration(&domain, &artist).await,
    );
    assert_eq!(registration.head(), 0);
    proxy.cut_on("COMMIT", true);
    let begun = Instant::now();
    // Without an idempotency key the post is not retried, since it might be posted twice.
    let error = post(&domain, &critic, on, None)
        .await
        .expect_err("the outcome is unknown");
    assert!(error.is_in_doubt());
    let told = AppError::from(error);
    assert_eq!((told.kind, told.kind.status()), (Kind::InDoubt, 503));
    assert!(
        told.phrase.code == "outcome-unknown-without-key" && told.retry_after.is_some(),
        "{told}"
    );
    while matches!(registration.after(0), Tail::Nothing) {
        assert!(begun.elapsed() < SOON, "the artist is not notified");
        let _ = timeout(Duration::from_millis(50), registration.woken()).await;
    }
    // With a key, the error says that retrying is safe.
    let error = post(&domain, &critic, on, Some("mine"))
        .await
        .expect_err("every commit is cut");
    assert_eq!(AppError::from(error).phrase.code, "outcome-unknown");
    proxy.mend();
    post(&domain, &critic, on, Some("mine"))
        .await
        .expect("the retry is the same post");
    let shown = domain.artworks.show(None, on).await.expect("the work");
    assert_eq!(shown.critiques.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_before_commit_is_not_reported_as_in_doubt() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    // The connection breaks before anything was committed.
    proxy.cut_on("BEGIN", true);
    let error = post(&domain, &critic, on, None)
        .await
        .expect_err("no transaction can begin");
    proxy.mend();
    assert!(!error.is_in_doubt() && AppError::from(error).kind == Kind::Unavailable);
    assert!(
        domain
            .artworks
            .show(None, on)
            .await
            .expect("the work")
            .critiques
            .is_empty()
    );
}

/// Signing out takes effect on this node whatever the outcome of the commit, and reaches the
/// database in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_in_doubt_still_signs_out() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let _tasks = domain.hub.start();
    let artist = person(&domain, "bo").await;
    for arrives in [true, false] {
        let proven = domain
            .accounts
            .sign_in("bo", "correct horse", None)
            .await
            .expect("signs in");
        let signed_in =
            serde_json::to_value(SignedIn::new(&proven, "test", String::new())).expect("json");
        let expiry_date = time::OffsetDateTime::now_utc() + time::Duration::days(1);
        let mut record = Record {
            id: Id::default(),
            data: [(SIGNED_IN.to_owned(), signed_in)].into(),
            expiry_date,
        };
        domain.sessions.create(&mut record).await.expect("begins");
        let key = SessionKey::of(record.id);
        let registration = crate::buses::registration_of(&domain, &artist, &key);
        assert!(
            domain
                .sessions
                .load(&record.id)
                .await
                .expect("answers")
                .is_some()
        );
        proxy.cut_on("COMMIT", arrives);
        let told: AppError = domain
            .sessions
            .sign_out(&key)
            .await
            .expect_err("the commit fails")
            .into();
        assert_eq!(told.kind, Kind::InDoubt);
        assert!(
            domain
                .sessions
                .load(&record.id)
                .await
                .expect("answers")
                .is_none(),
            "the cookie is invalid at once"
        );
        let begun = Instant::now();
        while registration.ended().is_none() {
            assert!(
                begun.elapsed() < Duration::from_secs(1),
                "the socket lives on"
            );
            let _ = timeout(Duration::from_millis(50), registration.woken()).await;
        }
        proxy.mend();
        let begun = Instant::now();
        while !domain
            .sessions
            .list(&artist, None, None)
            .await
            .is_ok_and(|sessions| sessions.items.is_empty())
        {
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "the sign-out never reaches the database"
            );
            sleep(Duration::from_millis(100)).await;
        }
        assert!(
            domain
                .sessions
                .load(&record.id)
                .await
                .expect("answers")
                .is_none()
        );
    }
}
