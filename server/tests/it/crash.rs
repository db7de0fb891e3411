//! `kill -9` at any moment: every acknowledged write is stored, and announced once, in order.

use std::{collections::HashSet, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use shared::{
    ArtworkId, CritiqueId, NotificationId,
    dto::{Critique, InboxPage},
};
use tokio::{task::JoinSet, time::sleep};

use crate::{person::Person, site::Site};

/// Posts critiques until the server is gone; returns the ids of the acknowledged ones.
async fn post_until_killed(critic: Person, work: ArtworkId) -> Vec<CritiqueId> {
    let mut acknowledged = Vec::new();
    for n in 0..60 {
        let request = critic.request(
            reqwest::Method::POST,
            &format!("/api/artworks/{work}/critiques"),
        );
        let Ok(response) = request
            .json(&json!({ "body": format!("Critique {n} of {}.", critic.handle) }))
            .send()
            .await
        else {
            break;
        };
        assert_eq!(response.status(), 201);
        // A critique counts as acknowledged once its whole response has arrived.
        let Ok(critique) = response.json::<Critique>().await else {
            break;
        };
        acknowledged.push(critique.id);
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_critique_is_lost_when_the_server_is_killed() {
    let mut site = Site::with(&[("ARTCRITIQUE_LOG", "error")]);
    let mut dice = StdRng::seed_from_u64(9);
    let bo = site.join("bo").await;
    let work = bo.publish("Dusk").await;
    let mut critics = Vec::new();
    for handle in ["ann", "cy", "di"] {
        critics.push(site.join(handle).await);
    }
    let mut bell = bo.live().await;
    let mut acknowledged: HashSet<CritiqueId> = HashSet::new();
    for _ in 0..3 {
        let mut pouring: JoinSet<_> = critics
            .iter()
            .map(|critic| post_until_killed(critic.clone(), work))
            .collect();
        sleep(Duration::from_millis(dice.random_range(80..500))).await;
        site.kill();
        // Reads the frames still in flight until the connection ends.
        while bell.step().await.is_some() {}
        while let Some(ids) = pouring.join_next().await {
            acknowledged.extend(ids.expect("no refusal"));
        }
        site.start();
        bell.resume(bo.socket(Some(&bell.inbox.cursor)).await);
    }
    let end = bo.page().await;
    bell.reach(&end.cursor).await;
    assert_eq!(bell.resets, 0);

    let listed: Vec<Critique> = bo.critiques(work).await;
    let ids: HashSet<CritiqueId> = listed.iter().map(|critique| critique.id).collect();
    assert!(
        acknowledged.len() > 10,
        "too few acknowledged posts: {}",
        acknowledged.len()
    );
    assert!(
        acknowledged.is_subset(&ids),
        "lost: {:?}",
        acknowledged.difference(&ids)
    );
    let notifications = all_notifications(&bo).await;
    assert_eq!(
        notifications.len(),
        listed.len(),
        "one notification for each critique"
    );
    let told: HashSet<String> = notifications
        .iter()
        .map(|notification| notification.1.clone())
        .collect();
    assert!(
        listed
            .iter()
            .all(|critique| told.contains(&format!("/artworks/{work}#critique-{}", critique.id)))
    );
    let places: Vec<u64> = notifications
        .iter()
        .rev()
        .map(|notification| notification.2)
        .collect();
    assert_eq!(
        places,
        (1..=end.cursor.seq).collect::<Vec<_>>(),
        "without gaps"
    );
    let heard: HashSet<NotificationId> = bell.told_once().into_iter().collect();
    assert_eq!(
        heard,
        notifications
            .iter()
            .map(|notification| notification.0)
            .collect(),
        "each notification arrived once over all the sockets"
    );
    assert_eq!(u64::from(end.unread), end.cursor.seq);
}

/// All notifications of the inbox, newest first: id, URL and `seq`.
async fn all_notifications(person: &Person) -> Vec<(NotificationId, String, u64)> {
    let mut page = person.page().await;
    let mut notifications = Vec::new();
    loop {
        notifications.extend(
            page.items
                .iter()
                .map(|item| (item.id, item.url.clone(), item.seq)),
        );
        let Some(next) = page.next else {
            return notifications;
        };
        page = person
            .get(&format!("/api/notifications?limit=100&before={next}"))
            .await
            .json::<InboxPage>();
    }
}

#[tokio::test]
async fn sessions_and_marks_survive_a_kill() {
    let mut site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await;
    bo.helpful(critique.id, true).await;
    bo.mark("read", json!({ "through": bo.page().await.cursor }))
        .await;
    let before = (bo.inbox().await, ann.inbox().await, bo.artwork(dusk).await);
    site.crash();
    assert_eq!(
        (bo.inbox().await, ann.inbox().await, bo.artwork(dusk).await),
        before
    );
    let picture = &before.2.picture.sources[0].url;
    assert_eq!(
        bo.get(picture).await.status,
        200,
        "its picture is there too"
    );
}

/// Kills the server at random instants during posts. `script/crash-trials` sets the number of
/// trials.
#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_critiques_survive_a_kill_at_any_instant() {
    let trials: usize = std::env::var("ARTCRITIQUE_CRASH_TRIALS")
        .ok()
        .and_then(|trials| trials.parse().ok())
        .unwrap_or(15);
    let mut site = Site::with(&[("ARTCRITIQUE_LOG", "off")]);
    let mut dice = StdRng::seed_from_u64(11);
    let bo = site.join("bo").await;
    let mut critics = Vec::new();
    for handle in ["ann", "cy", "di"] {
        critics.push(site.join(handle).await);
    }
    let (mut work, mut acknowledged, mut checked) = (bo.publish("Dusk").await, HashSet::new(), 0);
    for trial in 1..=trials {
        let mut pouring: JoinSet<_> = critics
            .iter()
            .map(|critic| post_until_killed(critic.clone(), work))
            .collect();
        sleep(Duration::from_micros(dice.random_range(500..90_000))).await;
        site.kill();
        while let Some(ids) = pouring.join_next().await {
            acknowledged.extend(ids.expect("no refusal"));
        }
        site.start();
        if trial % 20 == 0 || trial == trials {
            let listed: Vec<Critique> = bo.critiques(work).await;
            let ids: HashSet<CritiqueId> = listed.iter().map(|critique| critique.id).collect();
            assert!(
                acknowledged.is_subset(&ids),
                "lost: {:?}",
                acknowledged.difference(&ids)
            );
            let notifications = all_notifications(&bo).await;
            let told = notifications
                .iter()
                .filter(|notification| notification.1.starts_with(&format!("/artworks/{work}#")))
                .count();
            assert_eq!(
                told,
                listed.len(),
                "one notification for each critique, and no others"
            );
            let places: Vec<u64> = notifications
                .iter()
                .rev()
                .map(|notification| notification.2)
                .collect();
            assert_eq!(
                places,
                (1..=bo.page().await.cursor.seq).collect::<Vec<_>>(),
                "without gaps"
            );
            checked += acknowledged.len();
            acknowledged.clear();
            if listed.len() > 600 {
                work = bo.publish("Dusk again").await;
            }
        }
    }
    println!("{trials} kills, {checked} acknowledged critiques, none lost");
    // On a busy machine many kills come before the first response.
    assert!(
        checked >= trials / 3,
        "too few acknowledged posts: {checked}"
    );
}
