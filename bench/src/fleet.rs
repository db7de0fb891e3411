//! Many concurrent sockets, each following an inbox.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use shared::{dto::InboxPage, paths};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::{sleep, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    fault::Fault,
    follower::{Follower, Heard},
    site::Site,
    socket::{self, Refusal, Socket},
};

/// How long a gap may last before the missing changes are fetched: the client's rule.
const GAP_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a follower keeps trying to connect, and the delay between attempts.
const CONNECT_TIMEOUT: Duration = Duration::from_mins(1);
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// Concurrent reads of inboxes for comparison.
const CONCURRENT_READS: usize = 32;

/// Open sockets.
pub struct Fleet {
    members: Vec<JoinHandle<Follower>>,
    cut: watch::Sender<bool>,
    board: Arc<Board>,
}

/// Shared counters, as semaphore permits so that a task can wait for a total.
struct Board {
    /// Permits for handshakes.
    gate: Semaphore,
    /// Sockets that received their hello or gave up.
    settled: Semaphore,
    /// Sockets that gave up.
    lost: AtomicUsize,
    /// Writes announced to any socket.
    news: Semaphore,
}

impl Fleet {
    /// Opens a socket for each follower, `at_once` handshakes at a time, and waits until all have
    /// received their hello.
    ///
    /// # Errors
    /// When a socket is refused.
    pub async fn open(
        site: &Arc<Site>,
        followers: Vec<Follower>,
        at_once: usize,
    ) -> anyhow::Result<Self> {
        let board = Arc::new(Board {
            gate: Semaphore::new(at_once),
            settled: Semaphore::new(0),
            lost: AtomicUsize::new(0),
            news: Semaphore::new(0),
        });
        let (cut, was_cut) = watch::channel(false);
        let count = u32::try_from(followers.len())?;
        let member =
            |follower| tokio::spawn(live(site.clone(), board.clone(), follower, was_cut.clone()));
        let members = followers.into_iter().map(member).collect();
        let fleet = Self {
            members,
            cut,
            board,
        };
        fleet.board.settled.acquire_many(count).await?.forget();
        if fleet.board.lost.load(Relaxed) > 0 {
            let followers = fleet.cut().await?;
            let lost = followers
                .iter()
                .find_map(|follower| Some((follower, follower.faults.first()?)));
            let (follower, fault) = lost.context("a socket ended")?;
            bail!("@{}: {fault}", site.users[follower.user].handle);
        }
        Ok(fleet)
    }

    /// Waits until all sockets together have been told of `count` writes; false on timeout.
    pub async fn hears(&self, count: usize, patience: Duration) -> bool {
        let Ok(count) = u32::try_from(count) else {
            return false;
        };
        match timeout(patience, self.board.news.acquire_many(count)).await {
            Ok(Ok(permit)) => {
                permit.forget();
                true
            }
            _ => false,
        }
    }

    /// Closes all connections at once, without a close frame.
    pub async fn cut(self) -> anyhow::Result<Vec<Follower>> {
        self.cut.send_replace(true);
        let mut followers = Vec::with_capacity(self.members.len());
        for member in self.members {
            followers.push(member.await?);
        }
        Ok(followers)
    }

    /// Closes the fleet and compares each inbox with REST.
    pub async fn check(self, site: &Site) -> anyhow::Result<Vec<Follower>> {
        let compared = stream::iter(self.cut().await?).map(async |mut follower| {
            let answer = site
                .get(follower.user, &paths::api::notifications(100))
                .await?
                .expect(200)?;
            follower.compare(&answer.json::<InboxPage>()?);
            anyhow::Ok(follower)
        });
        let compared: Vec<_> = compared.buffer_unordered(CONCURRENT_READS).collect().await;
        compared.into_iter().collect()
    }
}

/// Opens a socket and follows it until the fleet is cut.
async fn live(
    site: Arc<Site>,
    board: Arc<Board>,
    mut follower: Follower,
    mut cut: watch::Receiver<bool>,
) -> Follower {
    let greeted = {
        let _permit = board.gate.acquire().await;
        greet(&site, &mut follower).await
    };
    let socket = match greeted {
        Ok(socket) => socket,
        Err(fault) => {
            follower.faults.push(fault);
            board.lost.fetch_add(1, Relaxed);
            board.settled.add_permits(1);
            return follower;
        }
    };
    board.settled.add_permits(1);
    tokio::select! {
        _ = cut.wait_for(|cut| *cut) => {}
        fault = follow(&site, &board, &mut follower, socket) => follower.faults.push(fault),
    }
    follower
}

/// Retries the handshake until the hello arrives.
async fn greet(site: &Site, follower: &mut Follower) -> Result<Socket, Fault> {
    let node = &site.nodes[follower.place % site.nodes.len()];
    let (source, until) = (
        site.source(node, follower.place),
        Instant::now() + CONNECT_TIMEOUT,
    );
    loop {
        let refusal =
            match socket::open(node, source, &site.users[follower.user], follower.cursor()).await {
                Ok(mut socket) => match socket.next().await {
                    Some(Ok(Message::Text(text)))
                        if follower.hear(&text, Instant::now()) == Heard::Hello =>
                    {
                        return Ok(socket);
                    }
                    Some(Ok(Message::Close(frame))) => {
                        return Err(Fault::Closed(frame.map(|frame| frame.code.into())));
                    }
                    _ => Refusal::Lost(anyhow::anyhow!("it ended without a hello")),
                },
                Err(refusal) => refusal,
            };
        if matches!(refusal, Refusal::Status(_)) || Instant::now() > until {
            return Err(Fault::Refused(refusal.to_string()));
        }
        follower.retries += 1;
        sleep(RETRY_DELAY).await;
    }
}

/// Processes frames until the socket ends; returns the reason.
async fn follow(site: &Site, board: &Board, follower: &mut Follower, mut socket: Socket) -> Fault {
    let mut fetch_at = None;
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if follower.hear(&text, Instant::now()) == Heard::News {
                        board.news.add_permits(1);
                    }
                }
                Some(Ok(Message::Close(frame))) => return Fault::Closed(frame.map(|frame| frame.code.into())),
                None | Some(Err(_)) => return Fault::Closed(None),
                Some(Ok(_)) => {}
            },
            () = sleep_until(fetch_at.unwrap_or_else(tokio::time::Instant::now)), if fetch_at.is_some() => {
                if let Some(page) = fetch(site, follower).await {
                    board.news.add_permits(follower.catch_up(page, Instant::now()));
                }
                fetch_at = None;
            }
        }
        fetch_at = if follower.behind() {
            fetch_at.or_else(|| Some(tokio::time::Instant::now() + GAP_TIMEOUT))
        } else {
            None
        };
    }
}

/// All changes after the follower's cursor; `None` if the request fails.
async fn fetch(site: &Site, follower: &Follower) -> Option<InboxPage> {
    let path = paths::api::notifications_after(follower.cursor()?);
    site.get(follower.user, &path)
        .await
        .ok()?
        .expect(200)
        .ok()?
        .json()
        .ok()
}
