//! All faults at once: three nodes on PostgreSQL and Redis, people with several sockets each, and a
//! fault injector that kills, pauses, cuts and stalls. In the end each client's inbox equals the
//! database's, and nothing was lost, repeated or reordered.
//!
//! Run by `script/torture [seconds] [seed]`; the seed determines the actions and the sequence of
//! faults.

mod clients;

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use clients::{Follower, Record, act, follow};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use shared::{ArtworkId, CritiqueId, dto::Critique};
use testing::{Postgres, Proxy, Redis};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    person::{PASSWORD, Person},
    site::Site,
};

const NODES: usize = 3;
const PEOPLE: usize = 6;
const SOCKETS_EACH: usize = 3;

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(otherwise)
}

/// A node with proxies that can fail.
struct Node {
    site: Site,
    database: Proxy,
    bus: Proxy,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs for a configurable time; see script/torture"]
async fn nothing_is_lost_or_duplicated_under_any_fault() {
    let (seconds, seed) = (
        setting("ARTCRITIQUE_TORTURE_SECS", 60),
        setting("ARTCRITIQUE_TORTURE_SEED", rand::random::<u32>().into()),
    );
    println!("torture: {seconds} s, seed {seed}");
    let (mut postgres, mut redis) = (Postgres::start(true), Redis::start());
    let database = postgres.create().await;
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(start(&database, &postgres, &redis).await);
    }
    let addresses: Arc<[SocketAddr]> = nodes.iter().map(|node| node.site.address).collect();
    let (people, works) = gather(&addresses).await;
    let record = Arc::new(Record {
        works: Mutex::new(works),
        ..Record::default()
    });

    let mut followers = JoinSet::new();
    let mut actors = JoinSet::new();
    for (n, browsers) in people.iter().enumerate() {
        for m in 0..SOCKETS_EACH {
            let (browsers, record, dice) =
                (browsers.clone(), record.clone(), dice(seed, 100 * n + m));
            followers.spawn(async move { (n, follow(browsers, record, dice).await) });
        }
        actors.spawn(act(
            browsers.clone(),
            record.clone(),
            dice(seed, 10_000 + n),
        ));
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    inject_faults(
        &mut nodes,
        &mut postgres,
        &mut redis,
        until,
        &mut dice(seed, 99_999),
    )
    .await;
    record.over.store(true, Ordering::Relaxed);
    actors.join_all().await;

    let mut told = 0;
    for (n, follower) in followers.join_all().await {
        told += check(&people[n][0], follower, seed).await;
    }
    let posted = record.posted.lock().expect("unpoisoned").clone();
    let deleted = record.deleted.lock().expect("unpoisoned").clone();
    let works = record.works.lock().expect("unpoisoned").clone();
    for work in &works {
        let there: HashSet<CritiqueId> = all_critiques(&people[0][0], *work)
            .await
            .iter()
            .map(|critique| critique.id)
            .collect();
        let due = posted
            .iter()
            .filter(|(id, on)| *on == work && !deleted.contains(id));
        let lost: Vec<_> = due.filter(|(id, _)| !there.contains(id)).collect();
        assert!(
            lost.is_empty(),
            "seed {seed}: acknowledged and lost: {lost:?}"
        );
    }
    println!(
        "torture: {} critiques acknowledged, {} acts refused or given up, {told} lines told to {} sockets",
        posted.len(),
        record.refused.load(Ordering::Relaxed),
        PEOPLE * SOCKETS_EACH
    );
    assert!(
        posted.len() as u64 > seconds,
        "too few acknowledged critiques"
    );
}

fn dice(seed: u64, who: usize) -> StdRng {
    StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(who as u64))
}

async fn start(database: &str, postgres: &Postgres, redis: &Redis) -> Node {
    let (to_database, to_bus) = (
        Proxy::to(postgres.port()).await,
        Proxy::to(redis.port()).await,
    );
    let url = database.replace(
        &format!(":{}/", postgres.port()),
        &format!(":{}/", to_database.port()),
    );
    let redis_url = format!("redis://127.0.0.1:{}", to_bus.port());
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("ARTCRITIQUE_BUS", "redis"),
        ("REDIS_URL", &redis_url),
        ("ARTCRITIQUE_RATE_LIMITS", "off"),
        ("ARTCRITIQUE_LOG", "error"),
    ];
    Node {
        site: Site::with(&settings),
        database: to_database,
        bus: to_bus,
    }
}

/// Registers the people, signs each in at every node, and has each post a work.
async fn gather(nodes: &[SocketAddr]) -> (Vec<Arc<[Person]>>, Vec<ArtworkId>) {
    let (mut people, mut works) = (Vec::new(), Vec::new());
    for n in 0..PEOPLE {
        let mut browsers = Vec::new();
        for (m, node) in nodes.iter().enumerate() {
            let person = Person::new(&format!("person{n}"), *node);
            if m == 0 {
                person.register().await;
            } else {
                assert_eq!(person.sign_in(PASSWORD).await.status, 200);
            }
            browsers.push(person);
        }
        works.push(browsers[0].publish(&format!("Work {n}")).await);
        people.push(browsers.into());
    }
    (people, works)
}

/// Injects one fault after another and repairs each after a while; at the end everything works.
async fn inject_faults(
    nodes: &mut [Node],
    postgres: &mut Postgres,
    redis: &mut Redis,
    until: Instant,
    dice: &mut StdRng,
) {
    while Instant::now() < until {
        sleep(Duration::from_millis(dice.random_range(200..1_500))).await;
        let for_a_while = Duration::from_millis(dice.random_range(100..3_500));
        let node = dice.random_range(0..nodes.len());
        let node = &mut nodes[node];
        let what = *[
            "kill",
            "replace",
            "pause",
            "redis killed",
            "redis paused",
            "bus cut",
            "bus stalled",
            "database cut",
            "database stalled",
            "database crash",
        ]
        .choose(dice)
        .expect("a fault");
        println!("torture: {what} for {for_a_while:?}");
        match what {
            "kill" => {
                node.site.kill();
                sleep(for_a_while).await;
                node.site.start();
            }
            "replace" => {
                node.site.terminate();
                assert!(
                    node.site.ended(Duration::from_secs(30)).await.success(),
                    "a drained node ends well"
                );
                node.site.kill();
                node.site.start();
            }
            "pause" => {
                node.site.signal("STOP");
                sleep(for_a_while).await;
                node.site.signal("CONT");
            }
            "redis killed" => {
                redis.kill();
                sleep(for_a_while).await;
                redis.run();
            }
            "redis paused" => {
                redis.pause();
                sleep(for_a_while).await;
                redis.resume();
            }
            "bus cut" | "bus stalled" => {
                if what == "bus cut" {
                    node.bus.cut();
                } else {
                    node.bus.stall();
                }
                sleep(for_a_while).await;
                node.bus.mend();
            }
            "database cut" | "database stalled" => {
                if what == "database cut" {
                    node.database.cut();
                } else {
                    node.database.stall();
                }
                sleep(for_a_while).await;
                node.database.mend();
            }
            _ => postgres.crash(),
        }
    }
}

/// Compares a client's inbox with the database's; returns the number of notifications it received.
async fn check(person: &Person, follower: Follower, seed: u64) -> usize {
    let page = person.page().await;
    let Follower {
        inbox,
        announced,
        sockets,
        resets,
    } = follower;
    let told = announced.len();
    let once: HashSet<_> = announced.into_iter().collect();
    assert_eq!(
        once.len(),
        told,
        "seed {seed}: a notification arrived twice"
    );
    assert_eq!(
        (&inbox.cursor, inbox.unseen, inbox.unread),
        (&page.cursor, page.unseen, page.unread),
        "seed {seed}: {}",
        person.handle
    );
    let common = inbox.items.len().min(page.items.len());
    assert_eq!(
        inbox.items[..common],
        page.items[..common],
        "seed {seed}: {}",
        person.handle
    );
    println!(
        "torture: {} at {} over {sockets} sockets, {resets} resets",
        person.handle, inbox.cursor
    );
    told
}

async fn all_critiques(person: &Person, work: ArtworkId) -> Vec<Critique> {
    person.critiques(work).await
}
