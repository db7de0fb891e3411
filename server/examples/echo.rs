//! An echo server over the site's own connection code, for the Autobahn fuzzing client:
//! `script/autobahn`. Only the messages differ from those of the site's sockets. Prints its
//! address.

#[path = "../src/http/live/connection.rs"]
#[expect(dead_code, reason = "an echo sends messages as they come, not frames")]
mod connection;
#[path = "../src/http/live/upgrade.rs"]
mod upgrade;

use axum::{
    Router,
    extract::ws::{Message, WebSocketUpgrade},
    routing::get,
};
use bytes::Bytes;
use connection::{Conversation, End, Outgoing};
use shared::live::ServerFrame;

/// Largest message, in bytes. The site takes 4 KiB; the fuzzing client sends up to a few megabytes.
const MESSAGE_MAX: usize = 16 * 1_024 * 1_024;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let echo = |socket: WebSocketUpgrade| async {
        upgrade::configured(socket, MESSAGE_MAX)
            .on_upgrade(|socket| connection::run(socket, Echo::default()))
    };
    Ok(axum::serve(listener, Router::new().route("/", get(echo))).await?)
}

/// Sends back each message it receives.
#[derive(Default)]
struct Echo(Vec<Message>);

impl Conversation for Echo {
    async fn open(&mut self, _: &mut Outgoing<'_>) -> Result<(), End> {
        Ok(())
    }

    async fn catch_up(&mut self, out: &mut Outgoing<'_>) -> Result<(), End> {
        out.messages(self.0.drain(..)).await
    }

    async fn wait(&self) {
        std::future::pending::<()>().await;
    }

    fn beat(&self) -> Option<ServerFrame> {
        None
    }

    fn received(&mut self, text: &str) -> Result<(), End> {
        self.0.push(Message::text(text));
        Ok(())
    }

    fn hear_binary(&mut self, bytes: Bytes) -> Result<(), End> {
        self.0.push(Message::Binary(bytes));
        Ok(())
    }
}
