use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, ensure};
use shared::paths::READY;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const DEADLINE: Duration = Duration::from_secs(3);

/// Requests `/readyz` from the server at this address; fails unless the status is 200.
pub async fn run(addr: SocketAddr) -> anyhow::Result<()> {
    let here = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let asked = SocketAddr::new(here, addr.port());
    let ask = async {
        let mut stream = TcpStream::connect(asked).await?;
        stream
            .write_all(
                format!("GET {READY} HTTP/1.1\r\nhost: {asked}\r\nconnection: close\r\n\r\n")
                    .as_bytes(),
            )
            .await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let answer = timeout(DEADLINE, ask)
        .await
        .context("no response within the deadline")?
        .with_context(|| format!("requesting {READY} from {asked}"))?;
    ensure!(
        answer.starts_with("HTTP/1.1 200"),
        "not ready: {}",
        answer.lines().next().unwrap_or_default()
    );
    Ok(())
}
