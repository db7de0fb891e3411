//! Limits password guessing without locking out the account's owner: successful attempts cost
//! nothing. The same holds for tokens.
//!
//! Sign-in attempts are counted per network, per account, and per pair of both. A network that the
//! account is already signed in from is exempt from the per-account limit, so attacks from other
//! networks don't lock it out (after OWASP's device cookies, with the network in the cookie's
//! place). A name that can't be a handle counts towards its network's limit only. Limits that don't
//! depend on the outcome are in [`crate::limits`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use shared::{AppError, UserId};

use crate::{
    limits::{Buckets, Network, Rate, too_often},
    session_key::SessionKey,
};

/// The time in which an exhausted guessing limit refills.
const WINDOW: Duration = Duration::from_mins(15);

/// A burst of `tries` that refills within the window.
const fn within_window(tries: u32) -> Rate {
    Rate::new(tries, WINDOW.checked_div(tries).expect("some tries"))
}

const SIGN_IN_PER_PAIR: Rate = within_window(8);
const SIGN_IN_PER_NETWORK: Rate = within_window(60);
const SIGN_IN_PER_ACCOUNT: Rate = within_window(40);
/// Attempts at the current password by a signed-in user.
const PASSWORD_PER_SESSION: Rate = within_window(8);
const PASSWORD_PER_ACCOUNT: Rate = within_window(24);
/// Tokens of a network that are malformed, unknown, expired or revoked.
const REFUSED_TOKENS: Rate = within_window(60);
/// New accounts per network: a burst for several school classes, then two a minute.
const REGISTRATIONS: Rate = Rate::new(100, Duration::from_secs(30));
/// Responses per network that say that an e-mail address is taken: each reveals whether a person
/// has an account.
const TAKEN_ADDRESSES: Rate = Rate::new(12, Duration::from_mins(2));

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    SignInPair(Box<str>, Network),
    SignInNetwork(Network),
    SignInAccount(Box<str>),
    CurrentOfSession(SessionKey),
    CurrentOfAccount(UserId),
    RefusedTokens(Network),
    Accounts(Network),
    ToldOfAddress(Network),
}

/// Recent attempts, in this process.
#[derive(Clone, Default)]
pub struct Throttle(Arc<Buckets<Key>>);

/// An attempt in progress. It counts as failed until [`Self::succeeded`], so concurrent attempts
/// are counted too.
pub struct Try<'a> {
    throttle: &'a Throttle,
    counted: Vec<(Key, Rate)>,
}

impl Try<'_> {
    /// Forgets the failures of this account and network, or of this session, and refunds the other
    /// limits for this attempt.
    pub fn succeeded(self) {
        for (key, rate) in self.counted {
            match key {
                Key::SignInPair(..) | Key::CurrentOfSession(_) => self.throttle.0.fill(&key),
                _ => self.throttle.0.give_back(&key, rate),
            }
        }
    }
}

/// A registration in progress.
pub struct Registering<'a> {
    throttle: &'a Throttle,
    network: Network,
}

impl Registering<'_> {
    /// Counts a check of whether the e-mail address is taken. Call it right before the check, so
    /// that a registration that still waits for its hash holds none of these few tokens.
    ///
    /// # Errors
    /// As [`Throttle::register`].
    pub fn check(&self, now: Instant) -> Result<(), AppError> {
        let check = self
            .throttle
            .0
            .spend(&Key::ToldOfAddress(self.network), TAKEN_ADDRESSES, now);
        check.map(drop).map_err(|wait| {
            self.throttle
                .0
                .give_back(&Key::Accounts(self.network), REGISTRATIONS);
            many_registrations(wait)
        })
    }

    /// Records the outcome: `made` if an account was created, `told` if the response said that the
    /// e-mail address is taken. Refunds the limits that don't apply.
    pub fn ended(self, made: bool, told: bool) {
        if !made {
            self.throttle
                .0
                .give_back(&Key::Accounts(self.network), REGISTRATIONS);
        }
        if !told {
            self.throttle
                .0
                .give_back(&Key::ToldOfAddress(self.network), TAKEN_ADDRESSES);
        }
    }
}

impl Throttle {
    /// Takes a token from each of these buckets, or from none.
    fn spend(&self, counted: Vec<(Key, Rate)>, now: Instant) -> Result<Try<'_>, Duration> {
        let refused = counted
            .iter()
            .filter_map(|(key, rate)| self.0.check(key, *rate, now).err())
            .max();
        if let Some(wait) = refused {
            return Err(wait);
        }
        for (n, (key, rate)) in counted.iter().enumerate() {
            if let Err(wait) = self.0.spend(key, *rate, now) {
                // A concurrent attempt took the last token.
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

    /// Starts a sign-in attempt. `account` is the handle's key, if the name can be a handle;
    /// `known` says that the account is already signed in from that network.
    ///
    /// # Errors
    /// [`shared::Kind::Throttled`] with the seconds to wait; a rejected attempt is not counted.
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
        self.spend(counted, now)
            .map_err(|wait| too_often("sign-in-attempts", wait))
    }

    /// Starts an attempt at the current password by a signed-in user: prevents guessing from an
    /// unattended browser.
    ///
    /// # Errors
    /// As [`Self::sign_in`].
    pub fn current_password(
        &self,
        user: UserId,
        session: Option<&SessionKey>,
        now: Instant,
    ) -> Result<Try<'_>, AppError> {
        let mut counted = vec![(Key::CurrentOfAccount(user), PASSWORD_PER_ACCOUNT)];
        counted.extend(
            session.map(|session| (Key::CurrentOfSession(session.clone()), PASSWORD_PER_SESSION)),
        );
        self.spend(counted, now)
            .map_err(|wait| too_often("password-attempts", wait))
    }

    /// Checks that the network has not brought too many refused tokens. A token can't be guessed;
    /// the limit keeps programs with a wrong one from costing a query each time.
    ///
    /// # Errors
    /// [`shared::Kind::Throttled`] with the seconds to wait.
    pub fn check_tokens(&self, network: Network, now: Instant) -> Result<(), AppError> {
        self.0
            .check(&Key::RefusedTokens(network), REFUSED_TOKENS, now)
            .map(drop)
            .map_err(|wait| too_often("network-tokens", wait))
    }

    /// Counts a refused token.
    pub fn count_refused_token(&self, network: Network, now: Instant) {
        // An empty bucket needs no further token taken.
        let _ = self
            .0
            .spend(&Key::RefusedTokens(network), REFUSED_TOKENS, now);
    }

    /// Starts a registration.
    ///
    /// # Errors
    /// [`shared::Kind::Throttled`] with the seconds to wait, if the network has created too many
    /// accounts or received too many answers that an e-mail address is taken.
    pub fn register(&self, network: Network, now: Instant) -> Result<Registering<'_>, AppError> {
        let told = self
            .0
            .check(&Key::ToldOfAddress(network), TAKEN_ADDRESSES, now);
        told.and_then(|()| self.0.spend(&Key::Accounts(network), REGISTRATIONS, now))
            .map_err(many_registrations)?;
        Ok(Registering {
            throttle: self,
            network,
        })
    }
}

fn many_registrations(wait: Duration) -> AppError {
    too_often("network-registrations", wait)
}

#[cfg(test)]
mod tests;
