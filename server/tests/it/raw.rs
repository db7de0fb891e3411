//! Raw HTTP, for requests that no client library would send.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A connection for raw requests.
pub struct Raw(TcpStream);

impl Raw {
    pub async fn open(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    /// Sends these bytes; ignores an error, since the server may have closed the connection
    /// already.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.ok();
    }

    /// Sends all of these bytes; fails if the server does not accept them.
    pub async fn send_all(&mut self, bytes: &[u8]) {
        timeout(Duration::from_mins(1), self.0.write_all(bytes))
            .await
            .expect("in time")
            .expect("the other end takes it");
    }

    /// Reads the next response by its `Content-Length`, and leaves the connection open.
    pub async fn next_answer(&mut self) -> String {
        let mut answer = Vec::new();
        let whole = |answer: &[u8]| {
            let text = String::from_utf8_lossy(answer);
            let body = text.split_once("\r\n\r\n")?.1.len();
            Some(
                body >= header(&text, "content-length")
                    .parse::<usize>()
                    .expect("a length"),
            )
        };
        while whole(&answer) != Some(true) {
            let read = timeout(Duration::from_secs(30), self.0.read_buf(&mut answer))
                .await
                .expect("in time")
                .expect("an answer");
            assert!(
                read > 0,
                "closed after {:?}",
                String::from_utf8_lossy(&answer)
            );
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The whole response until the connection ends, as text.
    pub async fn answer(mut self) -> String {
        let mut answer = Vec::new();
        timeout(Duration::from_secs(8), self.0.read_to_end(&mut answer))
            .await
            .expect("an answer in time")
            .ok();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The status of the response, without reading the rest.
    pub async fn status(&mut self) -> u16 {
        let mut start = [0; 12];
        timeout(Duration::from_secs(8), self.0.read_exact(&mut start))
            .await
            .expect("in time")
            .expect("an answer");
        status(&String::from_utf8_lossy(&start))
    }

    /// Sends a whole request on a new connection; returns the status and the whole response.
    pub async fn ask(address: SocketAddr, request: &str) -> (u16, String) {
        let mut raw = Self::open(address).await;
        raw.send(request.as_bytes()).await;
        let answer = raw.answer().await;
        (status(&answer), answer)
    }

    /// Sends a `GET` with the target exactly as given.
    pub async fn get(address: SocketAddr, target: &str) -> (u16, String) {
        Self::ask(address, &format!("GET {target} HTTP/1.1\r\nhost: {address}\r\naccept: text/html\r\nconnection: close\r\n\r\n"))
            .await
    }
}

/// The status of a response.
pub fn status(answer: &str) -> u16 {
    answer
        .get(9..12)
        .and_then(|code| code.parse().ok())
        .unwrap_or_else(|| panic!("no HTTP: {answer:?}"))
}

/// A header of a response.
pub fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map_or("", |(_, value)| value)
}
