//! An echo with the settings of the site's sockets, for the Autobahn fuzzing client: `script/autobahn`. Prints its address.

#[path = "../src/socket/upgrade.rs"]
mod upgrade;

use axum::{
    Router,
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    routing::get,
};

/// The site takes 4 KiB; the fuzzing client tries up to a few megabytes.
const LONGEST: usize = 16 * 1_024 * 1_024;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let echo = |socket: WebSocketUpgrade| async { upgrade::configured(socket, LONGEST).on_upgrade(echo) };
    Ok(axum::serve(listener, Router::new().route("/", get(echo))).await?)
}

async fn echo(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await {
        match message {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                if let Some(code) = upgrade::code_for(error) {
                    socket.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await.ok();
                }
                return;
            }
        }
    }
}
