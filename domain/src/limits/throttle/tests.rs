use std::net::IpAddr;

use shared::Kind;

use crate::limits::throttle::*;

fn network(last: u8) -> Network {
    IpAddr::from([10, 0, 0, last]).into()
}

fn at(start: Instant, seconds: u64) -> Instant {
    start + Duration::from_secs(seconds)
}

#[test]
fn sign_ins_to_one_account_from_one_network_are_limited_per_window() {
    let (throttle, start) = (Throttle::default(), Instant::now());
    for second in 0..8 {
        assert!(
            throttle
                .sign_in(Some("ann"), network(1), false, at(start, second))
                .is_ok()
        );
    }
    let error = throttle
        .sign_in(Some("ann"), network(1), false, at(start, 8))
        .err()
        .expect("slowed");
    assert_eq!(
        (error.kind, error.retry_after),
        (Kind::Throttled, Some(105))
    );
    assert_eq!(
        error.phrase.to_string(),
        "sign-in-attempts (wait: 2, unit: minutes)"
    );
    assert!(
        throttle
            .sign_in(Some("bo"), network(1), false, at(start, 8))
            .is_ok()
    );
    let granted = |from| {
        (0..20)
            .filter(|_| {
                throttle
                    .sign_in(Some("ann"), network(1), false, at(start, from))
                    .is_ok()
            })
            .count()
    };
    assert_eq!(
        (granted(8 + 113), granted(900 + 8 + 113)),
        (1, 8),
        "one, and all after the window"
    );
}

#[test]
fn correct_password_resets_the_pair_limit_but_not_the_network_limit() {
    let (throttle, now) = (Throttle::default(), Instant::now());
    for _ in 0..100 {
        for _ in 0..7 {
            throttle
                .sign_in(Some("ann"), network(1), true, now)
                .map(drop)
                .ok();
        }
        if let Ok(right) = throttle.sign_in(Some("ann"), network(1), true, now) {
            right.succeeded();
        }
    }
    assert!(
        throttle
            .sign_in(Some("ann"), network(1), true, now)
            .is_err(),
        "the network's failures count on"
    );
    assert!(throttle.sign_in(Some("ann"), network(2), true, now).is_ok());
}

#[test]
fn distributed_attack_does_not_lock_out_a_known_network() {
    let (throttle, now) = (Throttle::default(), Instant::now());
    for n in 0..40 {
        assert!(
            throttle
                .sign_in(Some("ann"), network(n), false, now)
                .is_ok()
        );
    }
    assert!(
        throttle
            .sign_in(Some("ann"), network(99), false, now)
            .is_err()
    );
    assert!(
        throttle
            .sign_in(Some("ann"), network(99), true, now)
            .is_ok()
    );
}

#[test]
fn sign_ins_to_many_accounts_from_one_network_are_limited() {
    let (throttle, now) = (Throttle::default(), Instant::now());
    for n in 0..60 {
        assert!(
            throttle
                .sign_in(Some(&format!("user{n}")), network(1), false, now)
                .is_ok()
        );
    }
    assert!(
        throttle
            .sign_in(Some("another"), network(1), true, now)
            .is_err()
    );
    assert!(
        throttle
            .sign_in(Some("another"), network(2), false, now)
            .is_ok()
    );
}

#[test]
fn invalid_handles_count_towards_their_network_only() {
    let (throttle, now) = (Throttle::default(), Instant::now());
    for n in 0..200 {
        assert!(
            throttle.sign_in(None, network(n), false, now).is_ok(),
            "{n}"
        );
    }
    let tried = (0..100)
        .filter(|_| throttle.sign_in(None, network(201), false, now).is_ok())
        .count();
    assert_eq!(tried, 60, "they count for their network");
}

#[test]
fn clock_set_back_by_two_days_does_not_extend_the_wait() {
    let (throttle, start) = (Throttle::default(), Instant::now());
    for _ in 0..8 {
        throttle
            .sign_in(Some("ann"), network(1), false, at(start, 2 * 86_400))
            .map(drop)
            .ok();
    }
    let error = throttle
        .sign_in(Some("ann"), network(1), false, start)
        .err()
        .expect("slowed");
    assert!(error.retry_after.expect("seconds") <= 900, "{error:?}");
    assert!(
        throttle
            .sign_in(Some("ann"), network(1), false, at(start, 900))
            .is_ok()
    );
}

#[test]
fn current_password_attempts_are_limited_per_session() {
    let (throttle, now) = (Throttle::default(), Instant::now());
    let session = SessionKey::try_from("0".repeat(64)).expect("a key");
    let other = SessionKey::try_from("1".repeat(64)).expect("a key");
    let tries = |session| {
        (0..100)
            .filter(|_| {
                throttle
                    .current_password(UserId(1), Some(session), now)
                    .is_ok()
            })
            .count()
    };
    assert_eq!(tries(&session), 8);
    assert_eq!(tries(&other), 8, "another browser of theirs");
    assert!(throttle.current_password(UserId(2), None, now).is_ok());
}

#[test]
fn registrations_and_taken_address_answers_are_limited_per_network() {
    let (throttle, now) = (Throttle::default(), Instant::now());
    for n in 0..100 {
        let registering = throttle
            .register(network(1), now)
            .unwrap_or_else(|error| panic!("{n}: {error}"));
        registering.check(now).expect("a check");
        registering.ended(true, false);
    }
    assert!(throttle.register(network(1), now).is_err());
    let mut told = 0;
    for _ in 0..100 {
        if let Ok(registering) = throttle.register(network(2), now) {
            told += u32::from(registering.check(now).is_ok());
            registering.ended(false, true);
        }
    }
    assert_eq!(told, 12);
}
