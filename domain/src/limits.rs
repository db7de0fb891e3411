//! Rate limits per account, per token and per network: a token bucket for each [`Act`] (see
//! [`Buckets`]), in this process.
//!
//! The rates are far above normal use: a fast typist, an office behind one address and a class that
//! registers together stay below them. Limits that depend on the outcome, such as those on
//! passwords, are in [`crate::limits::throttle`].

mod buckets;
mod client;
pub mod throttle;

use std::{
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

pub use buckets::{Buckets, Left, Rate};
pub use client::Client;
use shared::{AppError, Kind, Phrase, UserId};

use crate::credential::TokenKey;

/// The network that a request is counted by: an IPv4 address, or the /64 of an IPv6 address, which
/// one household or machine commonly has to itself (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl Network {
    /// The network's first address, which represents it.
    pub const fn address(self) -> IpAddr {
        self.0
    }
}

/// An action with its own rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Posting a critique.
    Critique,
    /// Posting an artwork.
    Upload,
    /// Marking a critique as helpful, or removing the mark.
    Helpful,
    /// Following or unfollowing an artist.
    Follow,
    /// Editing one's own post.
    Edit,
    /// Deleting one's own post.
    Delete,
    /// Marking notifications, which pages also do without user action.
    Mark,
    /// Registering, whatever the outcome; per network only.
    Register,
    /// Signing in, whatever the outcome; per network only.
    SignIn,
    /// Asking for a link by mail, and using one; per network only.
    Recover,
    /// Opening a socket; per network only.
    Socket,
    /// Any other change.
    Other,
}

/// A network's limit as a multiple of an account's, since a whole office shares one address.
const NETWORK_MULTIPLE: u32 = 25;

impl Act {
    /// The act's name in `RateLimit` headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critique => "critique",
            Self::Upload => "upload",
            Self::Helpful => "helpful",
            Self::Follow => "follow",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Mark => "mark",
            Self::Register => "register",
            Self::SignIn => "sign-in",
            Self::Recover => "recover",
            Self::Socket => "socket",
            Self::Other => "other",
        }
    }

    /// The limit per account, if the act is counted by account.
    const fn of_account(self) -> Option<Rate> {
        match self {
            Self::Critique => Some(Rate::new(200, Duration::from_millis(1_500))),
            Self::Upload => Some(Rate::new(60, Duration::from_secs(15))),
            Self::Follow | Self::Delete => Some(Rate::new(100, Duration::from_secs(1))),
            Self::Edit => Some(Rate::new(300, Duration::from_millis(500))),
            Self::Helpful => Some(Rate::new(200, Duration::from_millis(500))),
            Self::Mark => Some(Rate::new(1_000, Duration::from_millis(40))),
            Self::Other => Some(Rate::new(300, Duration::from_millis(200))),
            Self::Register | Self::SignIn | Self::Recover | Self::Socket => None,
        }
    }

    /// The limit per network.
    const fn of_network(self) -> Rate {
        match (self, self.of_account()) {
            (_, Some(rate)) => rate.times(NETWORK_MULTIPLE),
            // A class of thirty, each of whom mistypes a few times.
            (Self::Register, None) => Rate::new(200, Duration::from_secs(4)),
            // Each may cause a mail, and a wrong address is typed again.
            (Self::Recover, None) => Rate::new(60, Duration::from_secs(10)),
            (Self::Socket, None) => Rate::new(400, Duration::from_millis(50)),
            (_, None) => Rate::new(300, Duration::from_millis(500)),
        }
    }

    /// The code of the error over this limit.
    const fn code(self, by_network: bool) -> &'static str {
        match self {
            Self::Register => "network-registrations",
            Self::SignIn => "network-sign-ins",
            Self::Socket => "network-sockets",
            _ if by_network => "network-too-fast",
            Self::Critique => "too-fast-critiques",
            Self::Upload => "too-fast-uploads",
            _ => "too-fast",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Subject {
    Account(UserId),
    Token(TokenKey),
    Network(Network),
}

/// The state of a bucket after an act was counted.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// The bucket's capacity and refill rate.
    pub rate: Rate,
    /// What remains in it.
    pub left: Left,
}

/// The token buckets of all accounts and networks, in this process.
#[derive(Default)]
pub struct Limits(Buckets<(Act, Subject)>);

impl Limits {
    /// Counts an act against its network and, if there are any, its account and its token. A token
    /// has half of its account's rate, so that a program that runs wild leaves its owner's browser
    /// the other half. Returns the state of the narrowest bucket.
    ///
    /// # Errors
    /// [`Kind::Throttled`] with the seconds to wait; a rejected act is not counted.
    pub fn spend(
        &self,
        act: Act,
        account: Option<UserId>,
        token: Option<&TokenKey>,
        network: Network,
        now: Instant,
    ) -> Result<Spent, AppError> {
        let of_token = token.cloned().map(Subject::Token);
        let counted = [
            (of_token, act.of_account().map(Rate::halved)),
            (account.map(Subject::Account), act.of_account()),
            (Some(Subject::Network(network)), Some(act.of_network())),
        ];
        let mut narrowest: Option<Spent> = None;
        let mut taken: Vec<((Act, Subject), Rate)> = Vec::with_capacity(counted.len());
        for (subject, rate) in counted {
            let (Some(subject), Some(rate)) = (subject, rate) else {
                continue;
            };
            let by_network = matches!(subject, Subject::Network(_));
            let key = (act, subject);
            match self.0.spend(&key, rate, now) {
                Ok(left) => {
                    if narrowest
                        .as_ref()
                        .is_none_or(|narrowest| left.tokens < narrowest.left.tokens)
                    {
                        narrowest = Some(Spent { rate, left });
                    }
                    taken.push((key, rate));
                }
                Err(wait) => {
                    for (key, rate) in taken {
                        self.0.give_back(&key, rate);
                    }
                    return Err(too_often(act.code(by_network), wait));
                }
            }
        }
        // Every act is counted by its network at least.
        narrowest.ok_or_else(|| AppError::new(Kind::Internal, "internal"))
    }
}

/// The wait in whole seconds, rounded up, at least 1.
pub(crate) fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000))
        .unwrap_or(u32::MAX)
        .max(1)
}

/// The error for a request over a rate limit: a sentence with the wait, in seconds up to 90, else
/// in minutes.
pub(crate) fn too_often(code: &'static str, wait: Duration) -> AppError {
    let seconds = seconds(wait);
    let (wait, unit) = if seconds <= 90 {
        (seconds, "seconds")
    } else {
        (seconds.div_ceil(60), "minutes")
    };
    let phrase = Phrase::new(code).with("wait", wait).with("unit", unit);
    AppError::new(Kind::Throttled, phrase).retry_in(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        address.parse::<IpAddr>().expect("an address").into()
    }

    fn granted(
        limits: &Limits,
        act: Act,
        account: Option<i64>,
        network: Network,
        tries: usize,
    ) -> usize {
        let now = Instant::now();
        (0..tries)
            .filter(|_| {
                limits
                    .spend(act, account.map(UserId), None, network, now)
                    .is_ok()
            })
            .count()
    }

    #[test]
    fn ipv6_is_counted_per_slash_64_and_ipv4_per_address() {
        assert_eq!(
            network("2001:db8:1:2::1"),
            network("2001:db8:1:2:ffff:ffff:ffff:ffff")
        );
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }

    #[test]
    fn account_limit_does_not_affect_other_accounts_of_its_network() {
        let (limits, office) = (Limits::default(), network("192.0.2.1"));
        assert_eq!(granted(&limits, Act::Critique, Some(1), office, 1_000), 200);
        assert_eq!(granted(&limits, Act::Critique, Some(2), office, 20), 20);
        assert_eq!(
            granted(&limits, Act::Helpful, Some(1), office, 20),
            20,
            "each act by itself"
        );
        assert_eq!(
            granted(&limits, Act::Critique, Some(1), network("192.0.2.2"), 1),
            0,
            "wherever it is"
        );
    }

    #[test]
    fn network_limit_covers_all_its_accounts_and_costs_the_account_nothing() {
        let (limits, one) = (Limits::default(), network("2001:db8::1"));
        let all: usize = (0..100)
            .map(|account| granted(&limits, Act::Upload, Some(account), one, 60))
            .sum();
        assert_eq!(all, 60 * 25);
        assert_eq!(
            granted(&limits, Act::Upload, Some(99), network("192.0.2.2"), 100),
            60
        );
    }

    #[test]
    fn the_answer_names_the_bucket_with_the_fewest_tokens() {
        let (limits, home, now) = (Limits::default(), network("192.0.2.1"), Instant::now());
        let token = TokenKey::of("a");
        let spend = |token: Option<&TokenKey>| {
            limits
                .spend(Act::Critique, Some(UserId(1)), token, home, now)
                .expect("within all limits")
        };
        let account = Act::Critique.of_account().expect("counted by account");
        assert_eq!(spend(Some(&token)).rate, account.halved());
        for _ in 0..150 {
            spend(None);
        }
        let spent = spend(Some(&token));
        assert_eq!((spent.rate, spent.left.tokens), (account, 200 - 152));
    }

    #[test]
    fn a_token_may_use_half_of_its_accounts_limit() {
        let (limits, home, now) = (Limits::default(), network("192.0.2.1"), Instant::now());
        let posted = |token: Option<&str>| {
            let token = token.map(TokenKey::of);
            let spend = |_: &usize| {
                limits
                    .spend(Act::Critique, Some(UserId(1)), token.as_ref(), home, now)
                    .is_ok()
            };
            (0..150).filter(spend).count()
        };
        assert_eq!(posted(Some("a")), 100);
        assert_eq!(posted(None), 100, "the browser has the other half");
        assert_eq!(posted(Some("b")), 0, "another token adds nothing");
    }

    #[test]
    fn registration_limit_admits_a_school_class_but_not_a_script() {
        let (limits, school) = (Limits::default(), network("192.0.2.1"));
        assert_eq!(granted(&limits, Act::Register, None, school, 90), 90);
        assert!(granted(&limits, Act::Register, None, school, 1_000) < 150);
    }

    #[test]
    fn every_limit_has_its_sentence() {
        for act in [
            Act::Critique,
            Act::Upload,
            Act::Helpful,
            Act::Register,
            Act::SignIn,
            Act::Recover,
            Act::Socket,
            Act::Other,
        ] {
            for by_network in [false, true] {
                let error = too_often(act.code(by_network), Duration::from_secs(7));
                let said = words::shown(&error, words::Locale::En).message;
                assert!(
                    words::known(&error) && said.contains("wait 7 seconds"),
                    "{said}"
                );
            }
        }
    }

    #[test]
    fn rejection_says_how_long_to_wait() {
        let (limits, home) = (Limits::default(), network("192.0.2.1"));
        granted(&limits, Act::Critique, Some(1), home, 200);
        let refused = limits
            .spend(Act::Critique, Some(UserId(1)), None, home, Instant::now())
            .expect_err("too many");
        assert_eq!(refused.kind, Kind::Throttled);
        let waits = |n: u32, unit: &str| {
            Phrase::new("too-fast-critiques")
                .with("wait", n)
                .with("unit", unit)
        };
        assert_eq!(refused.phrase, waits(2, "seconds"));
        assert_eq!(refused.retry_after, Some(2));
        for (millis, n, unit) in [
            (1, 1, "seconds"),
            (1_001, 2, "seconds"),
            (90_000, 90, "seconds"),
            (90_001, 2, "minutes"),
        ] {
            let told = too_often("too-fast-critiques", Duration::from_millis(millis));
            assert_eq!(told.phrase, waits(n, unit));
        }
    }
}
