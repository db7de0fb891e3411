use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};
use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};

use crate::server::Server;

/// Resident memory an idle socket may hold, in bytes.
const SOCKET_MAX: u64 = 12 * 1_024;

/// Prints the figures, and fails where one is over its budget.
pub async fn run(binary: &Path, site: &Path, sockets: usize, pages: usize) -> anyhow::Result<()> {
    let server = Server::start(binary, site, sockets).await?;
    let (median, p99, bytes) = pages_take(&server, pages).await?;
    println!(
        "Bare page (GET /, nobody signed in, empty gallery): median {median:.2?}, p99 {p99:.2?} of {pages} in turn over one connection, {bytes} bytes"
    );

    sleep(Duration::from_secs(1)).await;
    let base = server.resident()?;
    let mut open = Vec::with_capacity(sockets);
    let started = Instant::now();
    for cookie in &server.cookies {
        let mut request = format!("ws://{}/ws/notifications", server.authority).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("cookie", format!("artcritique={cookie}").parse()?);
        headers.insert("origin", format!("http://{}", server.authority).parse()?);
        headers.insert("sec-websocket-protocol", "artcritique.v1".parse()?);
        let stream = TcpStream::connect(&server.authority).await?;
        let (mut socket, _) = client_async(request, stream).await.context("a socket was refused")?;
        socket.next().await.context("a socket ended without a hello")??;
        open.push(socket);
    }
    let took = started.elapsed();
    sleep(Duration::from_secs(3)).await;
    let each = server.resident()?.saturating_sub(base) / sockets as u64;
    println!(
        "Idle sockets: {sockets} people with one each, opened in turn in {took:.1?}; {:.1} KiB of resident memory each over a base of {:.1} MiB (budget {} KiB)",
        in_units(each, 1_024),
        in_units(base, 1_048_576),
        SOCKET_MAX / 1_024
    );
    ensure!(each <= SOCKET_MAX, "an idle socket is over its budget");
    Ok(())
}

/// Median, 99th percentile, and size of a bare page.
async fn pages_take(server: &Server, pages: usize) -> anyhow::Result<(Duration, Duration, usize)> {
    let mut stream = TcpStream::connect(&server.authority).await?;
    stream.set_nodelay(true)?;
    let request = format!("GET / HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\n\r\n", server.authority);
    let (mut times, mut bytes) = (Vec::with_capacity(pages), 0);
    // The first few find cold caches.
    for n in 0..pages + 20 {
        let started = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        bytes = read_chunked(&mut stream).await?;
        if n >= 20 {
            times.push(started.elapsed());
        }
    }
    times.sort_unstable();
    Ok((times[times.len() / 2], times[times.len() * 99 / 100], bytes))
}

/// Reads one chunked response to its last chunk.
async fn read_chunked(stream: &mut TcpStream) -> anyhow::Result<usize> {
    let mut response = Vec::new();
    let mut buffer = vec![0; 16_384];
    while !response.ends_with(b"\r\n0\r\n\r\n") {
        let read = stream.read(&mut buffer).await?;
        ensure!(read > 0, "the server hung up");
        response.extend_from_slice(&buffer[..read]);
    }
    ensure!(response.starts_with(b"HTTP/1.1 200"), "the page was refused");
    Ok(response.len())
}

/// So many bytes, in units of so many.
#[expect(clippy::cast_precision_loss, reason = "a figure for people, of far fewer than 2^52 bytes")]
fn in_units(bytes: u64, unit: u64) -> f64 {
    bytes as f64 / unit as f64
}
