//! The law of the inbox on a real database: a snapshot plus the changes after it equals the later
//! snapshot, whether the changes arrive live, replayed or fetched, and the counters equal an actual
//! count.

use std::sync::Arc;

use domain::{
    Domain,
    artworks::WordsEdit,
    bus::{Bus, Delivery, Message, Subscription},
    clock::now,
    critiques::Draft,
    notifications::{Filter, Replay},
    policy::Actor,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use shared::{
    ArtworkId, CritiqueId, UserId,
    dto::{InboxPage, Marked},
    live::{Applied, Inbox, ServerFrame, State},
    text::CritiqueBody,
};
use testing::Database;

use crate::nodes::{actor, alone, person, work};

struct Site {
    domain: Domain,
    bus: Arc<dyn Bus>,
    people: Vec<UserId>,
    viewers: Vec<Actor>,
    works: Vec<(ArtworkId, UserId)>,
    critiques: Vec<(CritiqueId, UserId)>,
    _database: Database,
}

impl Site {
    async fn new() -> Self {
        let (domain, bus, database) = alone().await;
        let mut site = Self {
            domain,
            bus,
            people: vec![],
            viewers: vec![],
            works: vec![],
            critiques: vec![],
            _database: database,
        };
        for name in ["ann", "bo", "cy"] {
            let viewer = person(&site.domain, name).await;
            site.people.push(viewer.id);
            site.viewers.push(viewer);
        }
        for artist in site.people.clone() {
            site.post(artist).await;
        }
        site
    }

    fn viewer(&self, who: UserId) -> Actor {
        self.viewers
            .iter()
            .find(|viewer| viewer.id == who)
            .expect("one of them")
            .clone()
    }

    async fn post(&mut self, artist: UserId) {
        self.works
            .push((work(&self.domain, &self.viewer(artist)).await, artist));
    }

    /// Performs one random action that may change inboxes.
    async fn act(&mut self, dice: &mut StdRng) {
        let who = *self.people.choose(dice).expect("people");
        match dice.random_range(0..15) {
            12..=14 => self.edit(who, dice).await,
            0..=3 => {
                let (work, _) = *self.works.choose(dice).expect("works");
                let body = CritiqueBody::parse("Mind the edges.").expect("sound");
                let critique = self
                    .domain
                    .critiques
                    .post(&self.viewer(who), work, &body, None)
                    .await
                    .expect("posts");
                self.critiques.push((critique.id, who));
            }
            4..=6 => {
                if let Some((id, author)) = self.critiques.choose(dice).copied()
                    && author != who
                {
                    self.domain
                        .critiques
                        .set_helpful(&self.viewer(who), id, dice.random_bool(0.6))
                        .await
                        .expect("marks");
                }
            }
            7 => {
                if !self.critiques.is_empty() {
                    let (id, author) = self
                        .critiques
                        .swap_remove(dice.random_range(0..self.critiques.len()));
                    self.domain
                        .critiques
                        .delete(&actor(author), id)
                        .await
                        .expect("deletes");
                }
            }
            8 if self.works.len() > 2 && dice.random_bool(0.2) => {
                let (work, artist) = self.works.swap_remove(0);
                self.domain
                    .artworks
                    .delete(&actor(artist), work)
                    .await
                    .expect("deletes");
                let mut left = Vec::new();
                for (id, author) in std::mem::take(&mut self.critiques) {
                    if self.domain.critiques.show(None, id).await.is_ok() {
                        left.push((id, author));
                    }
                }
                self.critiques = left;
                self.post(artist).await;
            }
            _ => self.mark(who, dice).await,
        }
    }

    /// Edits a critique and a work of this person; some of the new text appears in no notification.
    async fn edit(&self, who: UserId, dice: &mut StdRng) {
        let words = format!(
            "Edited {}{}",
            dice.random_range(0..3),
            "x".repeat(dice.random_range(0..200))
        );
        let mine = |(_, author): &&(CritiqueId, UserId)| *author == who;
        if let Some((id, _)) = self
            .critiques
            .iter()
            .filter(mine)
            .collect::<Vec<_>>()
            .choose(dice)
        {
            let body = CritiqueBody::parse(&words).expect("sound");
            self.domain
                .critiques
                .edit(&actor(who), *id, &body, None)
                .await
                .expect("edits");
        }
        if let Some((id, _)) = self.works.iter().find(|(_, artist)| *artist == who) {
            let edit = WordsEdit::parse(Some(&words[..8]), Some(&words)).expect("sound");
            self.domain
                .artworks
                .edit(&actor(who), *id, &edit, None)
                .await
                .expect("edits");
        }
    }

    async fn mark(&self, who: UserId, dice: &mut StdRng) {
        let page = self.page(who).await;
        let state = *[
            State::Read,
            State::Unread,
            State::Seen,
            State::Archived,
            State::Restored,
        ]
        .choose(dice)
        .expect("states");
        let marked = if dice.random_bool(0.3) && state != State::Restored {
            Marked::Through(page.cursor.at(dice.random_range(0..=page.cursor.seq)))
        } else {
            let archived = self
                .domain
                .notifications
                .page(&actor(who), Filter::Archived, None, 100)
                .await
                .expect("a page")
                .items;
            let items = if state == State::Restored {
                archived
            } else {
                page.items
            };
            Marked::Ids(
                items
                    .iter()
                    .filter(|_| dice.random_bool(0.3))
                    .map(|item| item.id)
                    .collect(),
            )
        };
        self.domain
            .notifications
            .mark(&actor(who), &marked, state)
            .await
            .expect("marks");
    }

    async fn page(&self, who: UserId) -> InboxPage {
        self.domain
            .notifications
            .page(&actor(who), Filter::All, None, 100)
            .await
            .expect("a page")
    }
}

fn frames_of(
    site_frames: &[(UserId, ServerFrame)],
    who: UserId,
) -> impl Iterator<Item = &ServerFrame> {
    site_frames
        .iter()
        .filter(move |(user, _)| *user == who)
        .map(|(_, frame)| frame)
}

async fn drain(subscription: &mut dyn Subscription, into: &mut Vec<(UserId, ServerFrame)>) {
    while let Ok(Some(delivery)) =
        tokio::time::timeout(std::time::Duration::from_millis(1), subscription.next()).await
    {
        if let Delivery::Own(Message::Inbox { user, frame, .. }) = delivery {
            into.push((user, serde_json::from_slice(&frame).expect("a frame")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_plus_later_changes_equals_the_later_snapshot() {
    for seed in 0..6 {
        let dice = &mut StdRng::seed_from_u64(seed);
        let mut site = Site::new().await;
        let mut live = site.bus.subscribe();
        let mut frames = Vec::new();
        let mut snapshots: Vec<(UserId, Inbox)> = Vec::new();
        for step in 0..70 {
            if step % 10 == 0 {
                for who in site.people.clone() {
                    snapshots.push((who, site.page(who).await.into()));
                }
            }
            site.act(dice).await;
        }
        drain(live.as_mut(), &mut frames).await;
        for (who, earlier) in snapshots {
            let now: Inbox = site.page(who).await.into();
            let context = format!("seed {seed}, person {who}, from {}", earlier.cursor);
            assert_eq!(
                usize::try_from(now.unread).expect("small"),
                now.items.iter().filter(|item| !item.read).count(),
                "{context}"
            );
            assert_eq!(
                usize::try_from(now.unseen).expect("small"),
                now.items.iter().filter(|item| !item.seen).count(),
                "{context}"
            );

            let mut by_live = earlier.clone();
            for frame in frames_of(&frames, who) {
                assert!(
                    !matches!(by_live.apply(frame), Applied::Gap(_)),
                    "{context}: live frames have a gap"
                );
            }
            assert_eq!(by_live, now, "{context}: live");

            let mut by_replay = earlier.clone();
            match site
                .domain
                .notifications
                .replay(who, &earlier.cursor)
                .await
                .expect("replays")
            {
                Replay::Reset(..) => panic!("{context}: a reset for a few changes"),
                Replay::Frames(_, replayed) => {
                    for frame in replayed {
                        let frame = serde_json::from_slice(&frame).expect("a frame");
                        assert!(
                            !matches!(by_replay.apply(&frame), Applied::Gap(_) | Applied::Stale),
                            "{context}: replay"
                        );
                    }
                }
            }
            assert_eq!(by_replay, now, "{context}: replay");

            let mut by_fetch = earlier.clone();
            let changes = site
                .domain
                .notifications
                .changes(&actor(who), &earlier.cursor, 20)
                .await
                .expect("changes");
            by_fetch.catch_up(changes);
            assert_eq!(by_fetch, now, "{context}: fetch");
        }
    }
}

#[tokio::test]
async fn twenty_helpful_toggles_make_one_notification_and_one_live_frame() {
    let mut site = Site::new().await;
    let [ann, bo, _] = site.people[..] else {
        panic!("three people")
    };
    let (work, _) = *site
        .works
        .iter()
        .find(|(_, artist)| *artist == bo)
        .expect("a work");
    let body = CritiqueBody::parse("Good light.").expect("sound");
    let critique = site
        .domain
        .critiques
        .post(&site.viewer(ann), work, &body, None)
        .await
        .expect("posts");
    site.critiques.push((critique.id, ann));
    let mut live = site.bus.subscribe();
    for n in 0..20 {
        site.domain
            .critiques
            .set_helpful(&site.viewer(bo), critique.id, n % 2 == 0)
            .await
            .expect("toggles");
    }
    site.domain
        .critiques
        .set_helpful(&site.viewer(bo), critique.id, true)
        .await
        .expect("toggles");
    site.domain
        .critiques
        .set_helpful(&site.viewer(bo), critique.id, true)
        .await
        .expect("marking is idempotent");
    let mut frames = Vec::new();
    drain(live.as_mut(), &mut frames).await;
    let notices = frames_of(&frames, ann)
        .filter(|frame| matches!(frame, ServerFrame::Notification { .. }))
        .count();
    assert_eq!(notices, 1);
    assert_eq!(site.page(ann).await.items.len(), 1);
}

#[tokio::test]
async fn a_rolled_back_post_leaves_no_notification_and_no_message() {
    let site = Site::new().await;
    let [ann, bo, _] = site.people[..] else {
        panic!("three people")
    };
    let (work, _) = *site
        .works
        .iter()
        .find(|(_, artist)| *artist == bo)
        .expect("a work");
    let mut live = site.bus.subscribe();
    let body = CritiqueBody::parse("Never said.").expect("sound");
    let mut txn = site.domain.store.begin().await.expect("begins");
    let rendered = domain::markdown::render(body.as_str());
    let draft = Draft {
        author: site.viewer(ann).viewer,
        artwork: work,
        body: body.clone(),
        rendered,
        at: now(),
        attempt: None,
    };
    site.domain
        .critiques
        .post_in(&mut txn, &[draft])
        .await
        .expect("posts");
    drop(txn);
    let mut frames = Vec::new();
    drain(live.as_mut(), &mut frames).await;
    assert!(frames.is_empty());
    let page = site.page(bo).await;
    assert_eq!((page.cursor.seq, page.items.len(), page.unread), (0, 0, 0));
}
