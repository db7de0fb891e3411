use Effect::{Cancel, Close, Fetch, Open, Reload, Wait};

use super::*;
use crate::{
    dto::Marked,
    live::{State, bell_kit::*},
};

/// No announcements.
const NONE: [i64; 0] = [];

#[test]
fn a_leader_connects_at_its_cursor_and_is_live_after_hello() {
    let (server, mut bell) = page();
    assert_eq!(bell.link(), Link::CatchingUp);
    let effects = step(&mut bell, Event::Lead);
    let open = Open(server.cursor());
    assert_eq!(
        effects,
        [
            Cancel(Timer::Silence),
            Cancel(Timer::Connect),
            open,
            Wait(Timer::Silence, 15_000)
        ]
    );
    assert_eq!((bell.leads(), bell.link()), (true, Link::CatchingUp));
    assert_eq!(
        wait_for(&step(&mut bell, hello(&server)), Timer::Silence),
        Some(62_500),
        "two and a half beats"
    );
    assert_eq!(bell.link(), Link::Live);
    assert_eq!(step(&mut bell, Event::Lead), [], "once");
}

#[test]
fn a_gap_is_fetched_from_the_last_cursor_after_half_a_second() {
    let (mut server, mut bell) = live();
    let last = server.cursor();
    arrival(&mut server);
    let next = arrival(&mut server);
    assert_eq!(wait_for(&step(&mut bell, next), Timer::Gap), Some(500));
    assert_eq!(bell.link(), Link::CatchingUp);
    let another = arrival(&mut server);
    assert_eq!(
        wait_for(&step(&mut bell, another), Timer::Gap),
        None,
        "the wait is not drawn out"
    );
    assert_eq!(step(&mut bell, Event::Fired(Timer::Gap)), [Fetch(last)]);
    let event = answer(&server, &bell);
    let effects = step(&mut bell, event);
    assert_eq!(told(&effects), [3, 4, 5]);
    assert_eq!(
        (bell.inbox(), bell.link()),
        (&server.snapshot().into(), Link::Live)
    );
}

#[test]
fn a_gap_that_closes_by_itself_is_not_fetched() {
    let (mut server, mut bell) = live();
    let (first, second) = (arrival(&mut server), arrival(&mut server));
    assert_eq!(told(&step(&mut bell, second.clone())), NONE);
    step(&mut bell, first);
    let effects = step(&mut bell, second);
    assert!(effects.contains(&Cancel(Timer::Gap)));
    assert_eq!(bell.link(), Link::Live);
    assert_eq!(step(&mut bell, Event::Fired(Timer::Gap)), []);
}

#[test]
fn a_fetch_that_does_not_close_the_gap_is_retried() {
    for result in [Err(FetchFailure::Unreachable), Ok(None)] {
        let (mut server, mut bell) = live();
        arrival(&mut server);
        let next = arrival(&mut server);
        steps(&mut bell, [next, Event::Fired(Timer::Gap)]);
        assert_eq!(
            step(&mut bell, Event::Fetched(result)),
            [Wait(Timer::Gap, 5_000)]
        );
        assert!(asks(&step(&mut bell, Event::Fired(Timer::Gap))));
    }
}

#[test]
fn a_hello_restarts_the_wait_for_an_open_gap() {
    let (mut server, mut bell) = page();
    step(&mut bell, Event::Lead);
    let greeting = hello(&server);
    arrival(&mut server);
    let (after, page) = (server.cursor(), server.page(None, 5));
    step(&mut bell, Event::LeaderFetched { after, page });
    steps(&mut bell, [Event::Fired(Timer::Gap), unreachable()]);
    assert_eq!(wait_for(&step(&mut bell, greeting), Timer::Gap), Some(500));
}

#[test]
fn a_beat_reveals_a_missed_change() {
    let (mut server, mut bell) = live();
    arrival(&mut server);
    let effects = step(
        &mut bell,
        Event::Frame(ServerFrame::Beat {
            cursor: server.cursor(),
            unverified: false,
        }),
    );
    assert_eq!(wait_for(&effects, Timer::Gap), Some(500));
    assert!(
        effects.contains(&Effect::Ack(bell.inbox().cursor.clone())),
        "and tells how far this bell is"
    );
}

/// The node that holds the socket can't check for missed changes; another node may answer the
/// fetch.
#[test]
fn an_unverified_beat_triggers_a_fetch_over_http() {
    let (mut server, mut bell) = live();
    let here = server.cursor();
    arrival(&mut server);
    let beat = Event::Frame(ServerFrame::Beat {
        cursor: here.clone(),
        unverified: true,
    });
    assert!(step(&mut bell, beat).contains(&Effect::Fetch(here)));
    let event = answer(&server, &bell);
    assert_eq!(told(&step(&mut bell, event)), [3]);
}

#[test]
fn another_epoch_is_fetched_and_frames_of_the_old_epoch_are_ignored() {
    let (mut server, mut bell) = live();
    let mut lost = server.clone();
    arrival(&mut lost);
    let echo = arrival(&mut lost);
    server.bump_epoch();
    let effects = step(&mut bell, hello(&server));
    assert_eq!(wait_for(&effects, Timer::Gap), Some(500));
    let event = answer(&server, &bell);
    steps(&mut bell, [Event::Fired(Timer::Gap), event]);
    assert_eq!(
        (&bell.inbox().cursor, bell.link()),
        (&server.cursor(), Link::Live)
    );
    steps(
        &mut bell,
        [
            echo,
            Event::Frame(ServerFrame::Beat {
                cursor: server.cursor(),
                unverified: false,
            }),
        ],
    );
    assert_eq!(
        (&bell.inbox().cursor, bell.link()),
        (&server.cursor(), Link::Live)
    );
}

#[test]
fn the_leader_announces_each_unseen_notification_once() {
    let (mut server, mut bell) = live();
    let first = arrival(&mut server);
    assert_eq!(told(&steps(&mut bell, [first.clone(), first])), [3]);
    let event = answer(&server, &bell);
    assert_eq!(told(&step(&mut bell, event)), NONE);
    arrival(&mut server);
    server.mark(&Marked::Through(server.cursor()), State::Seen);
    let seen = answer(&server, &bell);
    assert_eq!(told(&step(&mut bell, seen)), NONE, "seen elsewhere already");
}

#[test]
fn a_restored_notification_is_not_announced_again() {
    let (mut server, mut bell) = live();
    let news = arrival(&mut server);
    let taken_back = Event::Frame(server.retract(&[NotificationId(3)]).expect("a change"));
    assert_eq!(told(&steps(&mut bell, [news, taken_back])), [3]);
    server.give_back(NotificationId(3)).expect("a change");
    let event = answer(&server, &bell);
    assert_eq!(told(&step(&mut bell, event)), NONE);
    assert_eq!(bell.inbox(), &server.snapshot().into());
}

#[test]
fn a_follower_shows_notifications_and_never_announces_them_even_as_leader() {
    let (mut server, mut bell) = page();
    assert_eq!(
        step(&mut bell, Event::Follow),
        [Wait(Timer::Silence, 70_000)]
    );
    let news = arrival(&mut server);
    assert_eq!(
        step(&mut bell, news.clone()),
        [Wait(Timer::Silence, 70_000)]
    );
    step(&mut bell, Event::LeaderLink(Link::Live));
    assert_eq!(
        (bell.inbox(), bell.link()),
        (&server.snapshot().into(), Link::Live)
    );
    let event = answer(&server, &bell);
    assert_eq!(
        told(&steps(
            &mut bell,
            [Event::Lead, hello(&server), news, event]
        )),
        NONE
    );
    let news = arrival(&mut server);
    assert_eq!(told(&step(&mut bell, news)), [4]);
}

#[test]
fn a_follower_applies_the_leaders_fetch_only_if_it_reached_its_cursor() {
    let (mut server, mut bell) = page();
    step(&mut bell, Event::Follow);
    let before = server.cursor();
    arrival(&mut server);
    let after = server.cursor();
    arrival(&mut server);
    let page = server.changes(&after, 20);
    let effects = step(&mut bell, Event::LeaderFetched { after, page });
    assert_eq!(
        effects,
        [Wait(Timer::Silence, 70_000), Wait(Timer::Gap, 500)]
    );
    assert_eq!(bell.inbox().cursor, before);
    let page = server.changes(&before, 20);
    let effects = step(
        &mut bell,
        Event::LeaderFetched {
            after: before,
            page,
        },
    );
    assert_eq!(effects, [Wait(Timer::Silence, 70_000), Cancel(Timer::Gap)]);
    assert_eq!(bell.inbox(), &server.snapshot().into());
}

#[test]
fn a_follower_fetches_for_itself_when_the_leader_is_silent() {
    let (server, mut bell) = page();
    step(&mut bell, Event::Follow);
    assert_eq!(
        step(&mut bell, Event::Fired(Timer::Silence)),
        [Fetch(server.cursor()), Wait(Timer::Silence, 30_000)]
    );
}

#[test]
fn a_leader_that_steps_down_closes_its_socket_and_cancels_its_timers() {
    for (_, mut bell) in [live(), polling()] {
        let open = bell.link() == Link::Live;
        let effects = step(&mut bell, Event::Follow);
        assert_eq!(effects.contains(&Close), open);
        assert!(
            [Timer::Connect, Timer::Poll]
                .iter()
                .all(|timer| effects.contains(&Cancel(*timer)))
        );
        assert_eq!(wait_for(&effects, Timer::Silence), Some(70_000));
        assert!(opens(&step(&mut bell, Event::Lead)));
    }
}

#[test]
fn signing_out_stops_the_bell_permanently_and_clears_the_inbox() {
    let ends = [
        Event::Closed(close::SESSION_ENDED),
        Event::Fetched(Err(FetchFailure::SignedOut)),
        Event::SignedOut,
    ];
    for end in ends {
        for away in [false, true] {
            let (server, mut bell) = live();
            if away {
                step(&mut bell, Event::Leave);
            }
            if away && matches!(end, Event::Closed(_)) {
                continue;
            }
            let effects = step(&mut bell, end.clone());
            assert_eq!(effects.last(), Some(&Effect::SignedOut), "{end:?}");
            assert!(
                [Timer::Connect, Timer::Poll, Timer::Gap, Timer::Silence]
                    .iter()
                    .all(|t| effects.contains(&Cancel(*t)))
            );
            assert_eq!(
                (
                    bell.inbox().items.len(),
                    bell.inbox().unseen,
                    bell.inbox().unread,
                    bell.link()
                ),
                (0, 0, 0, Link::Offline)
            );
            let after = [
                Event::Return,
                Event::Lead,
                Event::Online(true),
                Event::Visible(true),
                hello(&server),
                answer(&server, &bell),
            ];
            assert_eq!(steps(&mut bell, after), []);
            assert_eq!(
                steps(
                    &mut bell,
                    [
                        Event::Fired(Timer::Connect),
                        Event::Closed(1006),
                        Event::MarkFailed
                    ]
                ),
                []
            );
            assert_eq!(bell.inbox().items, []);
        }
    }
}

#[test]
fn a_close_code_that_forbids_reconnecting_leads_to_polling() {
    for code in [close::FORBIDDEN, close::TOO_MANY] {
        let (server, mut bell) = live();
        let effects = step(&mut bell, Event::Closed(code));
        assert_eq!(
            effects,
            [
                Cancel(Timer::Silence),
                Fetch(server.cursor()),
                Wait(Timer::Poll, 30_000)
            ]
        );
        assert_eq!(bell.link(), Link::Polling);
        let effects = steps(
            &mut bell,
            [
                Event::Fired(Timer::Connect),
                Event::Visible(true),
                Event::Online(true),
            ],
        );
        assert!(!opens(&effects) && asks(&effects));
        let effects = steps(&mut bell, [Event::Leave, Event::Return, Event::Lead]);
        assert!(!opens(&effects), "not after coming back either");
        assert_eq!(
            wait_for(&effects, Timer::Poll),
            Some(30_000),
            "but it goes on polling"
        );
    }
}

#[test]
fn a_dropped_connection_is_retried_at_a_random_time_within_five_seconds() {
    for code in [
        1006,
        1001,
        close::DRAINING,
        close::TOO_SLOW,
        close::BAD_FRAME,
        close::FLOOD,
    ] {
        for (jitter, ms) in [(0.0, 0), (0.5, 2_500), (0.999, 4_995)] {
            let (_, mut bell) = live();
            let effects = bell.step(Event::Closed(code), jitter);
            assert_eq!(
                effects,
                [Cancel(Timer::Silence), Wait(Timer::Connect, ms)],
                "{code}"
            );
            assert_eq!(bell.link(), Link::CatchingUp);
            assert!(opens(&step(&mut bell, Event::Fired(Timer::Connect))));
        }
    }
}

#[test]
fn a_bye_frame_sets_the_reconnect_window() {
    for (jitter, ms) in [(0.0, 0), (0.5, 10_000), (0.999, 19_980)] {
        let (_, mut bell) = live();
        step(
            &mut bell,
            Event::Frame(ServerFrame::Bye {
                reason: "draining".into(),
                retry_after_ms: 20_000,
            }),
        );
        assert_eq!(
            wait_for(
                &bell.step(Event::Closed(close::DRAINING), jitter),
                Timer::Connect
            ),
            Some(ms)
        );
        let effects = steps(
            &mut bell,
            [Event::Fired(Timer::Connect), Event::Closed(1006)],
        );
        assert_eq!(
            wait_for(&effects, Timer::Connect),
            Some(5_000),
            "the window was for once"
        );
    }
}

#[test]
fn after_three_failed_handshakes_the_bell_polls_and_retries_every_minute_or_so() {
    let (server, mut bell) = page();
    step(&mut bell, Event::Lead);
    let first = step(&mut bell, Event::Closed(1006));
    assert_eq!(
        first,
        [
            Cancel(Timer::Silence),
            Fetch(server.cursor()),
            Wait(Timer::Connect, 5_000)
        ],
        "the fetch tells of a 401"
    );
    let second = steps(
        &mut bell,
        [Event::Fired(Timer::Connect), Event::Closed(1006)],
    );
    assert_eq!(wait_for(&second, Timer::Connect), Some(10_000));
    step(&mut bell, Event::Fired(Timer::Connect));
    for (jitter, ms) in [(0.0, 30_000), (0.5, 60_000), (0.999, 89_940)] {
        let effects = bell.clone().step(Event::Closed(1006), jitter);
        assert_eq!(wait_for(&effects, Timer::Connect), Some(ms));
        assert_eq!(wait_for(&effects, Timer::Poll), Some(30_000));
        assert!(asks(&effects));
    }
}

#[test]
fn polling_is_slower_on_a_hidden_page_and_stops_on_hello() {
    let (server, mut bell) = polling();
    assert_eq!(
        wait_for(&step(&mut bell, Event::Visible(false)), Timer::Poll),
        Some(180_000)
    );
    assert_eq!(
        step(&mut bell, Event::Fired(Timer::Poll)),
        [Fetch(server.cursor()), Wait(Timer::Poll, 180_000)]
    );
    let effects = step(&mut bell, Event::Visible(true));
    assert!(asks(&effects) && wait_for(&effects, Timer::Poll) == Some(30_000));
    let effects = step(&mut bell, hello(&server));
    assert!(effects.contains(&Cancel(Timer::Poll)) && effects.contains(&Cancel(Timer::Connect)));
    assert_eq!(bell.link(), Link::Live);
    assert_eq!(step(&mut bell, Event::Fired(Timer::Poll)), []);
}

#[test]
fn unreachable_polling_shows_offline() {
    let (server, mut bell) = polling();
    step(&mut bell, unreachable());
    assert_eq!(bell.link(), Link::Offline);
    let event = answer(&server, &bell);
    step(&mut bell, event);
    assert_eq!(bell.link(), Link::Polling);
}

#[test]
fn a_page_that_is_left_closes_its_socket_cancels_timers_and_stays_idle() {
    let (mut server, mut bell) = live();
    let effects = step(&mut bell, Event::Leave);
    assert_eq!(effects[0], Close);
    assert_eq!(
        effects[1..],
        [Timer::Connect, Timer::Poll, Timer::Silence, Timer::Gap].map(Cancel)
    );
    assert_eq!(bell.link(), Link::Offline);
    let late = [
        arrival(&mut server),
        hello(&server),
        Event::Follow,
        Event::Visible(true),
        Event::Online(true),
        Event::Leave,
    ];
    assert_eq!(steps(&mut bell, late), []);
    assert_eq!(
        steps(
            &mut bell,
            [Timer::Connect, Timer::Poll, Timer::Silence, Timer::Gap].map(Event::Fired)
        ),
        []
    );
}

#[test]
fn a_page_shown_again_fetches_and_reconnects_once_it_leads() {
    let (mut server, mut bell) = live();
    step(&mut bell, Event::Leave);
    assert_eq!(step(&mut bell, Event::Return), [Fetch(server.cursor())]);
    assert!(!bell.leads());
    assert!(opens(&step(&mut bell, Event::Lead)));
    arrival(&mut server);
    let event = answer(&server, &bell);
    assert_eq!(told(&step(&mut bell, event)), [3]);
    step(&mut bell, hello(&server));
    assert_eq!(bell.link(), Link::Live);
    assert_eq!(
        step(&mut bell, Event::Return),
        [],
        "a page that was not away does not come back"
    );
}

#[test]
fn silence_closes_a_dead_connection_and_a_stalled_handshake() {
    let (_, mut bell) = live();
    let effects = step(&mut bell, Event::Fired(Timer::Silence));
    assert_eq!(
        effects,
        [Close, Cancel(Timer::Silence), Wait(Timer::Connect, 2_500)]
    );
    step(&mut bell, Event::Fired(Timer::Connect));
    let effects = step(&mut bell, Event::Fired(Timer::Silence));
    assert_eq!(
        (&effects[0], wait_for(&effects, Timer::Connect)),
        (&Close, Some(5_000)),
        "that one failed"
    );
}

#[test]
fn late_events_of_a_closed_socket_are_ignored() {
    let (server, mut bell) = live();
    step(&mut bell, Event::Fired(Timer::Silence));
    assert_eq!(steps(&mut bell, [Event::Closed(1006), hello(&server)]), []);
    assert_eq!(bell.link(), Link::CatchingUp);
    assert!(opens(&step(&mut bell, Event::Fired(Timer::Connect))));
}

#[test]
fn offline_the_bell_waits_and_online_it_fetches_at_once() {
    let (server, mut bell) = live();
    assert_eq!(
        steps(
            &mut bell,
            [
                Event::Online(false),
                Event::Closed(1006),
                Event::Fired(Timer::Connect)
            ]
        )
        .last(),
        Some(&Wait(Timer::Connect, 2_500))
    );
    assert_eq!(bell.link(), Link::Offline);
    let effects = step(&mut bell, Event::Online(true));
    assert_eq!(effects[0], Fetch(server.cursor()));
    assert!(opens(&effects));
    assert_eq!(bell.link(), Link::CatchingUp);
}

#[test]
fn a_refused_mark_is_reverted_by_reloading_until_it_succeeds() {
    let (mut server, mut bell) = live();
    let all = Marked::Through(server.cursor());
    assert_eq!(step(&mut bell, Event::Mark(all, State::Read)), []);
    assert_eq!(bell.inbox().unread, 0);
    assert_eq!(step(&mut bell, Event::MarkFailed), [Reload]);
    step(&mut bell, unreachable());
    assert_eq!(
        step(&mut bell, Event::Visible(true)),
        [Reload],
        "asked again when next there is an occasion"
    );
    let early = server.snapshot();
    let news = arrival(&mut server);
    step(&mut bell, news);
    assert_eq!(
        step(&mut bell, Event::Reloaded(early)),
        [Reload],
        "that was overtaken"
    );
    arrival(&mut server);
    let effects = step(&mut bell, Event::Reloaded(server.snapshot()));
    assert_eq!(told(&effects), [4], "what came with it is news");
    assert_eq!(bell.inbox(), &server.snapshot().into());
    assert_eq!(
        step(&mut bell, Event::Visible(true)),
        [Fetch(server.cursor())]
    );
}
