//! The clients of the torture test: writers, followers, and a record of what was acknowledged.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use shared::{
    ArtworkId, CritiqueId, NotificationId,
    dto::{ArtworkCard, Critique},
    live::{Applied, Inbox, ServerFrame},
};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::PEOPLE;
use crate::person::Person;

/// Number of critiques after which another work is posted.
const FULL: usize = 500;
/// Time limit for a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// What the clients know about the outcomes of their requests.
#[derive(Default)]
pub struct Record {
    pub posted: Mutex<BTreeMap<CritiqueId, ArtworkId>>,
    /// All works; the newest ones receive critiques.
    pub works: Mutex<Vec<ArtworkId>>,
    /// Critiques whose deletion was requested, acknowledged or not.
    pub deleted: Mutex<HashSet<CritiqueId>>,
    pub refused: AtomicUsize,
    pub over: AtomicBool,
}

impl Record {
    fn over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// A random one of the newest works.
    fn work(&self, dice: &mut StdRng) -> ArtworkId {
        let works = self.works.lock().expect("unpoisoned");
        works[works.len().saturating_sub(PEOPLE)..]
            .choose(dice)
            .copied()
            .expect("a work")
    }

    /// Whether this work is one of the newest and has just reached [`FULL`] critiques.
    fn full(&self, work: ArtworkId) -> bool {
        let newest = self
            .works
            .lock()
            .expect("unpoisoned")
            .iter()
            .rev()
            .take(PEOPLE)
            .any(|newest| *newest == work);
        newest
            && self
                .posted
                .lock()
                .expect("unpoisoned")
                .values()
                .filter(|on| **on == work)
                .count()
                == FULL
    }
}

/// Performs random actions at random nodes until the test is over; failed requests are counted.
pub async fn act(browsers: Arc<[Person]>, record: Arc<Record>, mut dice: StdRng) {
    let mut own: Vec<CritiqueId> = Vec::new();
    while !record.over() {
        sleep(Duration::from_millis(dice.random_range(5..60))).await;
        let browser = browsers.choose(&mut dice).expect("a node");
        let done = match dice.random_range(0..10) {
            0..=4 => {
                let work = record.work(&mut dice);
                let request = browser.request(
                    reqwest::Method::POST,
                    &format!("/api/artworks/{work}/critiques"),
                );
                let posted = answer::<Critique>(
                    request.json(&json!({ "body": format!("Words {}.", dice.random::<u32>()) })),
                    201,
                )
                .await;
                if let Some(critique) = &posted {
                    record
                        .posted
                        .lock()
                        .expect("unpoisoned")
                        .insert(critique.id, work);
                    own.push(critique.id);
                    if record.full(work)
                        && let Some(work) =
                            answer::<ArtworkCard>(browser.upload_request("Another work"), 201).await
                    {
                        record.works.lock().expect("unpoisoned").push(work.id);
                    }
                }
                posted.is_some()
            }
            5..=7 => {
                let of_others: Vec<CritiqueId> = record
                    .posted
                    .lock()
                    .expect("unpoisoned")
                    .keys()
                    .copied()
                    .filter(|id| !own.contains(id))
                    .collect();
                let Some(id) = of_others.choose(&mut dice) else {
                    continue;
                };
                let method = if dice.random_bool(0.7) {
                    reqwest::Method::PUT
                } else {
                    reqwest::Method::DELETE
                };
                told(browser.request(method, &format!("/api/critiques/{id}/helpful"))).await
            }
            8 => {
                let read = browser.request(reqwest::Method::POST, "/api/notifications/read");
                let Some(page) = answer::<shared::dto::InboxPage>(
                    browser.request(reqwest::Method::GET, "/api/notifications"),
                    200,
                )
                .await
                else {
                    continue;
                };
                let ids: Vec<NotificationId> =
                    page.items.iter().take(3).map(|item| item.id).collect();
                told(read.json(&json!({ "ids": ids }))).await
            }
            _ => {
                if own.is_empty() {
                    continue;
                }
                let id = own.swap_remove(dice.random_range(0..own.len()));
                record.deleted.lock().expect("unpoisoned").insert(id);
                told(browser.request(reqwest::Method::DELETE, &format!("/api/critiques/{id}")))
                    .await
            }
        };
        if !done {
            record.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn answer<T: serde::de::DeserializeOwned>(
    request: reqwest::RequestBuilder,
    status: u16,
) -> Option<T> {
    let response = request.timeout(REQUEST_TIMEOUT).send().await.ok()?;
    if response.status() != status {
        return None;
    }
    response.json().await.ok()
}

async fn told(request: reqwest::RequestBuilder) -> bool {
    request
        .timeout(REQUEST_TIMEOUT)
        .send()
        .await
        .is_ok_and(|response| response.status().is_success() || response.status() == 404)
}

/// A client's inbox across all its sockets.
pub struct Follower {
    pub inbox: Inbox,
    pub announced: Vec<NotificationId>,
    pub sockets: usize,
    pub resets: usize,
}

/// Keeps a socket open to a random node, switching nodes now and then, and applies its frames,
/// until the test is over and the inbox is complete.
pub async fn follow(browsers: Arc<[Person]>, record: Arc<Record>, mut dice: StdRng) -> Follower {
    let mut follower = Follower {
        inbox: browsers[0].inbox().await,
        announced: Vec::new(),
        sockets: 0,
        resets: 0,
    };
    loop {
        let browser = browsers.choose(&mut dice).expect("a node");
        let stay = Duration::from_millis(dice.random_range(300..12_000));
        if let Some(socket) = open(browser, &follower.inbox).await {
            follower.sockets += 1;
            follower
                .listen(socket, Instant::now() + stay, &record)
                .await;
        } else {
            sleep(Duration::from_millis(dice.random_range(50..300))).await;
        }
        if record.over()
            && let Some(page) = answer::<shared::dto::InboxPage>(
                browser.request(reqwest::Method::GET, "/api/notifications"),
                200,
            )
            .await
            && follower.inbox.reaches(&page.cursor)
        {
            return follower;
        }
    }
}

async fn open(browser: &Person, inbox: &Inbox) -> Option<WebSocketStream<TcpStream>> {
    let mut request = format!(
        "ws://{}/ws/notifications?cursor={}",
        browser.address, inbox.cursor
    )
    .into_client_request()
    .ok()?;
    let headers = request.headers_mut();
    headers.insert(
        "origin",
        format!("http://{}", browser.address).parse().ok()?,
    );
    headers.insert("cookie", browser.cookie().parse().ok()?);
    headers.insert("sec-websocket-protocol", "artcritique.v1".parse().ok()?);
    let opened = async {
        let stream = TcpStream::connect(browser.address).await.ok()?;
        client_async(request, stream).await.ok()
    };
    Some(timeout(Duration::from_secs(3), opened).await.ok()??.0)
}

impl Follower {
    async fn listen(
        &mut self,
        mut socket: WebSocketStream<TcpStream>,
        until: Instant,
        record: &Record,
    ) {
        // Once the test is over, 1.5 s without a frame is enough to check whether the inbox is
        // complete.
        while Instant::now() < until && !record.over() {
            match timeout(Duration::from_millis(500), socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => self.take(&text),
                Err(_) | Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                Ok(_) => return,
            }
        }
        while let Ok(Some(Ok(Message::Text(text)))) =
            timeout(Duration::from_millis(1_500), socket.next()).await
        {
            self.take(&text);
        }
    }

    fn take(&mut self, text: &str) {
        let frame: ServerFrame =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let (before, applied) = (self.inbox.cursor.clone(), self.inbox.apply(&frame));
        match &frame {
            ServerFrame::Notification { notification, .. } => {
                assert!(
                    matches!(applied, Applied::New(_) | Applied::Changed),
                    "{applied:?} at {before}: {text}"
                );
                self.announced.push(notification.id);
            }
            ServerFrame::Changed { .. } => {
                assert_eq!(applied, Applied::Changed, "at {before}: {text}");
            }
            ServerFrame::Reset { .. } => self.resets += 1,
            _ => {}
        }
    }
}
