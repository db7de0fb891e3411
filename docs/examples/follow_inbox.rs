//! Prints each new notification of an inbox once, until its token ends. Each line begins with a
//! cursor; started with that cursor, it goes on from there. For `wss://`, give the crate
//! `tokio-tungstenite` a TLS feature.
//!
//! `ARTCRITIQUE_TOKEN=act_… cargo run -p server --example follow_inbox ws://127.0.0.1:3000 [cursor]`

use std::{env, time::Duration};

use anyhow::{Context, bail};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::{connect_async, tungstenite::*};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let site = env::args().nth(1).context("name the site, ws://…")?;
    let token = env::var("ARTCRITIQUE_TOKEN").context("set ARTCRITIQUE_TOKEN")?;
    let (mut cursor, mut last_id) = (env::args().nth(2), 0);
    loop {
        let query = cursor.iter().map(|at| format!("?cursor={at}"));
        let url = format!("{site}/ws/notifications{}", query.collect::<String>());
        let request = ClientRequestBuilder::new(url.parse()?)
            .with_header("authorization", format!("Bearer {token}"))
            .with_sub_protocol("artcritique.v1");
        match follow(request, &mut cursor, &mut last_id).await {
            Ok(code @ (4401 | 4403 | 4409)) => bail!("closed for good: {code}"),
            Err(Error::Http(no)) if matches!(no.status().as_u16(), 401 | 403) => bail!("{no:?}"),
            ended => eprintln!("reconnecting after {ended:?}"),
        }
        // At a random moment, so that the clients of a node that restarts don't return at once.
        sleep(Duration::from_secs_f64(rand::random_range(0.0..5.0))).await;
    }
}

/// Prints what arrives over one connection; returns the code that it was closed with.
async fn follow(
    request: ClientRequestBuilder,
    cursor: &mut Option<String>,
    last_id: &mut i64,
) -> Result<u16> {
    let (mut socket, _) = connect_async(request).await?;
    // A beat comes every 25 s: after a minute of silence the link is dead.
    while let Ok(Some(message)) = timeout(Duration::from_mins(1), socket.next()).await {
        match message? {
            Message::Text(text) => print(&text, cursor, last_id),
            Message::Close(end) => return Ok(end.map_or(1005, |end| end.code.into())),
            _ => {}
        }
    }
    Ok(1006)
}

/// Moves the cursor to that of a change, and prints what is new. Not so `beat` and a later `hello`:
/// they name the head, although changes up to it may still be on their way.
fn print(text: &str, cursor: &mut Option<String>, last_id: &mut i64) {
    let frame: Value = serde_json::from_str(text).unwrap_or_default();
    // Too far behind for single changes, `reset` brings the first page, newest first.
    let items = match frame["type"].as_str().unwrap_or_default() {
        "hello" if cursor.is_none() => vec![],
        "changed" => vec![],
        "notification" => vec![frame["notification"].clone()],
        "reset" => frame["items"].as_array().cloned().unwrap_or_default(),
        _ => return,
    };
    let at = cursor.insert(frame["cursor"].as_str().unwrap_or_default().to_owned());
    for item in items.iter().rev() {
        let id = item["id"].as_i64().unwrap_or_default();
        if id > *last_id {
            *last_id = id;
            let (who, what) = (&item["actor"]["handle"], &item["excerpt"]);
            println!("{at} {} by {who}: {what}", item["kind"]);
        }
    }
}
