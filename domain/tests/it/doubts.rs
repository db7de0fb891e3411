//! Commits in doubt: the connection goes down after COMMIT was sent, so that nobody here knows
//! whether it was made.

use std::time::{Duration, Instant};

use domain::{
    Domain, Error,
    accounts::NewAccount,
    artworks::WordsEdit,
    live::Tail,
    sessions::{Browser, SIGNED_IN, SessionKey, SignedIn},
};
use shared::{
    AppError, ArtworkId, Kind,
    dto::Viewer,
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
    critic: &Viewer,
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

/// Closes connections on COMMIT for a while, then lets everything through again.
async fn for_a_while(proxy: &Proxy, arrives: bool) {
    proxy.cut_on("COMMIT", arrives);
    sleep(Duration::from_millis(400)).await;
    proxy.mend();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_whose_commit_is_in_doubt_is_settled_by_trying_again() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    for (n, arrives) in [true, false, true].into_iter().enumerate() {
        let name = format!("attempt-{n}");
        let (posted, ()) = tokio::join!(
            post(&domain, &critic, on, Some(&name)),
            for_a_while(&proxy, arrives)
        );
        posted.expect("it is posted after all");
        let shown = domain.artworks.show(None, on).await.expect("the work");
        assert_eq!(shown.critiques.len(), n + 1, "once");
    }
}

/// An edit and a deletion come to the same when they are made twice, a registration to a sign-in,
/// and a change of the password is known by the hash that it wrote: so all of them are tried again
/// here, and done once.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_same_twice_is_tried_again_by_itself() {
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
            .edit(critic.id, critique.id, &words, Some(critique.version));
        let (edited, ()) = tokio::join!(edit, for_a_while(&proxy, arrives));
        assert_eq!(
            edited.expect("edited").version,
            critique.version + 1,
            "once"
        );

        let title = WordsEdit::parse(Some("Another title"), None).expect("sound");
        let retitle = domain
            .artworks
            .edit(artist.id, on, &title, Some(shown.version));
        let (retitled, ()) = tokio::join!(retitle, for_a_while(&proxy, arrives));
        retitled.expect("retitled");

        let (deleted, ()) = tokio::join!(
            domain.critiques.delete(critic.id, critique.id),
            for_a_while(&proxy, arrives)
        );
        assert_eq!(deleted.expect("deleted"), on);
        let (deleted, ()) = tokio::join!(
            domain.artworks.delete(artist.id, on),
            for_a_while(&proxy, arrives)
        );
        deleted.expect("deleted");
        let twice = domain
            .artworks
            .delete(artist.id, on)
            .await
            .expect_err("is not there");
        assert_eq!(
            AppError::from(twice).kind,
            Kind::NotFound,
            "that is asked for anew"
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
            for_a_while(&proxy, arrives)
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
        let change = domain.accounts.change_password(
            dee.viewer.id,
            "correct horse",
            "another horse",
            &browser,
            false,
        );
        let (cookie, ()) = tokio::join!(change, for_a_while(&proxy, arrives));
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
async fn a_password_change_in_doubt_says_which_to_try() {
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
        .change_password(bo.id, "correct horse", "another horse", &browser, false)
        .await;
    proxy.mend();
    let told = AppError::from(changed.expect_err("every commit is cut"));
    assert!(
        told.kind == Kind::InDoubt && told.message.contains("try the new one first"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_in_doubt_is_not_denied_and_those_concerned_hear_of_it_at_once() {
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
    // Without a key it is not tried again, lest it be posted twice.
    let error = post(&domain, &critic, on, None)
        .await
        .expect_err("nobody knows");
    assert!(error.is_in_doubt());
    let told = AppError::from(error);
    assert_eq!((told.kind, told.kind.status()), (Kind::InDoubt, 503));
    assert!(
        told.message.contains("can't tell")
            && told.message.contains("Idempotency-Key")
            && told.retry_after.is_some(),
        "{told}"
    );
    while matches!(registration.after(0), Tail::Nothing) {
        assert!(begun.elapsed() < SOON, "the artist does not hear of it");
        let _ = timeout(Duration::from_millis(50), registration.woken()).await;
    }
    // With a key the answer is that trying again is safe, as it is.
    let error = post(&domain, &critic, on, Some("mine"))
        .await
        .expect_err("every commit is cut");
    assert!(AppError::from(error).message.contains("safe to try again"));
    proxy.mend();
    post(&domain, &critic, on, Some("mine"))
        .await
        .expect("is the same act");
    let shown = domain.artworks.show(None, on).await.expect("the work");
    assert_eq!(shown.critiques.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_refused_is_no_doubt() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    // Before anything was committed, the connection goes.
    proxy.cut_on("BEGIN", true);
    let error = post(&domain, &critic, on, None)
        .await
        .expect_err("nothing can be begun");
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

/// Signing out takes effect where it is asked for, whatever becomes of the commit, and the database
/// is told in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_in_doubt_is_one() {
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
            .expect_err("the database could not be told")
            .into();
        assert_eq!(told.kind, Kind::InDoubt);
        assert!(
            domain
                .sessions
                .load(&record.id)
                .await
                .expect("answers")
                .is_none(),
            "the cookie is worth nothing at once"
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
            .list(artist.id, None, None)
            .await
            .is_ok_and(|sessions| sessions.items.is_empty())
        {
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "the database is never told"
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
