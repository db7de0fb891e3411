//! Many concurrent changes: each is atomic, each inbox's numbers are gapless and in commit order,
//! and no writer waits forever.

use std::{collections::HashMap, time::Duration};

use domain::{
    bus::{Delivery, Message},
    clock::now,
    critiques::Draft,
    notifications::{Filter, Replay},
    policy::Actor,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use sea_orm::{ConnectionTrait, DbBackend};
use shared::{
    ArtworkId, CritiqueId, Kind, UserId,
    live::{Cursor, ServerFrame},
    text::CritiqueBody,
};
use tokio::{task::JoinSet, time::timeout};

use crate::nodes::{actor, alone, critiques, person, work};

fn words(text: &str) -> CritiqueBody {
    CritiqueBody::parse(text).expect("sound")
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_posts_with_rollbacks_get_gapless_numbers_in_commit_order() {
    let (domain, bus, _database) = alone().await;
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    let mut live = bus.subscribe();
    let mut tasks = JoinSet::new();
    for n in 0..64 {
        let (domain, critic) = (domain.clone(), critic.clone());
        tasks.spawn(async move {
            let mut txn = domain.store.begin().await.expect("begins");
            let body = words(&format!("Note {n}."));
            let rendered = domain::markdown::render(body.as_str());
            let draft = Draft {
                author: critic.viewer,
                artwork: on,
                body,
                rendered,
                at: now(),
                attempt: None,
            };
            domain
                .critiques
                .post_in(&mut txn, &[draft])
                .await
                .expect("posts");
            // A third of the transactions roll back by being dropped.
            if n % 3 == 0 {
                drop(txn);
            } else {
                txn.commit().await.expect("commits");
            }
        });
    }
    tasks.join_all().await;
    let page = domain
        .notifications
        .page(&artist, Filter::All, None, 100)
        .await
        .expect("a page");
    let kept = (0..64).filter(|n| n % 3 != 0).count();
    assert_eq!(
        (page.cursor.seq, page.unread as usize, page.items.len()),
        (kept as u64, kept, kept)
    );
    let seqs: Vec<u64> = page.items.iter().rev().map(|item| item.seq).collect();
    assert_eq!(seqs, (1..=kept as u64).collect::<Vec<_>>());
    let counted = domain
        .artworks
        .show(None, on)
        .await
        .expect("the work")
        .critique_count;
    assert_eq!(usize::try_from(counted), Ok(kept));

    let mut heard = Vec::new();
    while let Ok(Some(Delivery::Own(message))) =
        timeout(Duration::from_millis(50), live.next()).await
    {
        if let Message::Inbox { user, seq, .. } = message {
            assert_eq!(user, artist.id);
            heard.push(seq);
        }
    }
    heard.sort_unstable();
    assert_eq!(
        heard, seqs,
        "each commit is announced once, and no rolled-back post is"
    );
}

/// Everyone marks each other's critiques and posts on each other's works in shuffled order. Row
/// locks are taken in one order, which avoids deadlocks; transactions that the database aborts all
/// the same are retried.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writes_to_several_recipients_do_not_deadlock() {
    let (domain, _bus, _database) = alone().await;
    let mut people: Vec<Actor> = Vec::new();
    let (mut works, mut critiques) = (Vec::new(), Vec::new());
    for handle in ["ann", "bo", "cy", "di"] {
        let viewer = person(&domain, handle).await;
        works.push(work(&domain, &viewer).await);
        people.push(viewer);
    }
    for (n, person) in people.iter().enumerate() {
        for on in &works {
            let posted = domain
                .critiques
                .post(person, *on, &words(&format!("First words of {n}.")), None)
                .await
                .expect("posts");
            critiques.push((posted.id, n));
        }
    }
    let mut tasks = JoinSet::new();
    for n in 0..32_u64 {
        let (domain, people, works, mut critiques) = (
            domain.clone(),
            people.clone(),
            works.clone(),
            critiques.clone(),
        );
        tasks.spawn(async move {
            let mut dice = StdRng::seed_from_u64(n);
            critiques.shuffle(&mut dice);
            let me = usize::try_from(n).expect("small") % people.len();
            for (id, author) in critiques {
                if author != me {
                    domain
                        .critiques
                        .set_helpful(&people[me], id, dice.random_bool(0.6))
                        .await
                        .expect("marks");
                }
                let on = works[dice.random_range(0..works.len())];
                let posted = domain
                    .critiques
                    .post(&people[me], on, &words("More words."), None)
                    .await
                    .expect("posts");
                if dice.random_bool(0.5) {
                    domain
                        .critiques
                        .delete(&people[me], posted.id)
                        .await
                        .expect("deletes");
                }
            }
        });
    }
    timeout(Duration::from_secs(100), tasks.join_all())
        .await
        .expect("no writer waits forever");
    for viewer in &people {
        assert_counts_hold(&domain, viewer.id).await;
    }
}

/// Asserts that the counters equal an actual count and that the change log is gapless.
async fn assert_counts_hold(domain: &domain::Domain, user: UserId) {
    let counts = domain.notifications.counts(user).await.expect("counts");
    let (mut unread, mut before) = (0, None);
    loop {
        let page = domain
            .notifications
            .page(&actor(user), Filter::Unread, before, 100)
            .await
            .expect("a page");
        unread += page.items.len();
        let Some(next) = page.next else { break };
        before = Some(next.parse().expect("an id"));
    }
    assert_eq!(unread, counts.unread as usize);
    let mut at = counts.cursor.at(counts.cursor.seq.saturating_sub(400));
    let Replay::Frames(last, frames) = domain
        .notifications
        .replay(user, &at)
        .await
        .expect("a replay")
    else {
        panic!("a reset")
    };
    for frame in frames {
        let frame: ServerFrame = serde_json::from_slice(&frame).expect("a frame");
        let cursor: Cursor = frame.cursor().expect("a cursor").clone();
        assert_eq!(cursor.seq, at.seq + 1);
        at = cursor;
    }
    assert_eq!(at.seq, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_write_does_not_block_the_writers_behind_it() {
    let (domain, _bus, _database) = alone().await;
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    let mut dice = StdRng::seed_from_u64(4);
    let mut acknowledged = HashMap::new();
    for round in 0..20 {
        let mut tasks = JoinSet::new();
        for n in 0..16 {
            let (domain, critic, patience) =
                (domain.clone(), critic.clone(), dice.random_range(0..3_000));
            tasks.spawn(async move {
                let body = words(&format!("Round {round}, note {n}."));
                let post = domain.critiques.post(&critic, on, &body, None);
                // Every other request is dropped after a random delay.
                if n % 2 == 0 {
                    Some(post.await)
                } else {
                    timeout(Duration::from_micros(patience), post).await.ok()
                }
            });
        }
        let done = timeout(Duration::from_secs(20), tasks.join_all())
            .await
            .expect("no writer waits forever");
        for critique in done.into_iter().flatten() {
            let critique = critique.expect("no refusal");
            assert!(acknowledged.insert(critique.id, critique.body).is_none());
        }
    }
    let shown = critiques(&domain, on).await;
    let shown: HashMap<_, _> = shown
        .into_iter()
        .map(|critique| (critique.id, critique.body))
        .collect();
    assert!(
        acknowledged
            .iter()
            .all(|(id, body)| shown.get(id) == Some(body)),
        "every acknowledged critique is stored"
    );
    let page = domain
        .notifications
        .counts(artist.id)
        .await
        .expect("counts");
    assert_eq!(
        usize::try_from(page.cursor.seq),
        Ok(shown.len()),
        "one notification for each stored critique, acknowledged or not"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_fails_only_the_writes_that_do_not_fit() {
    let (domain, _bus, _database) = alone().await;
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    if domain.store.readers().get_database_backend() != DbBackend::Sqlite {
        return;
    }
    let limit_pages = async |pages: u32| {
        let txn = domain.store.begin().await.expect("begins");
        txn.db()
            .execute_unprepared(&format!("PRAGMA max_page_count = {pages}"))
            .await
            .expect("sets a limit");
        txn.commit().await.expect("commits");
    };
    limit_pages(120).await;
    let (mut acknowledged, mut refused) = (0, 0);
    while refused < 40 {
        let posts = (0..16).map(|_| {
            let (domain, critic) = (domain.clone(), critic.clone());
            async move {
                domain
                    .critiques
                    .post(&critic, on, &words(&"Mind the edges. ".repeat(200)), None)
                    .await
            }
        });
        for post in posts.collect::<JoinSet<_>>().join_all().await {
            if post.is_ok() {
                acknowledged += 1;
            } else {
                refused += 1;
            }
        }
        assert!(acknowledged < 1_000, "the page limit has no effect");
    }
    limit_pages(1_000_000).await;
    for _ in 0..3 {
        domain
            .critiques
            .post(&critic, on, &words("There is room again."), None)
            .await
            .expect("posts");
        acknowledged += 1;
    }
    let shown = domain.artworks.show(None, on).await.expect("the work");
    assert_eq!(
        (critiques(&domain, on).await.len(), shown.critique_count),
        (acknowledged, i64::try_from(acknowledged).expect("few"))
    );
    assert_counts_hold(&domain, artist.id).await;
}

/// SQLite answers some faults by rolling back the whole transaction (SQLite, "Response To Errors
/// Within A Transaction"), and with it every writer that shares it. All of those must fail, and no
/// later writer.
#[tokio::test(flavor = "multi_thread")]
async fn no_writer_is_acknowledged_when_the_database_rolls_back_their_transaction() {
    let (domain, _bus, _database) = alone().await;
    let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &artist).await;
    if domain.store.readers().get_database_backend() != DbBackend::Sqlite {
        return;
    }
    let mut acknowledged = 0;
    for _ in 0..20 {
        let posts = (0..24).map(|n| {
            let (domain, critic) = (domain.clone(), critic.clone());
            async move {
                if n % 8 == 5 {
                    let txn = domain.store.begin().await?;
                    txn.db()
                        .execute_unprepared("ROLLBACK")
                        .await
                        .expect("as the database would");
                    return Ok(false);
                }
                domain
                    .critiques
                    .post(&critic, on, &words("Mind the edges."), None)
                    .await
                    .map(|_| true)
            }
        });
        let posted = posts.collect::<JoinSet<_>>().join_all().await;
        acknowledged += posted
            .into_iter()
            .filter(|post| matches!(post, Ok(true)))
            .count();
        // A rejected write leaves no transaction open that later writes would join.
        assert!(
            domain
                .critiques
                .delete(&critic, CritiqueId(9_999_999))
                .await
                .is_err()
        );
        domain
            .critiques
            .post(&critic, on, &words("And on it goes."), None)
            .await
            .expect("posts");
        acknowledged += 1;
        assert_eq!(
            critiques(&domain, on).await.len(),
            acknowledged,
            "every acknowledged critique is readable"
        );
    }
    assert!(acknowledged > 20, "some concurrent posts succeeded");
    assert_counts_hold(&domain, artist.id).await;
}

/// Concurrent critiques are written by the same statements; each is still rejected or fails on its
/// own.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_critiques_each_get_their_own_result_and_number() {
    let (domain, bus, _database) = alone().await;
    let critic = person(&domain, "ann").await;
    let mut works = Vec::new();
    for handle in ["bo", "cy", "di"] {
        let artist = person(&domain, handle).await;
        works.push((work(&domain, &artist).await, artist.id));
    }
    let mut live = bus.subscribe();
    let posts = (0..120).map(|n: usize| {
        let (domain, mut author, (mut on, _)) =
            (domain.clone(), critic.clone(), works[n % works.len()]);
        match n % 10 {
            3 => on = ArtworkId(9_999),
            // An author that does not exist in the database.
            7 if n < 40 => author.viewer.id = UserId(9_999),
            _ => {}
        }
        async move {
            (
                n,
                on,
                domain
                    .critiques
                    .post(&author, on, &words(&format!("Note {n}.")), None)
                    .await,
            )
        }
    });
    let mut posted: HashMap<ArtworkId, usize> = HashMap::new();
    for (n, on, answer) in posts.collect::<JoinSet<_>>().join_all().await {
        match (n % 10, answer) {
            (3, Err(error)) => assert_eq!(shared::AppError::from(error).kind, Kind::NotFound),
            (7, Err(_)) if n < 40 => {}
            (_, Ok(critique)) => {
                assert_eq!(
                    (critique.artwork_id, critique.body),
                    (on, format!("Note {n}."))
                );
                *posted.entry(on).or_default() += 1;
            }
            (_, Err(error)) => panic!("{n}: {error}"),
        }
    }
    assert_eq!(posted.values().sum::<usize>(), 120 - 12 - 4);
    let mut heard: HashMap<UserId, Vec<u64>> = HashMap::new();
    while let Ok(Some(Delivery::Own(message))) =
        timeout(Duration::from_millis(50), live.next()).await
    {
        if let Message::Inbox { user, seq, .. } = message {
            heard.entry(user).or_default().push(seq);
        }
    }
    for (id, artist) in works {
        let shown = domain.artworks.show(None, id).await.expect("the work");
        assert_eq!(
            (shown.critiques.len(), shown.critique_count),
            (posted[&id], i64::try_from(posted[&id]).expect("few"))
        );
        assert_eq!(
            domain
                .notifications
                .counts(artist)
                .await
                .expect("counts")
                .unread as usize,
            posted[&id]
        );
        assert_eq!(
            heard[&artist],
            (1..=posted[&id] as u64).collect::<Vec<_>>(),
            "each number once, in order"
        );
        assert_counts_hold(&domain, artist).await;
    }
}
