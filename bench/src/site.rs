//! The measured site: its nodes and users.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use anyhow::Context;
use http_body_util::Full;
use hyper::{Method, Request, body::Bytes, header};
use serde_json::Value;

use crate::{
    http::{Answer, Lane},
    metrics::Buckets,
    process::{Meter, resident},
    server::Servers,
    users::User,
};

/// One server of the site.
pub struct Node {
    pub address: SocketAddr,
    pub authority: String,
    pub origin: String,
    lane: Lane,
}

/// The measured site.
pub struct Site {
    pub nodes: Vec<Node>,
    pub users: Vec<User>,
    /// Known conditions of the site, for the report.
    pub conditions: Vec<(String, String)>,
    addresses: u8,
    pids: Vec<u32>,
    metrics: Vec<(Lane, String)>,
    turn: AtomicUsize,
    servers: Option<Servers>,
}

impl Node {
    pub fn new(address: SocketAddr, authority: String, origin: String) -> Self {
        Self {
            address,
            authority,
            origin,
            lane: Lane::new(address),
        }
    }

    /// The session cookie's header. Behind TLS its name has the `__Host-` prefix.
    pub fn cookie(&self, user: &User) -> String {
        let prefix = if self.origin.starts_with("https://") {
            "__Host-"
        } else {
            ""
        };
        format!("{prefix}artcritique={}", user.cookie)
    }
}

impl Site {
    /// A site of servers started here, which stop when it is dropped.
    pub fn started(
        mut servers: Servers,
        addresses: u8,
        conditions: Vec<(String, String)>,
    ) -> anyhow::Result<Self> {
        let mut nodes = Vec::new();
        for server in &servers.nodes {
            let address = server
                .authority
                .parse()
                .with_context(|| format!("the server's address, {}", server.authority))?;
            nodes.push(Node::new(
                address,
                server.authority.clone(),
                format!("http://{}", server.authority),
            ));
        }
        let pids = servers.nodes.iter().map(|server| server.pid).collect();
        let metrics = servers
            .nodes
            .iter()
            .map(|server| (server.metrics, "/metrics".into()))
            .collect();
        let users = std::mem::take(&mut servers.users);
        let site = Self::running(nodes, users, pids, metrics, addresses, conditions);
        Ok(Self {
            servers: Some(servers),
            ..site
        })
    }

    /// A site that is already running.
    pub fn running(
        nodes: Vec<Node>,
        users: Vec<User>,
        pids: Vec<u32>,
        metrics: Vec<(SocketAddr, String)>,
        addresses: u8,
        conditions: Vec<(String, String)>,
    ) -> Self {
        let metrics = metrics
            .into_iter()
            .map(|(address, path)| (Lane::new(address), path))
            .collect();
        Self {
            nodes,
            users,
            conditions,
            addresses,
            pids,
            metrics,
            turn: AtomicUsize::new(0),
            servers: None,
        }
    }

    /// Sends a GET request as a user. Requests go to the nodes in rotation.
    pub async fn get(&self, user: usize, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, user, path, None).await
    }

    /// Requests a page compressed, as the browser of a user or a guest does.
    pub async fn page(&self, user: Option<usize>, path: &str) -> anyhow::Result<Answer> {
        let node = self.next_node();
        let request = match user {
            Some(user) => self.request(node, Method::GET, user, path)?,
            None => Request::get(path).header(header::HOST, &node.authority),
        };
        let request = request
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_ENCODING, "gzip, deflate, br");
        node.lane.send(request.body(Full::default())?).await
    }

    /// Requests a page as a guest, uncompressed.
    pub async fn bare_page(&self, path: &str) -> anyhow::Result<Answer> {
        let node = self.next_node();
        let request = Request::get(path)
            .header(header::HOST, &node.authority)
            .header(header::ACCEPT, "text/html");
        node.lane.send(request.body(Full::default())?).await
    }

    /// Sends a PUT request as a user.
    pub async fn put(&self, user: usize, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::PUT, user, path, None).await
    }

    /// Posts JSON as a user.
    pub async fn post(&self, user: usize, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(
            Method::POST,
            user,
            path,
            Some(("application/json", body.to_string().into())),
        )
        .await
    }

    /// Sends a request, with an optional body and its content type.
    pub async fn send(
        &self,
        method: Method,
        user: usize,
        path: &str,
        body: Option<(&str, Bytes)>,
    ) -> anyhow::Result<Answer> {
        let node = self.next_node();
        let mut request = self.request(node, method, user, path)?;
        if let Some((kind, _)) = &body {
            request = request.header(header::CONTENT_TYPE, *kind);
        }
        let body = Full::new(body.map(|(_, bytes)| bytes).unwrap_or_default());
        node.lane.send(request.body(body)?).await
    }

    fn next_node(&self) -> &Node {
        &self.nodes[self.turn.fetch_add(1, Relaxed) % self.nodes.len()]
    }

    fn request(
        &self,
        node: &Node,
        method: Method,
        user: usize,
        path: &str,
    ) -> anyhow::Result<hyper::http::request::Builder> {
        let user = self
            .users
            .get(user)
            .context("there are not so many users")?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &node.authority);
        Ok(request
            .header(header::ORIGIN, &node.origin)
            .header(header::COOKIE, node.cookie(user)))
    }

    /// The source address of a socket by index: loopback addresses in rotation, or the system's
    /// choice for a remote site.
    pub fn source(&self, node: &Node, place: usize) -> Option<IpAddr> {
        let last = u8::try_from(place % usize::from(self.addresses)).unwrap_or_default() + 2;
        node.address
            .ip()
            .is_loopback()
            .then(|| Ipv4Addr::new(127, 0, 0, last).into())
    }

    /// Starts measuring processor time.
    pub fn meter(&self) -> anyhow::Result<Meter<'_>> {
        Meter::start(&self.pids)
    }

    /// Resident memory of all servers, in bytes; `None` if their processes are unknown.
    pub fn resident(&self) -> anyhow::Result<Option<u64>> {
        if self.pids.is_empty() {
            return Ok(None);
        }
        self.pids
            .iter()
            .map(|pid| resident(*pid))
            .sum::<anyhow::Result<u64>>()
            .map(Some)
    }

    /// Number of warnings and errors logged by servers started here; `None` for other servers.
    pub fn warnings(&self) -> Option<usize> {
        self.servers.as_ref().map(Servers::warnings)
    }

    /// A histogram summed over all nodes; `None` if no node exposes it.
    pub async fn histogram(&self, name: &str) -> Option<Buckets> {
        let mut all = Buckets::default();
        for (lane, path) in &self.metrics {
            let request = Request::get(path)
                .header(header::HOST, "metrics")
                .body(Full::default())
                .ok()?;
            let answer = lane.send(request).await.ok()?.expect(200).ok()?;
            all.add(&String::from_utf8_lossy(&answer.body), name);
        }
        (!all.is_empty()).then_some(all)
    }
}
