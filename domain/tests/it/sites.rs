//! Two sites that share a bus: no message of one reaches the other, although their accounts have
//! the same ids.

use std::{sync::Arc, time::Duration};

use domain::{
    SiteId,
    bus::{Bus, Delivery, Message, PostgresTransport, RedisTransport, Relay, Subscription},
    notifications::LAZY_FROM,
    policy::Actor,
};
use shared::text::CritiqueBody;
use testing::{Database, Postgres, Redis};
use tokio::time::{sleep, timeout};

use crate::{
    buses::loopbacks,
    nodes::{migrated, node, person, work},
};

const BOUND: Duration = Duration::from_secs(10);

/// A site with two nodes: one acts, the other listens.
struct Site {
    artist: Actor,
    acting: Arc<dyn Bus>,
    listening: Arc<dyn Bus>,
    heard: Box<dyn Subscription>,
    domain: domain::Domain,
    critic: Actor,
    on: shared::ArtworkId,
}

impl Site {
    async fn over(database: &Database, [acting, listening]: [Arc<dyn Bus>; 2]) -> Self {
        let domain = node(database, &acting, LAZY_FROM).await;
        let (artist, critic) = (person(&domain, "bo").await, person(&domain, "ann").await);
        let on = work(&domain, &artist).await;
        let heard = listening.subscribe();
        let site = Self {
            artist,
            acting,
            listening,
            heard,
            domain,
            critic,
            on,
        };
        site.live().await;
        site
    }

    async fn live(&self) {
        let wait = async {
            while !(self.acting.up()
                && self.listening.up()
                && self.listening.hears(self.acting.node()) == Some(true))
            {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(BOUND, wait).await.expect("the bus comes up");
    }

    async fn critique(&self, words: &str) {
        let words = CritiqueBody::parse(words).expect("sound");
        self.domain
            .critiques
            .post(&self.critic, self.on, &words, None)
            .await
            .expect("posts");
    }

    /// The next inbox frame that the listening node receives.
    async fn hears(&mut self) -> String {
        let next = async {
            loop {
                if let Some(Delivery::Foreign(Message::Inbox { user, frame, .. })) =
                    self.heard.next().await
                {
                    assert_eq!(user, self.artist.id);
                    return String::from_utf8(frame.to_vec()).expect("text");
                }
            }
        };
        timeout(BOUND, next).await.expect("a frame in time")
    }
}

/// Asserts that an event on one site is delivered there and not on the other, and that the nodes of
/// the other site are not counted as nodes of this one.
async fn assert_isolated(mut one: Site, mut other: Site) {
    assert_eq!(
        one.artist.id, other.artist.id,
        "the test needs accounts with the same id"
    );
    for n in 1..=3 {
        one.critique(&format!("Of one site, {n}.")).await;
        assert!(one.hears().await.contains(&format!("Of one site, {n}.")));
    }
    other.critique("Of the other site.").await;
    let heard = other.hears().await;
    assert!(heard.contains("Of the other site."), "it heard {heard}");
    one.critique("Of one site again.").await;
    assert!(one.hears().await.contains("Of one site again."));
    assert_eq!(other.listening.hears(one.acting.node()), Some(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sites_on_one_redis_are_isolated() {
    let redis = Redis::start();
    let databases = [Database::new(), Database::new()];
    let mut sites = Vec::new();
    for (number, database) in databases.iter().enumerate() {
        let id = migrated(database.url()).await;
        // Redis's numbered databases do not separate pub/sub channels.
        let url = format!("{}/{number}", redis.url());
        let bus = || Relay::start(RedisTransport::new(&url, &id).expect("an address"), &id);
        sites.push(Site::over(database, [bus(), bus()]).await);
    }
    let (other, one) = (sites.pop().expect("two"), sites.pop().expect("two"));
    assert_isolated(one, other).await;
}

/// Two sites in two schemas of one PostgreSQL database: NOTIFY ignores schemas.
#[tokio::test(flavor = "multi_thread")]
async fn two_sites_in_one_postgres_database_are_isolated() {
    let server = Postgres::start(false);
    let database = Database::of(&server).await;
    let mut sites = Vec::new();
    for schema in ["one", "other"] {
        testing::execute(database.url(), &format!("CREATE SCHEMA {schema}"))
            .await
            .expect("a schema");
        let database = Database::at(format!(
            "{}?options=-c%20search_path%3D{schema}",
            database.url()
        ));
        let id = migrated(database.url()).await;
        let bus = || Relay::start(PostgresTransport::new(database.url().to_owned(), &id), &id);
        sites.push(Site::over(&database, [bus(), bus()]).await);
    }
    let (other, one) = (sites.pop().expect("two"), sites.pop().expect("two"));
    assert_isolated(one, other).await;
}

/// Even on a link that delivers the messages of both sites to both.
#[tokio::test(flavor = "multi_thread")]
async fn messages_of_another_site_are_dropped() {
    let databases = [Database::new(), Database::new()];
    let [link, _] = loopbacks();
    let mut sites = Vec::new();
    for database in &databases {
        let id: SiteId = migrated(database.url()).await;
        let bus = || Relay::start(link.clone(), &id);
        sites.push(Site::over(database, [bus(), bus()]).await);
    }
    let (other, one) = (sites.pop().expect("two"), sites.pop().expect("two"));
    assert_isolated(one, other).await;
}
