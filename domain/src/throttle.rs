//! Slows down guessing without locking out the owner.
//!
//! Failures are counted per address, per account, and per pair of both, over a sliding window. An address that the
//! account is already signed in from is never slowed by what others do to the account (after OWASP's device
//! cookies, with the address in the cookie's place).

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use shared::{AppError, Kind};

const WINDOW_MS: i64 = 15 * 60 * 1_000;
/// Failures within the window before the next try has to wait.
const PER_PAIR: usize = 8;
const PER_ADDRESS: usize = 60;
const PER_ACCOUNT: usize = 40;
/// Keys remembered; past it the oldest are dropped, so that an attack can't fill the memory.
const REMEMBERED: usize = 50_000;

/// Recent failures to sign in, in this process.
#[derive(Clone, Default)]
pub struct Throttle(Arc<Mutex<Failures>>);

#[derive(Default)]
struct Failures {
    pairs: HashMap<(String, IpAddr), Vec<i64>>,
    addresses: HashMap<IpAddr, Vec<i64>>,
    accounts: HashMap<String, Vec<i64>>,
}

fn recent<K: Eq + Hash>(map: &mut HashMap<K, Vec<i64>>, key: &K, now: i64, limit: usize) -> Option<i64> {
    let times = map.get_mut(key)?;
    times.retain(|at| now - at < WINDOW_MS);
    let over = times.len() >= limit;
    over.then(|| times[times.len() - limit] + WINDOW_MS - now)
}

fn note<K: Eq + Hash + Clone>(map: &mut HashMap<K, Vec<i64>>, key: K, now: i64) {
    if map.len() >= REMEMBERED {
        map.retain(|_, times| times.last().is_some_and(|at| now - at < WINDOW_MS));
        if map.len() >= REMEMBERED {
            let oldest = map.iter().min_by_key(|(_, times)| times.last().copied()).map(|(key, _)| key.clone());
            oldest.and_then(|key| map.remove(&key));
        }
    }
    let times = map.entry(key).or_default();
    if times.len() >= PER_ADDRESS {
        times.remove(0);
    }
    times.push(now);
}

impl Throttle {
    /// Begins a try, which counts as failed until [`Self::succeeded`] says otherwise: tries made at once are counted too. `known`
    /// says that the account is signed in from that address already.
    ///
    /// # Errors
    /// [`Kind::Throttled`] with the seconds to wait; such a try is not counted.
    pub fn begin(&self, account: &str, address: IpAddr, known: bool, now: i64) -> Result<(), AppError> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = recent(&mut failures.pairs, &(account.to_owned(), address), now, PER_PAIR);
        let from_address = recent(&mut failures.addresses, &address, now, PER_ADDRESS);
        let of_account = recent(&mut failures.accounts, &account.to_owned(), now, PER_ACCOUNT).filter(|_| !known);
        match pair.max(from_address).max(of_account) {
            None => {
                note(&mut failures.pairs, (account.to_owned(), address), now);
                note(&mut failures.addresses, address, now);
                note(&mut failures.accounts, account.to_owned(), now);
                Ok(())
            }
            Some(wait_ms) => {
                let seconds = u32::try_from(wait_ms / 1_000 + 1).unwrap_or(u32::MAX);
                let minutes = seconds.div_ceil(60);
                let message = format!("Too many tries to sign in. Please wait {minutes} minutes, then try again.");
                Err(AppError { retry_after: Some(seconds), ..AppError::new(Kind::Throttled, message) })
            }
        }
    }

    /// The password was right: this pair's failures are forgotten, and the try itself counts nowhere.
    pub fn succeeded(&self, account: &str, address: IpAddr) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.pairs.remove(&(account.to_owned(), address));
        failures.addresses.get_mut(&address).and_then(Vec::pop);
        failures.accounts.get_mut(account).and_then(Vec::pop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn guessing_one_account_from_one_address_is_slowed_then_forgotten() {
        let throttle = Throttle::default();
        for at in 0..8 {
            assert!(throttle.begin("ann", address(1), false, at).is_ok());
        }
        let error = throttle.begin("ann", address(1), false, 8).expect_err("slowed");
        assert_eq!((error.kind, error.retry_after), (Kind::Throttled, Some(900)));
        assert!(throttle.begin("bo", address(1), false, 8).is_ok());
        assert!(throttle.begin("ann", address(1), false, WINDOW_MS + 1).is_ok());
    }

    #[test]
    fn a_spread_attack_slows_strangers_but_not_the_owner() {
        let throttle = Throttle::default();
        for n in 0..40 {
            throttle.begin("ann", address(n), false, 0).expect("a first try");
        }
        assert!(throttle.begin("ann", address(99), false, 1).is_err());
        assert!(throttle.begin("ann", address(99), true, 1).is_ok());
    }

    #[test]
    fn one_address_can_not_try_everybody() {
        let throttle = Throttle::default();
        for n in 0..60 {
            throttle.begin(&format!("user{n}"), address(1), false, 0).expect("a first try");
        }
        assert!(throttle.begin("another", address(1), true, 1).is_err());
        assert!(throttle.begin("another", address(2), false, 1).is_ok());
    }
}
