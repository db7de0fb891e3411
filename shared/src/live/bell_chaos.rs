//! Property tests of the bell under faults: lost, repeated and reordered frames, broken sockets,
//! late responses, and tabs that open and close.

use std::collections::{BTreeSet, HashMap, VecDeque};

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::live::model::{Action, Server, check_newest};

/// What can happen to a page and its server.
#[derive(Clone, Debug)]
enum Happening {
    /// The inbox changes; the server sends the frame to an open socket.
    Act(Action),
    /// The person marks notifications on the page; the request succeeds or fails.
    Mark(Action, bool),
    Epoch,
    /// The server answers a handshake.
    Greet,
    Beat,
    Bye(u32),
    /// The next frame arrives, is lost, arrives and will arrive again, or swaps places with the
    /// frame behind it.
    Deliver,
    Lose,
    Double,
    Overtake,
    /// The leader, or a late echo, relays an old frame.
    Echo(Index),
    Close(u16),
    Fire(Timer),
    /// A fetch is answered with the state at the time of the request, if true, or with the current
    /// state.
    Answer(bool),
    Unreachable,
    /// The same for a reload of the first page.
    Reloaded(bool),
    LeaderFetched(Index),
    Tell(Event),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    use Happening::{
        Act, Answer, Beat, Bye, Close, Deliver, Double, Echo, Epoch, Fire, Greet, LeaderFetched,
        Lose, Mark, Overtake, Reloaded, Tell, Unreachable,
    };
    let timers = prop::sample::select(vec![
        Timer::Connect,
        Timer::Poll,
        Timer::Gap,
        Timer::Silence,
    ]);
    let codes = prop::sample::select(vec![
        1006, 1001, 1012, 1013, 4400, 4408, 4429, 1006, 1012, 4403, 4409, 4401,
    ]);
    let tells = prop::sample::select(vec![
        Event::Lead,
        Event::Lead,
        Event::Lead,
        Event::Follow,
        Event::LeaderLink(Link::Live),
        Event::Online(true),
        Event::Online(true),
        Event::Online(false),
        Event::Visible(true),
        Event::Visible(false),
        Event::Leave,
        Event::Return,
        Event::Return,
    ]);
    let one = prop_oneof![
        8 => Action::any().prop_map(Act),
        2 => (Action::any(), any::<bool>()).prop_map(|(action, arrives)| Mark(action, arrives)),
        8 => Just(Greet),
        10 => Just(Deliver),
        1 => Just(Beat),
        1 => (0_u32..60_000).prop_map(Bye),
        2 => Just(Lose),
        2 => Just(Double),
        2 => Just(Overtake),
        2 => any::<Index>().prop_map(Echo),
        2 => codes.prop_map(Close),
        6 => timers.prop_map(Fire),
        5 => any::<bool>().prop_map(Answer),
        1 => Just(Unreachable),
        2 => any::<bool>().prop_map(Reloaded),
        1 => any::<Index>().prop_map(LeaderFetched),
        6 => tells.prop_map(Tell),
    ];
    // Rare, because little can happen after either event.
    let one = prop_oneof![120 => one, 1 => Just(Epoch), 1 => Just(Tell(Event::SignedOut))];
    vec(one, 0..120)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    Closed,
    Opening,
    Open,
}

/// A browser that performs the effects of the bell, and the server at the other end.
struct World {
    server: Server,
    /// Notifications per page.
    size: usize,
    bell: Bell,
    wire: Wire,
    pipe: VecDeque<ServerFrame>,
    opened_at: Option<Cursor>,
    timers: HashMap<Timer, u32>,
    window_ms: u32,
    fetches: VecDeque<(Cursor, InboxPage)>,
    reloads: VecDeque<InboxPage>,
    /// Announced notifications, with their epoch.
    told: BTreeSet<(String, NotificationId)>,
    away: bool,
    ended: bool,
    jitter: f64,
}

impl World {
    fn new(notifications: usize, size: usize, patience: u64, jitter: f64) -> Self {
        let mut server = Server::new();
        server.patience = patience;
        for _ in 0..notifications {
            server.act(&Action::Arrive);
        }
        let bell = Bell::new(server.page(None, size).into(), true);
        Self {
            server,
            size,
            bell,
            wire: Wire::Closed,
            pipe: VecDeque::new(),
            opened_at: None,
            timers: HashMap::new(),
            window_ms: 0,
            fetches: VecDeque::new(),
            reloads: VecDeque::new(),
            told: BTreeSet::new(),
            away: false,
            ended: false,
            jitter,
        }
    }

    fn send(&mut self, frame: Option<ServerFrame>) {
        if self.wire == Wire::Open {
            self.pipe.extend(frame);
        }
    }

    fn happen(&mut self, happening: Happening) -> Result<(), TestCaseError> {
        let server = &mut self.server;
        let event = match happening {
            Happening::Act(action) => {
                let frame = server.act(&action);
                self.send(frame);
                None
            }
            Happening::Mark(action, arrives) => return self.mark(&action, arrives),
            Happening::Epoch => {
                server.bump_epoch();
                None
            }
            Happening::Greet => {
                if self.wire == Wire::Opening {
                    self.wire = Wire::Open;
                    let after = self.opened_at.take().expect("opened at a cursor");
                    self.pipe = server.greet(&after, self.size).into();
                }
                None
            }
            Happening::Beat => {
                let beat = ServerFrame::Beat {
                    cursor: server.cursor(),
                    unverified: false,
                };
                self.send(Some(beat));
                None
            }
            Happening::Bye(retry_after_ms) => {
                self.window_ms = self.window_ms.max(retry_after_ms);
                self.send(Some(ServerFrame::Bye {
                    reason: "draining".into(),
                    retry_after_ms,
                }));
                None
            }
            Happening::Deliver => self.pipe.pop_front().map(Event::Frame),
            Happening::Lose => self.pipe.pop_front().and(None),
            Happening::Double => self.pipe.front().cloned().map(Event::Frame),
            Happening::Overtake => {
                if self.pipe.len() > 1 {
                    self.pipe.swap(0, 1);
                }
                None
            }
            Happening::Echo(index) if server.frames.is_empty() => {
                let _ = index;
                None
            }
            Happening::Echo(index) => Some(Event::Frame(index.get(&server.frames).clone())),
            Happening::Close(code) if self.wire != Wire::Closed => {
                self.hang_up();
                Some(Event::Closed(code))
            }
            Happening::Close(_) => None,
            Happening::Fire(timer) => self.timers.remove(&timer).map(|_| Event::Fired(timer)),
            Happening::Answer(late) => self.fetches.pop_front().map(|(after, page)| {
                let page = if late {
                    page
                } else {
                    server.changes(&after, self.size)
                };
                let nothing = !page.reset && page.cursor == after;
                Event::Fetched(Ok(Some(page).filter(|_| !nothing)))
            }),
            Happening::Unreachable => self
                .fetches
                .pop_front()
                .map(|_| Event::Fetched(Err(FetchFailure::Unreachable))),
            Happening::Reloaded(late) => self.reloads.pop_front().map(|page| {
                Event::Reloaded(if late {
                    page
                } else {
                    server.page(None, self.size)
                })
            }),
            Happening::LeaderFetched(index) => {
                let after = server
                    .cursor()
                    .at(index.index(usize::try_from(server.seq).expect("small") + 1) as u64);
                let page = server.changes(&after, self.size);
                Some(Event::LeaderFetched { after, page })
            }
            Happening::Tell(event) => Some(event),
        };
        event.map_or(Ok(()), |event| self.tell(event))
    }

    fn mark(&mut self, action: &Action, arrives: bool) -> Result<(), TestCaseError> {
        let Some((marked, state)) = self.server.asked(action) else {
            return Ok(());
        };
        if self.away || self.ended {
            return Ok(());
        }
        self.tell(Event::Mark(marked.clone(), state))?;
        if !arrives {
            return self.tell(Event::MarkFailed);
        }
        let frame = self.server.mark(&marked, state);
        self.send(frame);
        Ok(())
    }

    fn hang_up(&mut self) {
        (self.wire, self.opened_at) = (Wire::Closed, None);
        self.pipe.clear();
    }

    /// Runs one step of the bell and checks the invariants of every step.
    fn tell(&mut self, event: Event) -> Result<(), TestCaseError> {
        match event {
            Event::Leave => self.away = true,
            Event::Return => self.away = false,
            _ => {}
        }
        let before = self.bell.inbox().cursor.clone();
        let effects = self.bell.step(event.clone(), self.jitter);
        let after = self.bell.inbox().cursor.clone();
        prop_assert!(
            before.epoch != after.epoch || before.seq <= after.seq,
            "{event:?} took {before} back to {after}"
        );
        prop_assert!(
            effects.is_empty() || !self.ended,
            "{event:?} after the end: {effects:?}"
        );
        for effect in effects {
            self.perform(effect)?;
        }
        if matches!(event, Event::Leave) {
            prop_assert!(self.timers.is_empty() && self.wire == Wire::Closed);
        }
        self.check_liveness()
    }

    fn perform(&mut self, effect: Effect) -> Result<(), TestCaseError> {
        match effect {
            Effect::Open(cursor) => {
                prop_assert!(
                    self.wire == Wire::Closed && self.bell.leads() && !self.away && !self.ended
                );
                prop_assert_eq!(&cursor, &self.bell.inbox().cursor);
                (self.wire, self.opened_at) = (Wire::Opening, Some(cursor));
            }
            Effect::Close => {
                prop_assert!(self.wire != Wire::Closed, "there is one to close");
                self.hang_up();
            }
            Effect::Wait(timer, ms) => {
                let sound = match timer {
                    Timer::Connect => ms <= self.window_ms.max(90_000),
                    Timer::Poll => [30_000, 180_000].contains(&ms),
                    Timer::Gap => [500, 5_000].contains(&ms),
                    Timer::Silence => [15_000, 30_000, 62_500, 70_000, 180_000].contains(&ms),
                };
                prop_assert!(sound && !self.away && !self.ended, "{timer:?} in {ms} ms");
                self.timers.insert(timer, ms);
            }
            Effect::Cancel(timer) => {
                self.timers.remove(&timer);
            }
            Effect::Fetch(after) => {
                prop_assert!(!self.away && !self.ended);
                let page = self.server.changes(&after, self.size);
                self.fetches.push_back((after, page));
            }
            Effect::Reload => self.reloads.push_back(self.server.page(None, self.size)),
            Effect::Ack(cursor) => {
                prop_assert!(self.wire == Wire::Open && cursor == self.bell.inbox().cursor);
            }
            Effect::Announce(items) => {
                prop_assert!(
                    self.bell.leads()
                        && !items.is_empty()
                        && items.is_sorted_by_key(|item| item.id)
                );
                for item in items {
                    prop_assert!(!item.seen && item.listed());
                    let key = (self.bell.inbox().cursor.epoch.clone(), item.id);
                    prop_assert!(self.told.insert(key), "{} was announced twice", item.id);
                }
            }
            Effect::SignedOut => {
                self.ended = true;
                prop_assert!(self.wire == Wire::Closed && self.timers.is_empty());
                prop_assert_eq!(
                    (&self.bell.inbox().items[..], self.bell.link()),
                    (&[][..], Link::Offline)
                );
            }
        }
        Ok(())
    }

    /// Checks liveness: a socket, a timer or the return of the network will bring missed changes.
    fn check_liveness(&self) -> Result<(), TestCaseError> {
        let armed = |timer| self.timers.contains_key(&timer);
        let bell = &self.bell;
        if self.away || self.ended || !bell.online {
            return Ok(());
        }
        match bell.role {
            Role::Waiting => {}
            Role::Follower => prop_assert!(armed(Timer::Silence) && self.wire == Wire::Closed),
            Role::Leader if self.wire != Wire::Closed => prop_assert!(armed(Timer::Silence)),
            Role::Leader if bell.socketless => prop_assert!(armed(Timer::Poll)),
            Role::Leader => prop_assert!(armed(Timer::Connect)),
        }
        prop_assert_eq!(bell.polling, armed(Timer::Poll));
        prop_assert_eq!(bell.gap.waits, armed(Timer::Gap));
        if bell.gap.is_open() && bell.socket == Socket::Open {
            prop_assert!(armed(Timer::Gap) || !self.fetches.is_empty() || !self.reloads.is_empty());
        }
        Ok(())
    }

    /// Ends the faults: the page is visible and every request is answered with the current state.
    fn end_faults(&mut self) -> Result<(), TestCaseError> {
        for event in [Event::Return, Event::Online(true), Event::Visible(true)] {
            self.tell(event)?;
        }
        while let Some(happening) = if self.reloads.is_empty() {
            self.fetches.front().map(|_| Happening::Answer(false))
        } else {
            Some(Happening::Reloaded(false))
        } {
            self.happen(happening)?;
        }
        Ok(())
    }

    fn check_converged(&self) -> Result<(), TestCaseError> {
        check_newest(self.bell.inbox(), self.server.page(None, usize::MAX - 1))?;
        prop_assert!(!self.bell.gap.is_open());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn invariants_hold_under_any_faults_and_the_inbox_converges(
        happenings in happenings(), notifications in 0_usize..12, patience in prop_oneof![Just(u64::MAX), 3_u64..10], jitter in 0.0..1.0,
    ) {
        let mut world = World::new(notifications, 5, patience, jitter);
        for happening in happenings {
            world.happen(happening)?;
        }
        world.end_faults()?;
        if !world.ended {
            world.check_converged()?;
        }
    }

    #[test]
    fn each_critique_is_announced_exactly_once_even_if_the_socket_drops(happenings in happenings(), jitter in 0.0..1.0) {
        // A page larger than the inbox, because a reload announces only the notifications on its
        // page.
        let mut world = World::new(3, 1_000, u64::MAX, jitter);
        world.tell(Event::Lead)?;
        let keeps_the_role = |happening: &Happening| match happening {
            Happening::Tell(event) => !matches!(event, Event::Follow | Event::SignedOut | Event::Leave),
            Happening::Close(code) => *code != close::SESSION_ENDED,
            Happening::Epoch => false,
            _ => true,
        };
        for happening in happenings.into_iter().filter(keeps_the_role) {
            world.happen(happening)?;
        }
        world.end_faults()?;
        for id in world.server.never_seen().filter(|id| id.0 > 3) {
            prop_assert!(world.told.contains(&("e1".into(), id)), "{} was never announced", id);
        }
    }
}
