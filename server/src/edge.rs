//! Who is at the other end of a connection, and how much one address may ask for.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use app::actions::Client;
use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::config::Config;

/// Connections one address may have open, unless it is a trusted proxy.
const CONNECTIONS: usize = 512;
/// Socket handshakes an address may make at once, and how many more it earns each second: enough for an office behind one
/// address to come back together.
const HANDSHAKES: f64 = 400.0;
const HANDSHAKES_PER_SEC: f64 = 20.0;

/// Knows who is asking, and counts connections.
#[derive(Clone)]
pub struct Edge {
    proxies: Arc<[IpNet]>,
    limited: bool,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Edge {
    pub fn new(config: &Config, limited: bool) -> Self {
        Self { proxies: config.trusted_proxies.clone().into(), limited, open: Arc::default() }
    }

    /// A place for another connection from this address; none if it has too many.
    pub fn admit(&self, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_default();
        if self.limited && *count >= CONNECTIONS && !self.trusts(peer) {
            return None;
        }
        *count += 1;
        Some(Place { open: self.open.clone(), peer })
    }

    fn trusts(&self, peer: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&peer))
    }

    /// Who asks: the peer, or, if that is a trusted proxy, the last address in `X-Forwarded-For` that is not one. What a client wrote
    /// there itself stands before that and is not believed.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let mut address = peer.to_canonical();
        if self.trusts(address) {
            let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
            let said: Vec<&str> = said.flat_map(|value| value.split(',')).collect();
            for hop in said.iter().rev() {
                let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
                address = hop.to_canonical();
                if !self.trusts(address) {
                    break;
                }
            }
        }
        Client { address, throttled: self.limited }
    }
}

/// A connection's place; dropping it makes room for another.
pub struct Place {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    peer: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

/// A token bucket for each address.
#[derive(Clone)]
pub struct Allowance {
    burst: f64,
    per_sec: f64,
    buckets: Arc<Mutex<HashMap<IpAddr, (f64, Instant)>>>,
}

impl Allowance {
    /// Buckets kept before the full ones are cleared away.
    const MANY: usize = 10_000;

    /// For opening sockets.
    pub fn of_handshakes() -> Self {
        Self { burst: HANDSHAKES, per_sec: HANDSHAKES_PER_SEC, buckets: Arc::default() }
    }

    /// Whether this address may once more.
    pub fn allow(&self, address: IpAddr) -> bool {
        self.allow_at(address, Instant::now())
    }

    fn allow_at(&self, address: IpAddr, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |tokens: f64, at: Instant| (tokens + self.per_sec * now.duration_since(at).as_secs_f64()).min(self.burst);
        if buckets.len() > Self::MANY {
            buckets.retain(|_, (tokens, at)| filled(*tokens, *at) < self.burst);
        }
        let bucket = buckets.entry(address).or_insert((self.burst, now));
        let tokens = filled(bucket.0, bucket.1);
        let allowed = tokens >= 1.0;
        *bucket = (if allowed { tokens - 1.0 } else { tokens }, now);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn edge(proxies: &[&str]) -> Edge {
        let proxies = proxies.iter().map(|network| network.parse().expect("a network")).collect();
        Edge { proxies, limited: true, open: Arc::default() }
    }

    fn asked_by(edge: &Edge, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("a header"));
        }
        edge.client(peer.parse().expect("an address"), &headers).address.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_as_far_as_it_speaks() {
        let edge = edge(&["10.0.0.0/8", "::1/128"]);
        assert_eq!(asked_by(&edge, "203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "a stranger's word");
        assert_eq!(asked_by(&edge, "10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(asked_by(&edge, "10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(asked_by(&edge, "10.1.2.3", &["1.1.1.1, 198.51.100.1, 10.9.9.9"]), "198.51.100.1", "what it wrote itself");
        assert_eq!(asked_by(&edge, "10.1.2.3", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1", "two headers are one list");
        assert_eq!(asked_by(&edge, "10.1.2.3", &["198.51.100.1, nonsense"]), "10.1.2.3");
        assert_eq!(asked_by(&edge, "::ffff:10.1.2.3", &["198.51.100.1"]), "198.51.100.1", "IPv4 in IPv6");
    }

    #[test]
    fn an_address_has_so_many_connections_and_gets_them_back() {
        let edge = edge(&["10.0.0.0/8"]);
        let (stranger, proxy) = ("203.0.113.9".parse().expect("an address"), "10.0.0.1".parse().expect("an address"));
        let places: Vec<Place> = (0..CONNECTIONS).filter_map(|_| edge.admit(stranger)).collect();
        assert_eq!(places.len(), CONNECTIONS);
        assert!(edge.admit(stranger).is_none());
        assert!((0..CONNECTIONS * 2).map(|_| edge.admit(proxy)).collect::<Vec<_>>().iter().all(Option::is_some));
        drop(places);
        assert!(edge.admit(stranger).is_some());
    }

    #[test]
    fn an_allowance_runs_out_and_fills_up_for_each_address_by_itself() {
        let allowance = Allowance { burst: 3.0, per_sec: 2.0, buckets: Arc::default() };
        let (one, other): (IpAddr, IpAddr) = ("203.0.113.9".parse().expect("one"), "203.0.113.10".parse().expect("another"));
        let start = Instant::now();
        let granted = |address, at| (0..10).filter(|_| allowance.allow_at(address, at)).count();
        assert_eq!(granted(one, start), 3);
        assert_eq!(granted(other, start), 3);
        assert_eq!(granted(one, start + Duration::from_secs(1)), 2);
        assert_eq!(granted(one, start + Duration::from_mins(1)), 3);
    }
}
