//! `kill -9` at any moment: what was acknowledged is there, told once, in order.

use std::{collections::HashSet, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use shared::{
    ArtworkId, CritiqueId, NotificationId,
    dto::{Critique, InboxPage},
};
use tokio::{task::JoinSet, time::sleep};

use crate::{person::Person, site::Site};

/// Posts until the server is gone. Gives the ids that were acknowledged.
async fn pour(critic: Person, work: ArtworkId) -> Vec<CritiqueId> {
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
        // Acknowledged is what has come back whole.
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
            .map(|critic| pour(critic.clone(), work))
            .collect();
        sleep(Duration::from_millis(dice.random_range(80..500))).await;
        site.kill();
        // Some frames may still be on their way; then the connection is gone.
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
        "the test did post: {}",
        acknowledged.len()
    );
    assert!(
        acknowledged.is_subset(&ids),
        "lost: {:?}",
        acknowledged.difference(&ids)
    );
    let lines = all_lines(&bo).await;
    assert_eq!(lines.len(), listed.len(), "a line for each critique");
    let told: HashSet<String> = lines.iter().map(|line| line.1.clone()).collect();
    assert!(
        listed
            .iter()
            .all(|critique| told.contains(&format!("/artworks/{work}#critique-{}", critique.id)))
    );
    let places: Vec<u64> = lines.iter().rev().map(|line| line.2).collect();
    assert_eq!(
        places,
        (1..=end.cursor.seq).collect::<Vec<_>>(),
        "without gaps"
    );
    let heard: HashSet<NotificationId> = bell.told_once().into_iter().collect();
    assert_eq!(
        heard,
        lines.iter().map(|line| line.0).collect(),
        "each told once over all the sockets"
    );
    assert_eq!(u64::from(end.unread), end.cursor.seq);
}

/// Every line of the inbox, newest first.
async fn all_lines(person: &Person) -> Vec<(NotificationId, String, u64)> {
    let mut page = person.page().await;
    let mut lines = Vec::new();
    loop {
        lines.extend(
            page.items
                .iter()
                .map(|item| (item.id, item.url.clone(), item.seq)),
        );
        let Some(next) = page.next else { return lines };
        page = person
            .get(&format!("/api/notifications?limit=100&before={next}"))
            .await
            .json::<InboxPage>();
    }
}

#[tokio::test]
async fn people_stay_signed_in_and_marks_stay_made_when_the_server_is_killed() {
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

/// Kills the server at any instant of a post, again and again. `script/crash-trials` says how
/// often.
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
            .map(|critic| pour(critic.clone(), work))
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
            let lines = all_lines(&bo).await;
            let told = lines
                .iter()
                .filter(|line| line.1.starts_with(&format!("/artworks/{work}#")))
                .count();
            assert_eq!(
                told,
                listed.len(),
                "a line for each critique, and none besides"
            );
            let places: Vec<u64> = lines.iter().rev().map(|line| line.2).collect();
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
    // On a busy machine many a kill comes before the first answer.
    assert!(checked >= trials / 3, "the test did post: {checked}");
}
