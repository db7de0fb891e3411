//! Cached inboxes and works are never older than an acknowledged write, however many concurrent
//! readers there are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    Domain,
    artworks::Words,
    bus::{Delivery, Message},
    notifications::{Filter, LAZY_FROM},
    policy::Actor,
    store::{CACHE_TTL, Reach, Subject},
};
use shared::{
    ArtworkId, CritiqueId, UserId,
    dto::{Artwork, Critique},
    text::CritiqueBody,
};
use testing::Database;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    buses::lossy_buses,
    nodes::{actor, alone, migrated, node, person, work},
};

/// Readers that continuously have reads in flight, so that stale values are available to be cached.
fn readers(
    domain: &Domain,
    people: &[&Actor],
    on: ArtworkId,
    over: &Arc<AtomicBool>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for (n, viewer) in people.iter().map(|viewer| viewer.id).enumerate() {
        let (domain, over) = (domain.clone(), over.clone());
        tasks.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                domain
                    .artworks
                    .show(Some(viewer), on)
                    .await
                    .expect("the work");
                domain
                    .notifications
                    .page(&actor(viewer), Filter::All, None, 10)
                    .await
                    .expect("a page");
                sleep(Duration::from_micros(50 * n as u64)).await;
            }
        });
    }
    tasks
}

async fn shown(domain: &Domain, viewer: UserId, on: ArtworkId) -> Artwork {
    domain
        .artworks
        .show(Some(viewer), on)
        .await
        .expect("the work")
}

fn one(artwork: &Artwork, id: CritiqueId) -> Option<&Critique> {
    artwork.critiques.iter().find(|critique| critique.id == id)
}

/// A person who writes through one node and reads through another may be faster than the bus, which
/// here also loses and delays messages.
#[tokio::test(flavor = "multi_thread")]
async fn reads_through_one_node_show_what_was_written_through_another() {
    let database = Database::new();
    let site = migrated(database.url()).await;
    let [here_bus, there_bus] = lossy_buses(&site);
    let here = node(&database, &here_bus, LAZY_FROM).await;
    let there = node(&database, &there_bus, LAZY_FROM).await;
    let _running = [here.hub.start(), there.hub.start()];
    let deadline = Instant::now() + Duration::from_secs(30);
    while !(here.hub.bus_up() && there.hub.bus_up()) {
        assert!(Instant::now() < deadline, "the bus does not come up");
        sleep(Duration::from_millis(10)).await;
    }
    let (artist, critic) = (person(&here, "bo").await, person(&here, "ann").await);
    let on = work(&here, &artist).await;
    let over = Arc::new(AtomicBool::new(false));
    let reading = readers(&there, &[&artist, &critic, &artist], on, &over);
    for round in 0..40_u32 {
        let body = CritiqueBody::parse(&format!("Round {round}.")).expect("sound");
        let posted = here
            .critiques
            .post(&critic, on, &body, None)
            .await
            .expect("posts");
        assert!(
            one(&shown(&there, artist.id, on).await, posted.id).is_some(),
            "round {round}: posted through one node, not shown by the other"
        );
        let unread = there
            .notifications
            .counts(artist.id)
            .await
            .expect("counts")
            .unread;
        assert_eq!(unread, round + 1);
    }
    over.store(true, Ordering::Relaxed);
    reading.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_after_an_acknowledged_write_show_it() {
    let (domain, _bus, _database) = alone().await;
    let (artist, critic, reader) = (
        person(&domain, "bo").await,
        person(&domain, "ann").await,
        person(&domain, "cy").await,
    );
    let on = work(&domain, &artist).await;
    let over = Arc::new(AtomicBool::new(false));
    let reading = readers(
        &domain,
        &[&artist, &critic, &reader, &artist, &critic],
        on,
        &over,
    );
    for round in 0..60_u32 {
        let body = CritiqueBody::parse(&format!("Round {round}.")).expect("sound");
        let posted = domain
            .critiques
            .post(&critic, on, &body, None)
            .await
            .expect("posts");
        assert!(
            one(&shown(&domain, reader.id, on).await, posted.id).is_some(),
            "round {round}: posted, and not there"
        );
        let page = domain
            .notifications
            .page(&artist, Filter::All, None, 10)
            .await
            .expect("a page");
        assert_eq!(
            page.items[0].url,
            format!("/artworks/{on}#critique-{}", posted.id),
            "round {round}"
        );
        assert_eq!(
            domain
                .notifications
                .counts(artist.id)
                .await
                .expect("counts")
                .cursor,
            page.cursor
        );

        domain
            .critiques
            .set_helpful(&reader, posted.id, true)
            .await
            .expect("marks");
        let (by_reader, by_artist) =
            tokio::join!(shown(&domain, reader.id, on), shown(&domain, artist.id, on));
        let marks = [&by_reader, &by_artist]
            .map(|artwork| one(artwork, posted.id).map(|c| (c.helpful, c.helpful_count)));
        assert_eq!(marks, [Some((true, 1)), Some((false, 1))], "round {round}");

        let title = format!("Dusk {round}");
        domain
            .artworks
            .edit(
                &artist,
                on,
                &Words::parse(&title, "").expect("sound").into(),
                None,
            )
            .await
            .expect("edits");
        assert_eq!(shown(&domain, critic.id, on).await.title, title);
        let page = domain
            .notifications
            .page(&artist, Filter::All, None, 10)
            .await
            .expect("a page");
        assert_eq!(page.items[0].artwork.title, title, "round {round}");

        if round % 2 == 0 {
            domain
                .critiques
                .delete(&critic, posted.id)
                .await
                .expect("deletes");
            assert!(
                one(&shown(&domain, reader.id, on).await, posted.id).is_none(),
                "round {round}: deleted, and still there"
            );
        }
    }
    over.store(true, Ordering::Relaxed);
    reading.join_all().await;
}

#[tokio::test]
async fn only_messages_from_elsewhere_invalidate_when_they_are_delivered() {
    let (domain, bus, _database) = alone().await;
    let _hub = domain.hub.start();
    let cache = domain.store.cache(Reach::AloneOnly, 10);
    let artwork = |n| Subject::Artwork(ArtworkId(n));
    for n in 1..=2 {
        cache.put(n, "shown", cache.note(&[artwork(n)]));
    }
    let begun = Instant::now();
    // Until the hub has subscribed.
    while cache.get(&2).is_some() {
        assert!(begun.elapsed() < CACHE_TTL / 2, "it is never delivered");
        // Committing this would have invalidated the entry.
        bus.publish(Message::Artwork(ArtworkId(1)));
        bus.deliver_here(Delivery::Foreign(Message::Artwork(ArtworkId(2))));
        tokio::task::yield_now().await;
    }
    assert_eq!(cache.get(&1), Some("shown"));
}
