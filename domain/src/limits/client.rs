use std::net::IpAddr;

use crate::limits::Network;

/// The client that sent a request.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// The IP address, shown in the session list.
    pub address: IpAddr,
    /// Whether rate limits apply.
    pub throttled: bool,
}

impl Client {
    /// The network that rate limits count by.
    pub fn network(self) -> Network {
        self.address.into()
    }

    /// The network that rate limits count by; `None` if rate limits are off.
    pub fn counted(self) -> Option<Network> {
        self.throttled.then(|| self.network())
    }
}
