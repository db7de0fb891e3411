//! The law of the inbox: a snapshot with the later changes applied equals the later snapshot, for
//! any sequence of actions.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use shared::{ArtworkId, CritiqueId, live::Inbox};

use crate::{person::Person, site::Site, wire::Live};

struct World {
    people: Vec<Person>,
    works: Vec<(usize, ArtworkId)>,
    critiques: Vec<(usize, ArtworkId, CritiqueId)>,
}

impl World {
    /// Performs one random action as a random person.
    async fn act(&mut self, dice: &mut StdRng) {
        let who = dice.random_range(0..self.people.len());
        let person = &self.people[who];
        match dice.random_range(0..15) {
            12..=14 => self.edit(who, dice).await,
            0 if self.works.len() < 6 => self.works.push((who, person.publish("A work").await)),
            0..=3 => {
                let (_, work) = *self.works.choose(dice).expect("a work");
                let critique = person
                    .critique(work, &format!("Words {}.", dice.random::<u16>()))
                    .await;
                self.critiques.push((who, work, critique.id));
            }
            4..=6 => {
                let Some((_, _, id)) = self
                    .critiques
                    .iter()
                    .filter(|(author, ..)| *author != who)
                    .collect::<Vec<_>>()
                    .choose(dice)
                    .copied()
                else {
                    return;
                };
                person.helpful(*id, dice.random_bool(0.6)).await;
            }
            7 => {
                let Some(index) = self
                    .critiques
                    .iter()
                    .position(|(author, ..)| *author == who)
                else {
                    return;
                };
                person.delete_critique(self.critiques.remove(index).2).await;
            }
            8 if self.works.len() > 2 && dice.random_bool(0.3) => {
                let (owner, work) = self.works.remove(dice.random_range(0..self.works.len()));
                assert_eq!(
                    self.people[owner]
                        .delete(&format!("/api/artworks/{work}"))
                        .await
                        .status,
                    204
                );
                self.critiques.retain(|(_, on, _)| *on != work);
            }
            _ => self.mark(who, dice).await,
        }
    }

    /// Edits a critique and a work of this person.
    async fn edit(&self, who: usize, dice: &mut StdRng) {
        let (person, words) = (
            &self.people[who],
            format!("Edited {}.", dice.random_range(0..3)),
        );
        if let Some((.., id)) = self.critiques.iter().find(|(author, ..)| *author == who) {
            let answer = person
                .send(
                    "PATCH",
                    &format!("/api/critiques/{id}"),
                    json!({ "body": words }),
                )
                .await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        if let Some((_, id)) = self.works.iter().find(|(artist, _)| *artist == who) {
            let answer = person
                .send(
                    "PATCH",
                    &format!("/api/artworks/{id}"),
                    json!({ "title": words }),
                )
                .await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }

    async fn mark(&self, who: usize, dice: &mut StdRng) {
        let person = &self.people[who];
        let page = person.page().await;
        let word = *["read", "unread", "seen", "archive", "unarchive"]
            .choose(dice)
            .expect("a word");
        // Archived notifications are not on the page, but ids in this test are small numbers.
        let top = page.items.first().map_or(20, |item| item.id.0 + 2);
        let ids: Vec<i64> = (0..dice.random_range(1..4))
            .map(|_| dice.random_range(1..=top))
            .collect();
        let which = if word != "unarchive" && dice.random_bool(0.25) {
            json!({ "through": page.cursor.at(dice.random_range(0..=page.cursor.seq)) })
        } else {
            json!({ "ids": ids })
        };
        person.mark(word, which).await;
    }
}

async fn assert_law_holds(seed: u64) {
    let site = Site::open();
    let mut dice = StdRng::seed_from_u64(seed);
    let people = vec![
        site.join("ann").await,
        site.join("bo").await,
        site.join("cy").await,
    ];
    let works = vec![
        (0, people[0].publish("Dusk").await),
        (1, people[1].publish("Dawn").await),
    ];
    let mut bells: Vec<Live> = Vec::new();
    for person in &people {
        bells.push(person.live().await);
    }
    let mut world = World {
        people: people.clone(),
        works,
        critiques: Vec::new(),
    };
    let mut snapshots: Vec<(usize, Inbox)> = Vec::new();
    for step in 0..150 {
        world.act(&mut dice).await;
        if step % 15 == 0 {
            let who = dice.random_range(0..people.len());
            snapshots.push((who, people[who].inbox().await));
        }
    }
    for (who, (person, bell)) in people.iter().zip(&mut bells).enumerate() {
        let end = person.inbox().await;
        bell.reach(&end.cursor).await;
        assert_eq!(bell.inbox, end, "seed {seed}: connected all along");
        bell.told_once();
        for (_, snapshot) in snapshots.iter().filter(|(of, _)| *of == who) {
            let mut late = person.follow(snapshot.clone()).await;
            late.reach(&end.cursor).await;
            assert_eq!(
                late.inbox, end,
                "seed {seed}: resumed from {}",
                snapshot.cursor
            );
            let mut polled = snapshot.clone();
            polled.catch_up(person.after(&snapshot.cursor).await);
            assert_eq!(polled, end, "seed {seed}: polled from {}", snapshot.cursor);
        }
    }
}

#[tokio::test]
async fn a_snapshot_plus_later_changes_equals_the_later_snapshot() {
    assert_law_holds(1).await;
}

#[tokio::test]
async fn a_snapshot_plus_later_changes_equals_the_later_snapshot_with_seed_2() {
    assert_law_holds(2).await;
}

#[tokio::test]
async fn a_snapshot_plus_later_changes_equals_the_later_snapshot_with_seed_3() {
    assert_law_holds(3).await;
}
