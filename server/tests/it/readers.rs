//! Clients that request pictures and pages, and read slowly or never.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use crate::{person::Person, site::Site};

/// The server's timeout for a client that reads nothing, plus a margin.
const BOUND: Duration = Duration::from_secs(45);

async fn asked(person: &Person, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut stream = socket.connect(person.address).await.expect("a connection");
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n",
        person.address,
        person.cookie()
    );
    stream.write_all(request.as_bytes()).await.expect("is sent");
    stream
}

/// A picture of incompressible noise: several megabytes.
fn heavy() -> Vec<u8> {
    let mut seed = 1_u32;
    let mut level = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed.to_le_bytes()[1]
    };
    let noise =
        image::RgbImage::from_fn(1_400, 1_400, |_, _| image::Rgb([level(), level(), level()]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    noise
        .write_to(&mut bytes, image::ImageFormat::Png)
        .expect("a picture");
    bytes.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn stalled_readers_use_little_memory_and_are_cut_off_while_slow_readers_finish() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let answer = bo
        .upload("/api/artworks", "*/*", &[("title", "Noise")], heavy())
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let card: shared::dto::ArtworkCard = answer.json();
    let whole = card.picture.whole().expect("a file").url.clone();
    let length = bo
        .request(reqwest::Method::GET, &whole)
        .send()
        .await
        .expect("an answer")
        .bytes()
        .await
        .expect("bytes")
        .len();
    assert!(length > 3_000_000, "{length}");

    let memory = site.told("VmRSS");
    let mut stuck = Vec::new();
    for _ in 0..150 {
        stuck.push(asked(&bo, &whole).await);
    }
    // A slow client that keeps reading small pieces for longer than the timeout.
    let mut slow = asked(&bo, &whole).await;
    let slow = tokio::spawn(async move {
        let (mut piece, mut read) = (vec![0; 8_192], 0);
        let begun = tokio::time::Instant::now();
        loop {
            let most = if begun.elapsed() < BOUND {
                2_048
            } else {
                piece.len()
            };
            match slow.read(&mut piece[..most]).await.expect("is not cut off") {
                0 => return read,
                some => read += some,
            }
            if read > length {
                return read;
            }
            if begun.elapsed() < BOUND {
                sleep(Duration::from_millis(100)).await;
            }
        }
    });
    let mut most = 0;
    let begun = tokio::time::Instant::now();
    let mut first = stuck.pop().expect("one of them");
    // This client must not read before the timeout, so whether it was cut off is checked only
    // afterwards.
    while begun.elapsed() < BOUND {
        most = most.max(site.told("VmRSS"));
        sleep(Duration::from_millis(100)).await;
    }
    let mut got = 0;
    let mut piece = vec![0; 65_536];
    let ended = timeout(Duration::from_secs(10), async {
        while let Ok(read @ 1..) = first.read(&mut piece).await {
            got += read;
        }
    });
    ended.await.expect("it was cut off");
    assert!(got < length, "it was given {got} of {length} bytes");
    assert!(
        most.saturating_sub(memory) < 60 * 1_024,
        "150 readers hold {} KB",
        most.saturating_sub(memory)
    );
    assert!(slow.await.expect("reads") > length);
}
