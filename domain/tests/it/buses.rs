//! One contract and one test suite for every bus: memory, Redis and PostgreSQL, each also over a
//! link that drops, duplicates, delays and reorders messages. Two nodes share a database; a change
//! made on the first is delivered by the second.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{
    Credential, Domain, Result, SessionKey, SiteId,
    accounts::{
        Proven,
        sessions::{Sessions, SignedIn},
    },
    bus::{
        Bus, Delivery, Inlet, MemoryBus, Message, Outlet, PostgresTransport, RedisTransport, Relay,
        Transport,
    },
    hub::{InboxRegistration, Joined, Limits, Tail},
    notifications::LAZY_FROM,
    policy::Actor,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use shared::{ArtworkId, live::ServerFrame, text::CritiqueBody};
use testing::{Database, Postgres, Proxy, Redis};
use tokio::{
    sync::broadcast,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::nodes::{migrated, node, person, work};

/// Upper bound on delivery whatever the bus does: three seconds, plus one for a busy machine.
const BOUND: Duration = Duration::from_secs(4);
pub const NO_LIMITS: Limits = Limits {
    per_user: usize::MAX,
    per_address: usize::MAX,
    in_all: usize::MAX,
};

/// Two nodes: the artist has a socket on the second, the critic acts on the first.
struct Pair {
    here: Domain,
    there: Domain,
    artist: Actor,
    critic: Actor,
    on: ArtworkId,
    registration: InboxRegistration,
    at: u64,
    _tasks: [JoinSet<()>; 2],
}

impl Pair {
    async fn over(database: &Database, buses: [Arc<dyn Bus>; 2]) -> Self {
        let [first, second] = buses;
        let (here, there) = (
            node(database, &first, LAZY_FROM).await,
            node(database, &second, LAZY_FROM).await,
        );
        let tasks = [here.hub.start(), there.hub.start()];
        let (artist, critic) = (person(&here, "bo").await, person(&here, "ann").await);
        let on = work(&here, &artist).await;
        let registration = registration(&there, &artist).await;
        Self {
            here,
            there,
            artist,
            critic,
            on,
            registration,
            at: 0,
            _tasks: tasks,
        }
    }

    async fn live(&self) {
        let deadline = Instant::now() + BOUND;
        while !(self.here.hub.bus_up() && self.there.hub.bus_up()) {
            assert!(Instant::now() < deadline, "the bus does not come up");
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn critique(&self) {
        let words = CritiqueBody::parse("Mind the edges.").expect("sound");
        let post = self
            .here
            .critiques
            .post(&self.critic, self.on, &words, None);
        timeout(Duration::from_secs(2), post)
            .await
            .expect("no request waits for the bus")
            .expect("and none fails");
    }

    /// Reads what the artist's socket would send up to this `seq`: each change once, in order, from
    /// memory or the database. Returns the time taken.
    async fn hear(&mut self, through: u64) -> Duration {
        let started = Instant::now();
        while self.at < through {
            assert!(
                started.elapsed() < BOUND,
                "at {} of {through} after {BOUND:?}",
                self.at
            );
            let frames = match self.registration.after(self.at) {
                Tail::Nothing => {
                    let _ = timeout(Duration::from_millis(100), self.registration.woken()).await;
                    continue;
                }
                Tail::Frames { frames, .. } => frames,
                Tail::Missing => {
                    let cursor = self
                        .there
                        .notifications
                        .counts(self.artist.id)
                        .await
                        .expect("counts")
                        .cursor
                        .at(self.at);
                    let domain::notifications::Replay::Frames(last, frames) = self
                        .there
                        .notifications
                        .replay(self.artist.id, &cursor)
                        .await
                        .expect("a replay")
                    else {
                        panic!("a reset")
                    };
                    self.registration.learn_head(last);
                    frames
                }
            };
            for frame in frames {
                let frame: ServerFrame = serde_json::from_slice(&frame).expect("a frame");
                assert_eq!(frame.cursor().expect("a cursor").seq, self.at + 1);
                self.at += 1;
            }
        }
        started.elapsed()
    }
}

pub async fn registration(domain: &Domain, viewer: &Actor) -> InboxRegistration {
    registration_of(domain, viewer, &sign_in(domain, viewer).await)
}

/// Signs the viewer in; returns the key of the new session.
/// A new session of this person's.
pub async fn credential(domain: &Domain, viewer: &Actor) -> Credential {
    Credential::Session(sign_in(domain, viewer).await)
}

pub async fn sign_in(domain: &Domain, viewer: &Actor) -> SessionKey {
    let proven = Proven {
        viewer: viewer.viewer.clone(),
        role: viewer.role,
        language: None,
        stamp: String::new(),
    };
    let txn = domain.store.begin().await.expect("begins");
    let cookie = Sessions::begin(&txn, SignedIn::new(&proven, "test", String::new()))
        .await
        .expect("signs in");
    txn.commit().await.expect("commits");
    SessionKey::of(cookie.parse().expect("an id"))
}

/// Registers a socket of this session with the hub.
pub fn registration_of(domain: &Domain, viewer: &Actor, session: &SessionKey) -> InboxRegistration {
    match domain.hub.join(
        viewer.id,
        Credential::Session(session.clone()),
        IpAddr::from([127, 0, 0, 1]),
        NO_LIMITS,
    ) {
        Joined::Registered(registration) => registration,
        _ => panic!("no registration"),
    }
}

async fn fresh() -> (Database, SiteId) {
    let database = Database::new();
    let site = migrated(database.url()).await;
    (database, site)
}

/// The contract of every bus: all of a burst reaches the other node in the end, and ending a
/// session closes its sockets there.
async fn assert_meets_contract(database: Database, buses: [Arc<dyn Bus>; 2]) {
    let mut pair = Pair::over(&database, buses).await;
    pair.live().await;
    for _ in 0..60 {
        pair.critique().await;
    }
    pair.hear(60).await;
    for _ in 0..5 {
        pair.critique().await;
        pair.hear(pair.at + 1).await;
    }
    pair.here
        .accounts
        .set_password(
            pair.artist.id,
            &shared::text::Password::parse("a better battery").expect("sound"),
        )
        .await
        .expect("set");
    let deadline = Instant::now() + BOUND;
    while pair.registration.ended().is_none() {
        assert!(Instant::now() < deadline, "the socket outlives its session");
        let _ = timeout(Duration::from_millis(100), pair.registration.woken()).await;
    }
}

/// Passes messages between the relays of one process.
#[derive(Clone)]
pub struct Loopback(broadcast::Sender<String>);

struct LoopbackInlet(broadcast::Receiver<String>);

#[async_trait]
impl Transport for Loopback {
    async fn connect(&self) -> Result<(Box<dyn Outlet>, Box<dyn Inlet>)> {
        Ok((
            Box::new(self.clone()),
            Box::new(LoopbackInlet(self.0.subscribe())),
        ))
    }

    fn kind(&self) -> &'static str {
        "loopback"
    }
}

#[async_trait]
impl Outlet for Loopback {
    async fn send(&mut self, texts: Vec<String>) -> Result<()> {
        for text in texts {
            // A message without receivers is not an error.
            let _ = self.0.send(text);
        }
        Ok(())
    }
}

#[async_trait]
impl Inlet for LoopbackInlet {
    async fn next(&mut self) -> Result<String> {
        self.0.recv().await.map_err(domain::Error::internal)
    }
}

/// A link that drops a fifth of the messages, duplicates a fifth, and delays half by up to two
/// seconds, each independently.
struct Bad<T> {
    inner: T,
    seed: u64,
}

struct BadInlet {
    inner: Box<dyn Inlet>,
    dice: StdRng,
    held: VecDeque<(tokio::time::Instant, String)>,
}

#[async_trait]
impl<T: Transport> Transport for Bad<T> {
    async fn connect(&self) -> Result<(Box<dyn Outlet>, Box<dyn Inlet>)> {
        let (outlet, inner) = self.inner.connect().await?;
        Ok((
            outlet,
            Box::new(BadInlet {
                inner,
                dice: StdRng::seed_from_u64(self.seed),
                held: VecDeque::new(),
            }),
        ))
    }

    fn kind(&self) -> &'static str {
        self.inner.kind()
    }

    fn longest(&self) -> usize {
        self.inner.longest()
    }
}

#[async_trait]
impl Inlet for BadInlet {
    async fn next(&mut self) -> Result<String> {
        loop {
            let soonest = (0..self.held.len()).min_by_key(|n| self.held[*n].0);
            let due = soonest.map_or_else(
                || tokio::time::Instant::now() + Duration::from_mins(1),
                |n| self.held[n].0,
            );
            tokio::select! {
                text = self.inner.next() => {
                    let (text, copies) = (text?, match self.dice.random_range(0..10) { 0 | 1 => 0, 2 | 3 => 2, _ => 1 });
                    for _ in 0..copies {
                        // Half arrive at once, the rest late.
                        let late = if self.dice.random_bool(0.5) { 0 } else { self.dice.random_range(0..2_000) };
                        self.held.push_back((tokio::time::Instant::now() + Duration::from_millis(late), text.clone()));
                    }
                }
                () = tokio::time::sleep_until(due) => {
                    if let Some((_, text)) = soonest.and_then(|n| self.held.remove(n)) {
                        return Ok(text);
                    }
                }
            }
        }
    }
}

pub fn loopbacks() -> [Loopback; 2] {
    let link = Loopback(broadcast::Sender::new(4_096));
    [link.clone(), link]
}

fn bad<T>(inner: [T; 2]) -> [Bad<T>; 2] {
    let mut seed = 0;
    inner.map(|inner| {
        seed += 1;
        Bad { inner, seed }
    })
}

/// The buses of two nodes, over a link that loses, repeats, delays and reorders messages.
pub fn lossy_buses(site: &SiteId) -> [Arc<dyn Bus>; 2] {
    relays(bad(loopbacks()), site)
}

fn relays<T: Transport>(transports: [T; 2], site: &SiteId) -> [Arc<dyn Bus>; 2] {
    transports.map(|transport| Relay::start(transport, site))
}

fn redis_at(port: u16, site: &SiteId) -> [RedisTransport; 2] {
    [0, 1].map(|_| {
        RedisTransport::new(&format!("redis://127.0.0.1:{port}"), site).expect("an address")
    })
}

fn postgres_of(database: &Database, site: &SiteId) -> [PostgresTransport; 2] {
    [0, 1].map(|_| PostgresTransport::new(database.url().to_owned(), site))
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_bus_meets_the_contract() {
    let bus = MemoryBus::shared();
    assert_meets_contract(Database::new(), [bus.clone(), bus]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lossy_loopback_bus_meets_the_contract() {
    let (database, site) = fresh().await;
    assert_meets_contract(database, lossy_buses(&site)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_bus_meets_the_contract() {
    let redis = Redis::start();
    let (database, site) = fresh().await;
    assert_meets_contract(database, relays(redis_at(redis.port(), &site), &site)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_bus_over_a_lossy_link_meets_the_contract() {
    let redis = Redis::start();
    let (database, site) = fresh().await;
    assert_meets_contract(database, relays(bad(redis_at(redis.port(), &site)), &site)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_bus_meets_the_contract() {
    let server = Postgres::start(false);
    let database = Database::of(&server).await;
    let site = migrated(database.url()).await;
    let transports = postgres_of(&database, &site);
    assert_meets_contract(database, relays(transports, &site)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_bus_over_a_lossy_link_meets_the_contract() {
    let server = Postgres::start(false);
    let database = Database::of(&server).await;
    let site = migrated(database.url()).await;
    let transports = postgres_of(&database, &site);
    assert_meets_contract(database, relays(bad(transports), &site)).await;
}

/// A fault injected into Redis or the proxy in front of it, or its repair.
type Fault = fn(&mut Redis, &Proxy);

/// With Redis unavailable in each possible way, no request fails or waits, the sweep delivers, and
/// live delivery resumes by itself.
#[tokio::test(flavor = "multi_thread")]
async fn redis_killed_paused_stalled_or_cut_only_delays_delivery_by_seconds() {
    let mut redis = Redis::start();
    let proxy = Proxy::to(redis.port()).await;
    let (database, site) = fresh().await;
    // The first node reaches Redis directly, the second through a proxy that can fail on its own.
    let [direct, _] = redis_at(redis.port(), &site);
    let [through, _] = redis_at(proxy.port(), &site);
    let mut pair = Pair::over(&database, relays([direct, through], &site)).await;
    pair.live().await;
    pair.critique().await;
    pair.hear(1).await;

    let faults: [(&str, Fault, Fault); 4] = [
        ("killed", |redis, _| redis.kill(), |redis, _| redis.run()),
        (
            "paused",
            |redis, _| redis.pause(),
            |redis, _| redis.resume(),
        ),
        ("stalled", |_, proxy| proxy.stall(), |_, proxy| proxy.mend()),
        ("cut", |_, proxy| proxy.cut(), |_, proxy| proxy.mend()),
    ];
    for (what, begin, end) in faults {
        begin(&mut redis, &proxy);
        for _ in 0..4 {
            pair.critique().await;
            let took = pair.hear(pair.at + 1).await;
            println!("{what}: delivered after {took:?}");
        }
        end(&mut redis, &proxy);
        pair.live().await;
        // Live delivery is back: most messages arrive well within the sweep's period of one second.
        let mut quick = 0;
        for _ in 0..10 {
            pair.critique().await;
            quick += usize::from(pair.hear(pair.at + 1).await < Duration::from_millis(200));
        }
        assert!(
            quick >= 5,
            "after Redis was {what}, live delivery did not resume: {quick} of 10 were fast"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_postgres_listener_reconnects_after_a_cut_or_a_stall() {
    let server = Postgres::start(false);
    let database = Database::of(&server).await;
    let proxy = Proxy::to(server.port()).await;
    let through = database.url().replace(
        &format!(":{}/", server.port()),
        &format!(":{}/", proxy.port()),
    );
    let site = migrated(database.url()).await;
    let transports =
        [database.url().to_owned(), through].map(|url| PostgresTransport::new(url, &site));
    let mut pair = Pair::over(&database, relays(transports, &site)).await;
    pair.live().await;
    for cut in [true, false] {
        if cut {
            proxy.cut();
        } else {
            proxy.stall();
        }
        for _ in 0..3 {
            pair.critique().await;
            pair.hear(pair.at + 1).await;
        }
        proxy.mend();
        pair.live().await;
        pair.critique().await;
        pair.hear(pair.at + 1).await;
    }
}

/// A node that shuts down and a command that comes and goes each announce their departure, so the
/// remaining node never reports the bus down.
async fn assert_goodbye_keeps_the_bus_up<T: Transport>(transports: [T; 3], site: &SiteId) {
    let [stays, goes, comes] = transports;
    let (stays, goes) = (Relay::start(stays, site), Relay::start(goes, site));
    let up = async |bus: &Arc<dyn Bus>| {
        let deadline = Instant::now() + BOUND;
        while !bus.up() {
            assert!(Instant::now() < deadline, "the bus does not come up");
            sleep(Duration::from_millis(10)).await;
        }
    };
    up(&stays).await;
    up(&goes).await;
    let mut heard = stays.subscribe();
    goes.publish(Message::JobsWaiting);
    goes.leave().await;
    let visitor = Relay::visit(comes, site);
    visitor.publish(Message::Artwork(ArtworkId(7)));
    visitor.leave().await;
    let ends = Instant::now() + Duration::from_secs(4);
    let (mut told, mut losses) = (Vec::new(), 0);
    while Instant::now() < ends {
        assert!(
            stays.up(),
            "a node that said goodbye does not take the bus down"
        );
        match timeout(Duration::from_millis(50), heard.next()).await {
            Ok(Some(Delivery::Foreign(message))) => told.push(message),
            Ok(Some(Delivery::Lost)) => losses += 1,
            _ => {}
        }
    }
    assert_eq!(
        told,
        [Message::JobsWaiting, Message::Artwork(ArtworkId(7))],
        "messages sent just before leaving arrive"
    );
    assert_eq!(losses, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_shutting_down_says_goodbye_over_redis() {
    let redis = Redis::start();
    let site = SiteId::random();
    let [one, two] = redis_at(redis.port(), &site);
    let [three, _] = redis_at(redis.port(), &site);
    assert_goodbye_keeps_the_bus_up([one, two, three], &site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_shutting_down_says_goodbye_over_postgres() {
    let server = Postgres::start(false);
    let database = Database::of(&server).await;
    let site = SiteId::random();
    assert_goodbye_keeps_the_bus_up(
        [0, 1, 2].map(|_| PostgresTransport::new(database.url().to_owned(), &site)),
        &site,
    )
    .await;
}

/// A node that disappears without a goodbye is detected by its missing heartbeats.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_node_takes_the_bus_down() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port()).await;
    let site = SiteId::random();
    let ([stays, _], [goes, _]) = (redis_at(redis.port(), &site), redis_at(proxy.port(), &site));
    let (stays, goes) = (Relay::start(stays, &site), Relay::start(goes, &site));
    let deadline = Instant::now() + BOUND;
    while !(stays.up() && goes.up()) {
        assert!(Instant::now() < deadline, "the bus does not come up");
        sleep(Duration::from_millis(10)).await;
    }
    sleep(Duration::from_millis(600)).await;
    proxy.cut();
    while stays.up() {
        assert!(
            Instant::now() < deadline + BOUND,
            "the silent node goes undetected"
        );
        sleep(Duration::from_millis(10)).await;
    }
}

/// A frame too long for NOTIFY is sent as a hint.
#[tokio::test(flavor = "multi_thread")]
async fn a_frame_too_long_for_postgres_is_fetched_from_the_database() {
    let server = Postgres::start(false);
    let database = Database::of(&server).await;
    let site = migrated(database.url()).await;
    let mut pair = Pair::over(&database, relays(postgres_of(&database, &site), &site)).await;
    pair.live().await;
    for _ in 0..120 {
        pair.critique().await;
    }
    pair.hear(120).await;
    let page = pair
        .here
        .notifications
        .page(&pair.artist, domain::notifications::Filter::All, None, 100)
        .await
        .expect("a page");
    let ids = shared::dto::Marked::Ids(page.items.iter().map(|item| item.id).collect());
    pair.here
        .notifications
        .mark(&pair.artist, &ids, shared::live::State::Archived)
        .await
        .expect("marks");
    pair.here
        .notifications
        .mark(&pair.artist, &ids, shared::live::State::Restored)
        .await
        .expect("marks");
    pair.hear(122).await;
}
