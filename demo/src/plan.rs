//! Plans the events of a demo before anything is written: in chronological order, and each after
//! the events it depends on.

use std::collections::{HashMap, HashSet};

use rand::{
    Rng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};

use crate::{
    art::Subject,
    words::{CRITIQUES, GENERAL, PIECES},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Period over which works were posted.
const WORKS_MS: i64 = 40 * DAY_MS;
/// Period before the first work in which people joined.
const JOINING_MS: i64 = 20 * DAY_MS;
/// Probability that a person marks a critique helpful.
const HELPFUL: f64 = 0.12;
/// Probability that a critique is specific to the picture's subject.
const FITTING: f64 = 0.8;

/// The history of a demo. People, works and critiques are indices into their lists; times are
/// milliseconds since 1970.
pub struct Plan {
    /// When each person joined.
    pub joined: Vec<i64>,
    /// The works, oldest first.
    pub works: Vec<Work>,
    /// Critiques and helpful marks, in chronological order.
    pub events: Vec<Event>,
}

/// A work.
pub struct Work {
    /// The artist.
    pub artist: usize,
    /// Index into [`PIECES`].
    pub piece: usize,
    /// The title, with a number if the piece is repeated.
    pub title: String,
    /// When it was posted.
    pub at: i64,
}

/// A critique or a helpful mark.
pub struct Event {
    /// The time.
    pub at: i64,
    /// The action.
    pub act: Act,
}

/// The action of an [`Event`].
pub enum Act {
    /// A person wrote a critique. Critiques are numbered in this order.
    Critique {
        /// The critiqued work.
        work: usize,
        /// The author.
        author: usize,
        /// The text.
        body: String,
    },
    /// A person marked a critique helpful.
    Helpful {
        /// The critique.
        critique: usize,
        /// The person who marked it.
        reader: usize,
    },
}

/// Plans a demo of this many people, works and critiques that ends `now`. There are fewer critiques
/// only if the texts run out.
pub fn plan(people: usize, works: usize, critiques: usize, now: i64, dice: &mut StdRng) -> Plan {
    let step = |total: i64, of: usize, n: usize| {
        total / i64::try_from(of + 1).unwrap_or(1) * i64::try_from(n + 1).unwrap_or(0)
    };
    let first = now - WORKS_MS;
    let joined = (0..people)
        .map(|n| first - JOINING_MS + step(JOINING_MS, people, n))
        .collect();
    let works: Vec<Work> = (0..works)
        .map(|n| Work {
            artist: (n * 7 + n / people) % people,
            piece: n % PIECES.len(),
            title: title(n),
            at: first + step(WORKS_MS, works, n),
        })
        .collect();
    let events = events(people, &works, critiques, now, dice);
    Plan {
        joined,
        works,
        events,
    }
}

fn title(n: usize) -> String {
    let title = PIECES[n % PIECES.len()].title;
    if n < PIECES.len() {
        title.to_owned()
    } else {
        format!("{title} ({})", n / PIECES.len() + 1)
    }
}

fn events(
    people: usize,
    works: &[Work],
    critiques: usize,
    now: i64,
    dice: &mut StdRng,
) -> Vec<Event> {
    let mut spoken = Spoken::default();
    let mut written: Vec<(i64, Act)> = (0..critiques)
        .filter_map(|n| {
            let work = choose_work(works.len(), n, dice)?;
            let Work {
                artist, piece, at, ..
            } = &works[work];
            let (author, body) =
                spoken.write(people, work, *artist, PIECES[*piece].subject, dice)?;
            Some((later(*at, now, dice), Act::Critique { work, author, body }))
        })
        .collect();
    written.sort_by_key(|(at, _)| *at);
    let mut events: Vec<Event> = Vec::new();
    for (critique, (at, act)) in written.into_iter().enumerate() {
        if let Act::Critique { author, .. } = &act {
            let readers: Vec<usize> = (0..people)
                .filter(|reader| reader != author && dice.random_bool(HELPFUL))
                .collect();
            let marks = readers
                .into_iter()
                .map(|reader| Act::Helpful { critique, reader });
            let marks: Vec<_> = marks
                .map(|act| Event {
                    at: later(at, now, dice),
                    act,
                })
                .collect();
            events.extend(marks);
        }
        events.push(Event { at, act });
    }
    events.sort_by_key(|event| event.at);
    events
}

/// A time after `from` and up to `now`, with a bias towards `from`.
fn later(from: i64, now: i64, dice: &mut StdRng) -> i64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a share of some weeks in milliseconds"
    )]
    let after = ((now - from) as f64 * dice.random_range(0.02_f64..0.95).powi(2)) as i64;
    from + after.max(1)
}

/// Chooses the work for the next critique: newest first, a second critique only after every work
/// has one, except that a few works never get one.
fn choose_work(works: usize, n: usize, dice: &mut StdRng) -> Option<usize> {
    let waits = |work: usize| work % 9 == 4 && work + 6 < works;
    let critiqued: Vec<usize> = (0..works).rev().filter(|work| !waits(*work)).collect();
    critiqued.get(n).or_else(|| critiqued.choose(dice)).copied()
}

/// The critiques so far.
#[derive(Default)]
struct Spoken {
    /// The texts on each work's page.
    said: HashSet<(usize, String)>,
    /// The authors who have critiqued each work.
    authors: HashMap<usize, HashSet<usize>>,
    /// The texts that each person has written.
    own: HashSet<(usize, String)>,
}

impl Spoken {
    /// A critic and a text that is new on the work's page; `None` if all texts are used there.
    fn write(
        &mut self,
        people: usize,
        work: usize,
        artist: usize,
        subject: Subject,
        dice: &mut StdRng,
    ) -> Option<(usize, String)> {
        let body = self.unsaid(work, subject, dice)?;
        let mut critics: Vec<usize> = (0..people).filter(|person| *person != artist).collect();
        critics.shuffle(dice);
        let here = self.authors.entry(work).or_default();
        let repeats = |person: &usize| {
            (
                here.contains(person),
                self.own.contains(&(*person, body.clone())),
            )
        };
        let author = critics.into_iter().min_by_key(repeats)?;
        here.insert(author);
        self.said.insert((work, body.clone()));
        self.own.insert((author, body.clone()));
        Some((author, body))
    }

    /// A text specific to the subject, or a general one, or, when each has been used, two of those
    /// together.
    fn unsaid(&self, work: usize, subject: Subject, dice: &mut StdRng) -> Option<String> {
        let fitting = CRITIQUES
            .iter()
            .find(|(of, _)| *of == subject)
            .map_or(GENERAL, |(_, texts)| *texts);
        let (mut fitting, mut general) = (fitting.to_vec(), GENERAL.to_vec());
        fitting.shuffle(dice);
        general.shuffle(dice);
        let (first, second) = if dice.random_bool(FITTING) {
            (fitting, general)
        } else {
            (general, fitting)
        };
        let texts: Vec<&str> = first.into_iter().chain(second).collect();
        let single = texts.iter().map(|text| (*text).to_owned());
        let pairs = texts.iter().flat_map(|one| {
            texts
                .iter()
                .filter(move |other| *other != one)
                .map(move |other| (one, other))
        });
        single
            .chain(pairs.map(|(one, other)| format!("{one}\n\n{other}")))
            .find(|text| !self.said.contains(&(work, text.clone())))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn demo(people: usize, works: usize, critiques: usize) -> Plan {
        plan(people, works, critiques, NOW, &mut StdRng::seed_from_u64(7))
    }

    /// A plan's critiques in order: time, work, author and text.
    fn critiques(plan: &Plan) -> Vec<(i64, usize, usize, &str)> {
        plan.events
            .iter()
            .filter_map(|event| match &event.act {
                Act::Critique { work, author, body } => {
                    Some((event.at, *work, *author, body.as_str()))
                }
                Act::Helpful { .. } => None,
            })
            .collect()
    }

    #[test]
    fn dates_are_in_order() {
        for (people, works, count) in [(24, 48, 160), (2, 1, 10), (5, 200, 400), (24, 3, 300)] {
            let plan = demo(people, works, count);
            assert!(plan.joined.is_sorted() && plan.works.is_sorted_by_key(|work| work.at));
            assert!(
                plan.events.is_sorted_by_key(|event| event.at)
                    && plan.events.iter().all(|event| event.at <= NOW)
            );
            assert!(
                plan.works
                    .iter()
                    .all(|work| plan.joined.iter().all(|joined| *joined < work.at))
            );
            let critiques = critiques(&plan);
            assert!(
                critiques
                    .iter()
                    .all(|(at, work, author, _)| *at > plan.works[*work].at
                        && *author != plan.works[*work].artist)
            );
            for event in &plan.events {
                if let Act::Helpful { critique, reader } = event.act {
                    let (at, _, author, _) = critiques[critique];
                    assert!(event.at > at && reader != author);
                }
            }
        }
    }

    #[test]
    fn no_page_has_the_same_words_twice() {
        for (people, works, count) in [(24, 48, 160), (2, 1, 300), (24, 3, 900)] {
            let plan = demo(people, works, count);
            let critiques = critiques(&plan);
            assert_eq!(critiques.len(), count);
            let distinct: HashSet<_> = critiques
                .iter()
                .map(|(_, work, _, body)| (work, body))
                .collect();
            assert_eq!(
                distinct.len(),
                count,
                "{people} people, {works} works, {count} critiques"
            );
        }
    }

    #[test]
    fn the_newest_works_are_critiqued_and_a_few_older_ones_wait() {
        let plan = demo(24, 48, 160);
        let critiqued: HashSet<usize> =
            critiques(&plan).iter().map(|(_, work, ..)| *work).collect();
        assert!((42..48).all(|work| critiqued.contains(&work)));
        assert!(
            (3..8).contains(&(48 - critiqued.len())),
            "{} of 48 works wait",
            48 - critiqued.len()
        );
    }

    #[test]
    fn works_that_come_again_have_titles_of_their_own() {
        let plan = demo(24, 130, 0);
        assert_eq!(
            plan.works
                .iter()
                .map(|work| &work.title)
                .collect::<HashSet<_>>()
                .len(),
            130
        );
    }
}
