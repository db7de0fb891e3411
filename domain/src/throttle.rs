//! Slows down guessing, without locking out the owner: tries that cost nothing when they turn out
//! well.
//!
//! Tries to sign in are counted per network, per account, and per pair of both. A network that the
//! account is already signed in from is never slowed by what others do to the account (after
//! OWASP's device cookies, with the network in the cookie's place). A name that can't be a handle
//! is nobody's account, so it counts for its network alone. Limits that don't depend on the outcome
//! are in [`crate::limits`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use shared::{AppError, UserId};

use crate::{
    limits::{Buckets, Network, Rate, too_often, waiting},
    sessions::SessionKey,
};

/// The window of all tries to guess: so many within it, after a first burst of as many.
const WINDOW: Duration = Duration::from_mins(15);

/// So many tries within the window.
const fn within_window(tries: u32) -> Rate {
    Rate::new(tries, WINDOW.checked_div(tries).expect("some tries"))
}

const SIGN_IN_PER_PAIR: Rate = within_window(8);
const SIGN_IN_PER_NETWORK: Rate = within_window(60);
const SIGN_IN_PER_ACCOUNT: Rate = within_window(40);
/// The current password, asked for again of somebody who is signed in.
const CURRENT_PER_SESSION: Rate = within_window(8);
const CURRENT_PER_ACCOUNT: Rate = within_window(24);
/// New accounts of one network: some classes at once, then two a minute.
const ACCOUNTS: Rate = Rate::new(100, Duration::from_secs(30));
/// How often one network is told that there is an account with an address: each answer tells
/// whether somebody is here.
const TOLD_OF_ADDRESS: Rate = Rate::new(12, Duration::from_mins(2));

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    SignInPair(Box<str>, Network),
    SignInNetwork(Network),
    SignInAccount(Box<str>),
    CurrentOfSession(SessionKey),
    CurrentOfAccount(UserId),
    Accounts(Network),
    ToldOfAddress(Network),
}

/// Recent tries, in this process.
#[derive(Clone, Default)]
pub struct Throttle(Arc<Buckets<Key>>);

/// A try under way. It counts as failed until it is said how it ended, so tries made at once are
/// counted too.
pub struct Try<'a> {
    throttle: &'a Throttle,
    counted: Vec<(Key, Rate)>,
}

impl Try<'_> {
    /// It turned out well: the failures of this pair, or session, are forgotten, and the try itself
    /// counts nowhere.
    pub fn succeeded(self) {
        for (key, rate) in self.counted {
            match key {
                Key::SignInPair(..) | Key::CurrentOfSession(_) => self.throttle.0.fill(&key),
                _ => self.throttle.0.give_back(&key, rate),
            }
        }
    }
}

/// A registration under way.
pub struct Registering<'a> {
    throttle: &'a Throttle,
    network: Network,
}

impl Registering<'_> {
    /// Counts a look for whether the address is taken. Only right before the look, since many who
    /// register at once look one after the other.
    ///
    /// # Errors
    /// As [`Throttle::register`].
    pub fn look(&self, now: Instant) -> Result<(), AppError> {
        let look = self
            .throttle
            .0
            .spend(&Key::ToldOfAddress(self.network), TOLD_OF_ADDRESS, now);
        look.map(drop).map_err(|wait| {
            self.throttle
                .0
                .give_back(&Key::Accounts(self.network), ACCOUNTS);
            many_registrations(wait)
        })
    }

    /// Says how it ended: with an account, and if not, whether it was said that there is one with
    /// this address.
    pub fn ended(self, made: bool, told: bool) {
        if !made {
            self.throttle
                .0
                .give_back(&Key::Accounts(self.network), ACCOUNTS);
        }
        if !told {
            self.throttle
                .0
                .give_back(&Key::ToldOfAddress(self.network), TOLD_OF_ADDRESS);
        }
    }
}

impl Throttle {
    /// Counts all of these, or none.
    fn spend(&self, counted: Vec<(Key, Rate)>, now: Instant) -> Result<Try<'_>, Duration> {
        let refused = counted
            .iter()
            .filter_map(|(key, rate)| self.0.look(key, *rate, now).err())
            .max();
        if let Some(wait) = refused {
            return Err(wait);
        }
        for (n, (key, rate)) in counted.iter().enumerate() {
            if let Err(wait) = self.0.spend(key, *rate, now) {
                // Another try came in between.
                counted[..n]
                    .iter()
                    .for_each(|(key, rate)| self.0.give_back(key, *rate));
                return Err(wait);
            }
        }
        Ok(Try {
            throttle: self,
            counted,
        })
    }

    /// Begins a try to sign in. `account` is the handle's key, if it can be a handle; `known` says
    /// that the account is signed in from that network already.
    ///
    /// # Errors
    /// [`shared::Kind::Throttled`] with the seconds to wait; such a try is not counted.
    pub fn sign_in(
        &self,
        account: Option<&str>,
        network: Network,
        known: bool,
        now: Instant,
    ) -> Result<Try<'_>, AppError> {
        let mut counted = vec![(Key::SignInNetwork(network), SIGN_IN_PER_NETWORK)];
        if let Some(account) = account {
            counted.push((Key::SignInPair(account.into(), network), SIGN_IN_PER_PAIR));
            if !known {
                counted.push((Key::SignInAccount(account.into()), SIGN_IN_PER_ACCOUNT));
            }
        }
        self.spend(counted, now).map_err(|wait| {
            too_often(
                format!(
                    "Too many tries to sign in. Please wait {}, then try again.",
                    waiting(wait)
                ),
                wait,
            )
        })
    }

    /// Begins a try of the current password by somebody who is signed in already: whoever finds an
    /// open browser must not guess it.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub fn current_password(
        &self,
        user: UserId,
        session: Option<&SessionKey>,
        now: Instant,
    ) -> Result<Try<'_>, AppError> {
        let mut counted = vec![(Key::CurrentOfAccount(user), CURRENT_PER_ACCOUNT)];
        counted.extend(
            session.map(|session| (Key::CurrentOfSession(session.clone()), CURRENT_PER_SESSION)),
        );
        self.spend(counted, now).map_err(|wait| {
            too_often(
                format!(
                    "That password was wrong too often. Please wait {}, then try again.",
                    waiting(wait)
                ),
                wait,
            )
        })
    }

    /// Begins to register.
    ///
    /// # Errors
    /// [`shared::Kind::Throttled`] with the seconds to wait, if the network has made many accounts,
    /// or was told of many that there are.
    pub fn register(&self, network: Network, now: Instant) -> Result<Registering<'_>, AppError> {
        let told = self
            .0
            .look(&Key::ToldOfAddress(network), TOLD_OF_ADDRESS, now);
        told.and_then(|()| self.0.spend(&Key::Accounts(network), ACCOUNTS, now))
            .map_err(many_registrations)?;
        Ok(Registering {
            throttle: self,
            network,
        })
    }
}

fn many_registrations(wait: Duration) -> AppError {
    too_often(
        format!(
            "Many registrations came from your network. Please wait {}, then try again.",
            waiting(wait)
        ),
        wait,
    )
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use shared::Kind;

    use super::*;

    fn network(last: u8) -> Network {
        IpAddr::from([10, 0, 0, last]).into()
    }

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn guessing_one_account_from_one_network_is_slowed_then_forgotten() {
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
        assert!(
            error.message.contains("wait 2 minutes"),
            "{}",
            error.message
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
    fn a_right_password_forgets_the_wrong_ones() {
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
    fn a_spread_attack_slows_strangers_but_not_the_owner() {
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
    fn one_network_can_not_try_everybody() {
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
    fn names_that_are_no_handles_have_no_bucket_between_them() {
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
    fn a_clock_put_right_by_two_days_locks_nobody_out() {
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
    fn the_current_password_is_not_guessed_from_an_open_browser() {
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
    fn many_register_at_once_and_nobody_asks_for_addresses_by_the_hundred() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..100 {
            let registering = throttle
                .register(network(1), now)
                .unwrap_or_else(|error| panic!("{n}: {error}"));
            registering.look(now).expect("a look");
            registering.ended(true, false);
        }
        assert!(throttle.register(network(1), now).is_err());
        let mut told = 0;
        for _ in 0..100 {
            if let Ok(registering) = throttle.register(network(2), now) {
                told += u32::from(registering.look(now).is_ok());
                registering.ended(false, true);
            }
        }
        assert_eq!(told, 12);
    }
}
