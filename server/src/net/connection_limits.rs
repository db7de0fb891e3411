//! The client address of a request, and the limit on connections per network.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::HeaderMap;
use domain::limits::{Client, Network};
use ipnet::IpNet;

use crate::{
    config::{Config, TrustedHeader},
    net::forwarded,
};

/// Open connections per network; trusted proxies are exempt.
const MAX_CONNECTIONS: usize = 512;

/// Determines client addresses and counts open connections.
#[derive(Clone)]
pub struct ConnectionLimits(Arc<Inner>);

struct Inner {
    proxies: Vec<IpNet>,
    trusted_header: TrustedHeader,
    limited: bool,
    open: Mutex<HashMap<Network, usize>>,
    /// Whether the warning about an untrusted proxy has been logged.
    warned: AtomicBool,
}

impl ConnectionLimits {
    pub fn new(config: &Config, limited: bool) -> Self {
        Self::over(config.trusted_proxies(), config.forwarded_header, limited)
    }

    fn over(proxies: &[IpNet], trusted_header: TrustedHeader, limited: bool) -> Self {
        let proxies = proxies.to_vec();
        Self(Arc::new(Inner {
            proxies,
            trusted_header,
            limited,
            open: Mutex::default(),
            warned: AtomicBool::default(),
        }))
    }

    /// A permit for another connection from this address; `None` if its network is at the limit.
    pub fn admit(&self, peer: IpAddr) -> Option<ConnectionPermit> {
        let network = Network::from(peer);
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if self.0.limited
            && *count >= MAX_CONNECTIONS
            && !forwarded::trusted(peer.to_canonical(), &self.0.proxies)
        {
            return None;
        }
        *count += 1;
        Some(ConnectionPermit {
            limits: self.clone(),
            network,
        })
    }

    /// The client: the peer, or the address that a trusted proxy reports.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let Inner {
            proxies,
            trusted_header,
            limited,
            ..
        } = &*self.0;
        let address = forwarded::client(peer, headers, proxies, *trusted_header);
        if proxies.is_empty()
            && headers.contains_key("x-forwarded-for")
            && !self.0.warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "a request has X-Forwarded-For, but no proxy is trusted: if the site is behind a proxy, list it in ARTCRITIQUE_TRUSTED_PROXIES; \
                 otherwise all of the proxy's clients share one limit"
            );
        }
        Client {
            address,
            throttled: *limited,
        }
    }
}

/// Counts as one open connection until dropped.
pub struct ConnectionPermit {
    limits: ConnectionLimits,
    network: Network,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self
            .limits
            .0
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn connections_per_network_are_limited_until_permits_are_dropped() {
        let limits = ConnectionLimits::over(
            &["10.0.0.0/8".parse().expect("a network")],
            TrustedHeader::Either,
            true,
        );
        for (stranger, neighbour) in [
            ("203.0.113.9", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::ffff:2"),
        ] {
            let permits: Vec<ConnectionPermit> = (0..MAX_CONNECTIONS)
                .filter_map(|_| limits.admit(address(stranger)))
                .collect();
            assert_eq!(permits.len(), MAX_CONNECTIONS);
            assert!(limits.admit(address(neighbour)).is_none());
            assert!(
                limits.admit(address("2001:db8:0:1::1")).is_some(),
                "the next network"
            );
            drop(permits);
            assert!(limits.admit(address(neighbour)).is_some());
        }
        assert!(
            (0..MAX_CONNECTIONS * 2)
                .map(|_| limits.admit(address("10.0.0.1")))
                .collect::<Vec<_>>()
                .iter()
                .all(Option::is_some)
        );
    }

    #[test]
    fn a_trusted_proxy_reports_the_client_address() {
        let limits = ConnectionLimits::over(
            &["10.0.0.0/8".parse().expect("a network")],
            TrustedHeader::Either,
            true,
        );
        let headers = [("x-forwarded-for", "203.0.113.9:1234")].map(|(name, value)| {
            (
                axum::http::HeaderName::from_static(name),
                axum::http::HeaderValue::from_static(value),
            )
        });
        let headers = HeaderMap::from_iter(headers);
        assert_eq!(
            limits.client(address("10.0.0.1"), &headers).address,
            address("203.0.113.9")
        );
        assert_eq!(
            limits.client(address("192.0.2.1"), &headers).address,
            address("192.0.2.1")
        );
    }
}
