//! Prints each new notification of an inbox once, until the token ends. With a cursor, it goes on
//! from there; each line begins with the cursor to go on from. For `wss://`, give the crate
//! `tokio-tungstenite` a TLS feature.
//!
//! `ARTCRITIQUE_TOKEN=act_… cargo run -p server --example follow_inbox ws://127.0.0.1:3000 [cursor]`

use std::{env, time::Duration};

use anyhow::{Context, bail};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let site = env::args().nth(1).context("name the site, ws://…")?;
    let token = env::var("ARTCRITIQUE_TOKEN").context("set ARTCRITIQUE_TOKEN")?;
    let (mut cursor, mut last_id) = (env::args().nth(2), 0);
    loop {
        let query = cursor.iter().map(|cursor| format!("?cursor={cursor}"));
        let url = format!("{site}/ws/notifications{}", query.collect::<String>());
        let mut request = url.into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("authorization", format!("Bearer {token}").parse()?);
        headers.insert("sec-websocket-protocol", "artcritique.v1".parse()?);
        let mut most = 30.0;
        match connect_async(request).await {
            Ok((mut socket, _)) => {
                most = 5.0;
                // A beat comes every 25 seconds: without one, the link is dead.
                let patience = Duration::from_mins(1);
                while let Ok(Some(Ok(message))) = timeout(patience, socket.next()).await {
                    match message {
                        Message::Text(text) => {
                            apply(&serde_json::from_str(&text)?, &mut cursor, &mut last_id);
                        }
                        Message::Close(Some(close)) => match u16::from(close.code) {
                            code @ (4401 | 4403 | 4409) => bail!("closed for good with {code}"),
                            _ => {}
                        },
                        _ => {}
                    }
                }
            }
            Err(Error::Http(answer)) if [401, 403].contains(&answer.status().as_u16()) => {
                bail!("refused with {}", answer.status());
            }
            Err(error) => eprintln!("{error}"),
        }
        // At a random moment, so that all clients of a node that restarts don't return at once.
        sleep(Duration::from_secs_f64(most * rand::random::<f64>())).await;
    }
}

/// Applies a frame. The cursor moves with each change, but not with `beat` and a later `hello`: they
/// name the head, although changes up to it may still be on their way.
fn apply(frame: &Value, cursor: &mut Option<String>, last_id: &mut i64) {
    let new = frame["cursor"].as_str().unwrap_or_default();
    let items = match frame["type"].as_str().unwrap_or_default() {
        "notification" => vec![&frame["notification"]],
        // Too far behind: the first page, newest first, in place of the single changes.
        "reset" => frame["items"]
            .as_array()
            .into_iter()
            .flatten()
            .rev()
            .collect(),
        "changed" => vec![],
        "hello" if cursor.is_none() => vec![],
        _ => return,
    };
    *cursor = Some(new.to_owned());
    for item in items {
        let id = item["id"].as_i64().unwrap_or_default();
        if id > *last_id {
            *last_id = id;
            let (who, title) = (&item["actor"]["handle"], &item["artwork"]["title"]);
            println!(
                "{new} {} by {who} on {title}: {}",
                item["kind"], item["excerpt"]
            );
        }
    }
}
