//! Helpers for tests of the bell: a server, a bell, and the events between them.

use Effect::{Announce, Fetch, Open, Wait};

use super::{
    Bell, Effect, Event, FetchFailure, Link, Timer,
    model::{Action, Server},
};

/// A server with two notifications, and the bell of a page that it rendered.
pub fn page() -> (Server, Bell) {
    let mut server = Server::new();
    server.act(&Action::Arrive);
    server.act(&Action::Arrive);
    let bell = Bell::new(server.snapshot().into(), true);
    (server, bell)
}

pub fn step(bell: &mut Bell, event: Event) -> Vec<Effect> {
    bell.step(event, 0.5)
}

pub fn steps(bell: &mut Bell, events: impl IntoIterator<Item = Event>) -> Vec<Effect> {
    events
        .into_iter()
        .flat_map(|event| step(bell, event))
        .collect()
}

pub fn hello(server: &Server) -> Event {
    Event::Frame(server.greet(&server.cursor(), 20).remove(0))
}

pub fn arrival(server: &mut Server) -> Event {
    Event::Frame(server.act(&Action::Arrive).expect("a change"))
}

pub fn answer(server: &Server, bell: &Bell) -> Event {
    Event::Fetched(Ok(Some(server.changes(&bell.inbox().cursor, 20))))
}

pub fn unreachable() -> Event {
    Event::Fetched(Err(FetchFailure::Unreachable))
}

/// The same, with the bell leading and live.
pub fn live() -> (Server, Bell) {
    let (server, mut bell) = page();
    steps(&mut bell, [Event::Lead, hello(&server)]);
    assert_eq!(bell.link(), Link::Live);
    (server, bell)
}

/// The same, with the bell polling after three failed handshakes.
pub fn polling() -> (Server, Bell) {
    let (server, mut bell) = page();
    steps(&mut bell, [Event::Lead, Event::Closed(1006)]);
    for _ in 0..2 {
        steps(
            &mut bell,
            [Event::Fired(Timer::Connect), Event::Closed(1006)],
        );
    }
    assert_eq!(bell.link(), Link::Polling);
    (server, bell)
}

pub fn wait_for(effects: &[Effect], timer: Timer) -> Option<u32> {
    effects.iter().find_map(|effect| {
        if let Wait(t, ms) = effect {
            (*t == timer).then_some(*ms)
        } else {
            None
        }
    })
}

pub fn asks(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Fetch(_)))
}

pub fn opens(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Open(_)))
}

pub fn told(effects: &[Effect]) -> Vec<i64> {
    effects
        .iter()
        .flat_map(|effect| {
            if let Announce(items) = effect {
                items.clone()
            } else {
                vec![]
            }
        })
        .map(|item| item.id.0)
        .collect()
}
