//! Many sockets at once, each following an inbox.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use shared::dto::InboxPage;
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

/// How long a gap may stay open before what is missing is fetched: the client's rule.
const GAP: Duration = Duration::from_millis(500);
/// How long one who finds no connection goes on trying, and how long it waits between tries.
const PERSISTENCE: Duration = Duration::from_mins(1);
const RETRY: Duration = Duration::from_millis(500);
/// Inboxes read at once for comparison.
const READERS: usize = 32;

/// Open sockets.
pub struct Fleet {
    members: Vec<JoinHandle<Follower>>,
    cut: watch::Sender<bool>,
    board: Arc<Board>,
}

/// What the sockets count for all: permits, so that one can wait for so many.
struct Board {
    /// Handshakes that may begin.
    gate: Semaphore,
    /// Sockets that had their hello, or gave up.
    settled: Semaphore,
    /// Those that gave up.
    lost: AtomicUsize,
    /// Acts heard of.
    news: Semaphore,
}

impl Fleet {
    /// Opens a socket for each follower, so many at once, and waits until all have had their hello.
    ///
    /// # Errors
    /// When one is refused.
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

    /// Waits until all sockets together have heard of so many acts; whether they have in time.
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

    /// Cuts all connections at once, without a word.
    pub async fn cut(self) -> anyhow::Result<Vec<Follower>> {
        self.cut.send_replace(true);
        let mut followers = Vec::with_capacity(self.members.len());
        for member in self.members {
            followers.push(member.await?);
        }
        Ok(followers)
    }

    /// Ends it, with each inbox held against what REST tells.
    pub async fn check(self, site: &Site) -> anyhow::Result<Vec<Follower>> {
        let compared = stream::iter(self.cut().await?).map(async |mut follower| {
            let answer = site
                .get(follower.user, "/api/notifications?limit=100")
                .await?
                .expect(200)?;
            follower.compare(&answer.json::<InboxPage>()?);
            anyhow::Ok(follower)
        });
        let compared: Vec<_> = compared.buffer_unordered(READERS).collect().await;
        compared.into_iter().collect()
    }
}

/// Opens a socket and follows it until it is cut.
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

/// Shakes hands until it has had its hello.
async fn greet(site: &Site, follower: &mut Follower) -> Result<Socket, Fault> {
    let node = &site.nodes[follower.place % site.nodes.len()];
    let (source, until) = (
        site.source(node, follower.place),
        Instant::now() + PERSISTENCE,
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
        sleep(RETRY).await;
    }
}

/// Takes in frames until the socket ends, and says why it did.
async fn follow(site: &Site, board: &Board, follower: &mut Follower, mut socket: Socket) -> Fault {
    let mut patience = None;
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
            () = sleep_until(patience.unwrap_or_else(tokio::time::Instant::now)), if patience.is_some() => {
                if let Some(page) = fetch(site, follower).await {
                    board.news.add_permits(follower.catch_up(page, Instant::now()));
                }
                patience = None;
            }
        }
        patience = if follower.behind() {
            patience.or_else(|| Some(tokio::time::Instant::now() + GAP))
        } else {
            None
        };
    }
}

/// All that changed since; nothing if the server has no answer now.
async fn fetch(site: &Site, follower: &Follower) -> Option<InboxPage> {
    let path = format!("/api/notifications?after={}", follower.cursor()?);
    site.get(follower.user, &path)
        .await
        .ok()?
        .expect(200)
        .ok()?
        .json()
        .ok()
}
