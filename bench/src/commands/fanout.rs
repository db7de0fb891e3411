use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use hyper::Method;
use shared::paths;

use super::{CONCURRENT_HANDSHAKES, listen};
use crate::{
    deliveries::{self, Accepted},
    process::Spent,
    report::Report,
    setup::Setup,
    site::Site,
    ticket::Ticket,
};

/// Index of the followed artist among the users.
const ARTIST: usize = 0;
/// Concurrent follow requests.
const AT_ONCE: usize = 16;
const BOUNDARY: &str = "a-line-between-fields";
/// 32 by 32 pixels; the site takes none smaller than 16 by 16.
const PICTURE: &[u8] = include_bytes!("fanout/picture.png");

#[derive(Args)]
pub struct Fanout {
    #[command(flatten)]
    setup: Setup,
    /// Followers of one artist, each with an open socket.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    sockets: u32,
    /// Works that the artist posts, each after the previous one has reached all followers.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    works: u32,
    /// Maximum time for a work to reach the last follower, in seconds.
    #[arg(long, default_value_t = 120)]
    patience: u64,
}

/// One posted work.
struct Post {
    ticket: Ticket,
    sent: Instant,
    acknowledged: Instant,
    spent: Spent,
}

impl Fanout {
    pub async fn run(self) -> anyhow::Result<Report> {
        let sockets = self.sockets as usize;
        let site = Arc::new(self.setup.ready(sockets + 1).await?);
        let mut report = Report::new("fanout", &site);
        report.condition("sockets", sockets);
        report.condition("works", self.works);

        let following = stream::iter(1..=sockets)
            .map(|user| follow(&site, user))
            .buffer_unordered(AT_ONCE);
        following.try_collect::<()>().await?;
        let fleet = listen(&site, 1..=sockets, CONCURRENT_HANDSHAKES).await?;
        let mut posts = Vec::new();
        for ticket in (0..self.works).map(Ticket) {
            let (meter, sent) = (site.meter()?, Instant::now());
            post(&site, ticket).await?;
            let acknowledged = Instant::now();
            let all = fleet
                .hears(sockets, Duration::from_secs(self.patience))
                .await;
            posts.push(Post {
                ticket,
                sent,
                acknowledged,
                spent: meter.read()?,
            });
            if !all {
                break;
            }
        }

        let mut followers = fleet.check(&site).await?;
        for (n, post) in posts.iter().enumerate() {
            let owed: Vec<_> = followers
                .iter()
                .map(|follower| post.owed_to(follower.user))
                .collect();
            deliveries::check(&owed, &mut followers);
            let deliveries = deliveries::times(&owed, &followers);
            let name = format!("work {}", n + 1);
            report.time(
                format!("{name}: sent to acknowledged"),
                post.acknowledged - post.sent,
            );
            report.times(format!("{name}: sent to frame"), &deliveries.since_sent);
            report.times(
                format!("{name}: acknowledged to frame"),
                &deliveries.since_acknowledged,
            );
            report.spent(&name, &post.spent, Some((sockets, "follower told")));
        }
        report.followers(&site, &followers);
        Ok(report)
    }
}

impl Post {
    fn owed_to(&self, recipient: usize) -> Accepted {
        Accepted {
            ticket: self.ticket,
            recipient,
            due: self.sent,
            acknowledged: self.acknowledged,
            counts: true,
        }
    }
}

async fn follow(site: &Site, user: usize) -> anyhow::Result<()> {
    let artist = &site.users[ARTIST].handle;
    let answer = site.put(user, &paths::api::follow(artist)).await?;
    answer
        .expect(204)
        .map(drop)
        .with_context(|| format!("@{} can't follow @{artist}", site.users[user].handle))
}

async fn post(site: &Site, ticket: Ticket) -> anyhow::Result<()> {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let body = form(&ticket.to_string());
    site.send(
        Method::POST,
        ARTIST,
        paths::api::ARTWORKS,
        Some((&kind, body.into())),
    )
    .await?
    .expect(201)?;
    Ok(())
}

/// The upload form as a browser sends it (RFC 7578).
fn form(title: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in [
        ("title", title),
        ("description", "Posted to see how news of it travels."),
    ] {
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend(part.into_bytes());
    }
    let disposition = "Content-Disposition: form-data; name=\"image\"; filename=\"work.png\"\r\nContent-Type: image/png";
    body.extend(format!("--{BOUNDARY}\r\n{disposition}\r\n\r\n").into_bytes());
    body.extend(PICTURE);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    body
}
