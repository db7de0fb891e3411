//! Everything at once: three nodes on PostgreSQL and Redis, people with several sockets each, and a nemesis that kills, pauses, cuts
//! and stalls. In the end each client's inbox is the database's, and nothing was lost, repeated or out of order on the way.
//!
//! Run by `script/torture [seconds] [seed]`; the seed decides who does what and what goes wrong, in which order.

use std::{
    collections::{BTreeMap, HashSet},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use shared::{
    ArtworkId, CritiqueId, NotificationId,
    dto::{ArtworkCard, Critique},
    live::{Applied, Inbox, ServerFrame},
};
use testing::{Postgres, Proxy, Redis};
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{
    person::{PASSWORD, Person},
    site::Site,
};

const NODES: usize = 3;
const PEOPLE: usize = 6;
const SOCKETS_EACH: usize = 3;
/// Critiques after which a work is followed by another.
const FULL: usize = 500;
/// How long an act may take before the client gives it up.
const PATIENCE: Duration = Duration::from_secs(8);

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// A node with the links that can fail.
struct Node {
    site: Site,
    database: Proxy,
    bus: Proxy,
}

/// What the clients know to have happened.
#[derive(Default)]
struct Record {
    posted: Mutex<BTreeMap<CritiqueId, ArtworkId>>,
    /// What may be critiqued: the newest works.
    works: Mutex<Vec<ArtworkId>>,
    /// Asked to be deleted, whether or not the answer came.
    deleted: Mutex<HashSet<CritiqueId>>,
    refused: AtomicUsize,
    over: AtomicBool,
}

impl Record {
    fn over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// One of the newest works.
    fn work(&self, dice: &mut StdRng) -> ArtworkId {
        let works = self.works.lock().expect("unpoisoned");
        works[works.len().saturating_sub(PEOPLE)..].choose(dice).copied().expect("a work")
    }

    /// Whether the newest works have so many critiques that others are due: a work shows its first thousand.
    fn full(&self, work: ArtworkId) -> bool {
        let newest = self.works.lock().expect("unpoisoned").iter().rev().take(PEOPLE).any(|newest| *newest == work);
        newest && self.posted.lock().expect("unpoisoned").values().filter(|on| **on == work).count() == FULL
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes as long as it is given: script/torture"]
async fn whatever_fails_nothing_is_lost_and_nothing_comes_twice() {
    let (seconds, seed) =
        (setting("ARTCRITIQUE_TORTURE_SECS", 60), setting("ARTCRITIQUE_TORTURE_SEED", rand::random::<u32>().into()));
    println!("torture: {seconds} s, seed {seed}");
    let (mut postgres, mut redis) = (Postgres::start(true), Redis::start());
    let database = postgres.create().await;
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(start(&database, &postgres, &redis).await);
    }
    let addresses: Arc<[SocketAddr]> = nodes.iter().map(|node| node.site.address).collect();
    let (people, works) = gather(&addresses).await;
    let record = Arc::new(Record { works: Mutex::new(works), ..Record::default() });

    let mut followers = JoinSet::new();
    let mut actors = JoinSet::new();
    for (n, browsers) in people.iter().enumerate() {
        for m in 0..SOCKETS_EACH {
            let (browsers, record, dice) = (browsers.clone(), record.clone(), dice(seed, 100 * n + m));
            followers.spawn(async move { (n, follow(browsers, record, dice).await) });
        }
        actors.spawn(act(browsers.clone(), record.clone(), dice(seed, 10_000 + n)));
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    torment(&mut nodes, &mut postgres, &mut redis, until, &mut dice(seed, 99_999)).await;
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
        let there: HashSet<CritiqueId> = all_critiques(&people[0][0], *work).await.iter().map(|critique| critique.id).collect();
        let due = posted.iter().filter(|(id, on)| *on == work && !deleted.contains(id));
        let lost: Vec<_> = due.filter(|(id, _)| !there.contains(id)).collect();
        assert!(lost.is_empty(), "seed {seed}: acknowledged and lost: {lost:?}");
    }
    println!(
        "torture: {} critiques acknowledged, {} acts refused or given up, {told} lines told to {} sockets",
        posted.len(),
        record.refused.load(Ordering::Relaxed),
        PEOPLE * SOCKETS_EACH
    );
    assert!(posted.len() as u64 > seconds, "something was done");
}

fn dice(seed: u64, who: usize) -> StdRng {
    StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(who as u64))
}

async fn start(database: &str, postgres: &Postgres, redis: &Redis) -> Node {
    let (to_database, to_bus) = (Proxy::to(postgres.port()).await, Proxy::to(redis.port()).await);
    let url = database.replace(&format!(":{}/", postgres.port()), &format!(":{}/", to_database.port()));
    let redis_url = format!("redis://127.0.0.1:{}", to_bus.port());
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("ARTCRITIQUE_BUS", "redis"),
        ("REDIS_URL", &redis_url),
        ("ARTCRITIQUE_RATE_LIMITS", "off"),
        ("ARTCRITIQUE_LOG", "error"),
    ];
    Node { site: Site::with(&settings), database: to_database, bus: to_bus }
}

/// Registers the people, signs each in at every node, and has each post a work and follow the first.
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

/// Breaks one thing after another, and mends each after a while; in the end everything works.
async fn torment(nodes: &mut [Node], postgres: &mut Postgres, redis: &mut Redis, until: Instant, dice: &mut StdRng) {
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
                assert!(node.site.ended(Duration::from_secs(30)).await.success(), "a drained node ends well");
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

/// Does one thing after another, at any node, and goes on whatever comes of it.
async fn act(browsers: Arc<[Person]>, record: Arc<Record>, mut dice: StdRng) {
    let mut own: Vec<CritiqueId> = Vec::new();
    while !record.over() {
        sleep(Duration::from_millis(dice.random_range(5..60))).await;
        let browser = browsers.choose(&mut dice).expect("a node");
        let done = match dice.random_range(0..10) {
            0..=4 => {
                let work = record.work(&mut dice);
                let request = browser.request(reqwest::Method::POST, &format!("/api/artworks/{work}/critiques"));
                let posted =
                    answer::<Critique>(request.json(&json!({ "body": format!("Words {}.", dice.random::<u32>()) })), 201).await;
                if let Some(critique) = &posted {
                    record.posted.lock().expect("unpoisoned").insert(critique.id, work);
                    own.push(critique.id);
                    if record.full(work)
                        && let Some(work) = answer::<ArtworkCard>(browser.upload_request("Another work"), 201).await
                    {
                        record.works.lock().expect("unpoisoned").push(work.id);
                    }
                }
                posted.is_some()
            }
            5..=7 => {
                let of_others: Vec<CritiqueId> =
                    record.posted.lock().expect("unpoisoned").keys().copied().filter(|id| !own.contains(id)).collect();
                let Some(id) = of_others.choose(&mut dice) else { continue };
                let method = if dice.random_bool(0.7) { reqwest::Method::PUT } else { reqwest::Method::DELETE };
                told(browser.request(method, &format!("/api/critiques/{id}/helpful"))).await
            }
            8 => {
                let read = browser.request(reqwest::Method::POST, "/api/notifications/read");
                let Some(page) =
                    answer::<shared::dto::InboxPage>(browser.request(reqwest::Method::GET, "/api/notifications"), 200).await
                else {
                    continue;
                };
                let ids: Vec<NotificationId> = page.items.iter().take(3).map(|item| item.id).collect();
                told(read.json(&json!({ "ids": ids }))).await
            }
            _ => {
                if own.is_empty() {
                    continue;
                }
                let id = own.swap_remove(dice.random_range(0..own.len()));
                record.deleted.lock().expect("unpoisoned").insert(id);
                told(browser.request(reqwest::Method::DELETE, &format!("/api/critiques/{id}"))).await
            }
        };
        if !done {
            record.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn answer<T: serde::de::DeserializeOwned>(request: reqwest::RequestBuilder, status: u16) -> Option<T> {
    let response = request.timeout(PATIENCE).send().await.ok()?;
    if response.status() != status {
        return None;
    }
    response.json().await.ok()
}

async fn told(request: reqwest::RequestBuilder) -> bool {
    request.timeout(PATIENCE).send().await.is_ok_and(|response| response.status().is_success() || response.status() == 404)
}

/// A client's inbox over however many sockets it took.
struct Follower {
    inbox: Inbox,
    announced: Vec<NotificationId>,
    sockets: usize,
    resets: usize,
}

/// Keeps a socket open to some node, now and then to another, and takes in what comes, until all is over and nothing is missing.
async fn follow(browsers: Arc<[Person]>, record: Arc<Record>, mut dice: StdRng) -> Follower {
    let mut follower = Follower { inbox: browsers[0].inbox().await, announced: Vec::new(), sockets: 0, resets: 0 };
    loop {
        let browser = browsers.choose(&mut dice).expect("a node");
        let stay = Duration::from_millis(dice.random_range(300..12_000));
        if let Some(socket) = open(browser, &follower.inbox).await {
            follower.sockets += 1;
            follower.listen(socket, Instant::now() + stay, &record).await;
        } else {
            sleep(Duration::from_millis(dice.random_range(50..300))).await;
        }
        if record.over()
            && let Some(page) =
                answer::<shared::dto::InboxPage>(browser.request(reqwest::Method::GET, "/api/notifications"), 200).await
            && follower.inbox.reaches(&page.cursor)
        {
            return follower;
        }
    }
}

async fn open(browser: &Person, inbox: &Inbox) -> Option<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{}/ws/notifications?cursor={}", browser.address, inbox.cursor).into_client_request().ok()?;
    let headers = request.headers_mut();
    headers.insert("origin", format!("http://{}", browser.address).parse().ok()?);
    headers.insert("cookie", browser.cookie().parse().ok()?);
    headers.insert("sec-websocket-protocol", "artcritique.v1".parse().ok()?);
    let opened = async {
        let stream = TcpStream::connect(browser.address).await.ok()?;
        client_async(request, stream).await.ok()
    };
    Some(timeout(Duration::from_secs(3), opened).await.ok()??.0)
}

impl Follower {
    async fn listen(&mut self, mut socket: WebSocketStream<TcpStream>, until: Instant, record: &Record) {
        // When it is all over, a moment of silence is enough to look whether anything is missing.
        while Instant::now() < until && !record.over() {
            match timeout(Duration::from_millis(500), socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => self.take(&text),
                Err(_) | Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                Ok(_) => return,
            }
        }
        while let Ok(Some(Ok(Message::Text(text)))) = timeout(Duration::from_millis(1_500), socket.next()).await {
            self.take(&text);
        }
    }

    fn take(&mut self, text: &str) {
        let frame: ServerFrame = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let (before, applied) = (self.inbox.cursor.clone(), self.inbox.apply(&frame));
        match &frame {
            ServerFrame::Notification { notification, .. } => {
                assert!(matches!(applied, Applied::New(_) | Applied::Changed), "{applied:?} at {before}: {text}");
                self.announced.push(notification.id);
            }
            ServerFrame::Changed { .. } => assert_eq!(applied, Applied::Changed, "at {before}: {text}"),
            ServerFrame::Reset { .. } => self.resets += 1,
            _ => {}
        }
    }
}

/// Holds a client's inbox against the database's. Gives how many lines it was told.
async fn check(person: &Person, follower: Follower, seed: u64) -> usize {
    let page = person.page().await;
    let Follower { inbox, announced, sockets, resets } = follower;
    let told = announced.len();
    let once: HashSet<_> = announced.into_iter().collect();
    assert_eq!(once.len(), told, "seed {seed}: a line was told twice");
    assert_eq!(
        (&inbox.cursor, inbox.unseen, inbox.unread),
        (&page.cursor, page.unseen, page.unread),
        "seed {seed}: {}",
        person.handle
    );
    let lines = inbox.items.len().min(page.items.len());
    assert_eq!(inbox.items[..lines], page.items[..lines], "seed {seed}: {}", person.handle);
    println!("torture: {} at {} over {sockets} sockets, {resets} resets", person.handle, inbox.cursor);
    told
}

async fn all_critiques(person: &Person, work: ArtworkId) -> Vec<Critique> {
    person.artwork(work).await.critiques
}
