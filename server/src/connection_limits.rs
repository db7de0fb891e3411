//! Who is at the other end of a connection, and how many connections one network may have.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use app::actions::Client;
use axum::http::HeaderMap;
use domain::limits::Network;
use ipnet::IpNet;

use crate::{
    config::Config,
    forwarded::{self, Believed},
};

/// Connections one network may have open, unless it is a trusted proxy.
const CONNECTIONS: usize = 512;

/// Knows who is asking, and counts connections.
#[derive(Clone)]
pub struct ConnectionLimits(Arc<Inner>);

struct Inner {
    proxies: Vec<IpNet>,
    believed: Believed,
    limited: bool,
    open: Mutex<HashMap<Network, usize>>,
    /// Whether it was said that a proxy comes that is not trusted.
    warned: AtomicBool,
}

impl ConnectionLimits {
    pub fn new(config: &Config, limited: bool) -> Self {
        Self::over(config.trusted_proxies(), config.forwarded_header, limited)
    }

    fn over(proxies: &[IpNet], believed: Believed, limited: bool) -> Self {
        let proxies = proxies.to_vec();
        Self(Arc::new(Inner {
            proxies,
            believed,
            limited,
            open: Mutex::default(),
            warned: AtomicBool::default(),
        }))
    }

    /// A place for another connection from this address; none if its network has too many.
    pub fn admit(&self, peer: IpAddr) -> Option<ConnectionPermit> {
        let network = Network::from(peer);
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if self.0.limited
            && *count >= CONNECTIONS
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

    /// Who asks: the peer, or whom a trusted proxy names.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let Inner {
            proxies,
            believed,
            limited,
            ..
        } = &*self.0;
        let address = forwarded::client(peer, headers, proxies, *believed);
        if proxies.is_empty()
            && headers.contains_key("x-forwarded-for")
            && !self.0.warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "a request has X-Forwarded-For: if a proxy stands before this site, name it in ARTCRITIQUE_TRUSTED_PROXIES, or all who \
                 come through it share one limit"
            );
        }
        Client {
            address,
            throttled: *limited,
        }
    }
}

/// A connection's place; dropping it makes room for another.
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
    fn a_network_has_so_many_connections_and_gets_them_back() {
        let limits = ConnectionLimits::over(
            &["10.0.0.0/8".parse().expect("a network")],
            Believed::Either,
            true,
        );
        for (stranger, neighbour) in [
            ("203.0.113.9", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::ffff:2"),
        ] {
            let places: Vec<ConnectionPermit> = (0..CONNECTIONS)
                .filter_map(|_| limits.admit(address(stranger)))
                .collect();
            assert_eq!(places.len(), CONNECTIONS);
            assert!(limits.admit(address(neighbour)).is_none());
            assert!(
                limits.admit(address("2001:db8:0:1::1")).is_some(),
                "the next network"
            );
            drop(places);
            assert!(limits.admit(address(neighbour)).is_some());
        }
        assert!(
            (0..CONNECTIONS * 2)
                .map(|_| limits.admit(address("10.0.0.1")))
                .collect::<Vec<_>>()
                .iter()
                .all(Option::is_some)
        );
    }

    #[test]
    fn a_client_is_whom_the_proxy_names() {
        let limits = ConnectionLimits::over(
            &["10.0.0.0/8".parse().expect("a network")],
            Believed::Either,
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
