//! Opens one socket, as a page does.

use std::net::{IpAddr, SocketAddr};

use anyhow::Context;
use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
use shared::{live::Cursor, paths::sockets};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, client::IntoClientRequest, protocol::WebSocketConfig},
};

use crate::{site::Node, users::User};

pub type Socket = WebSocketStream<TcpStream>;

/// Why a socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The server refused with this status; not retryable.
    #[error("refused with {0}")]
    Status(u16),
    /// The connection failed; retryable.
    #[error("{0:#}")]
    Lost(#[from] anyhow::Error),
}

/// Opens a socket from a source address. It resumes after the cursor, or starts at the head without
/// one.
pub async fn open(
    node: &Node,
    source: Option<IpAddr>,
    user: &User,
    cursor: Option<&Cursor>,
) -> Result<Socket, Refusal> {
    let stream = connect(node.address, source).await?;
    let path = sockets::notifications(cursor);
    let request = format!("ws://{}{path}", node.authority).into_client_request();
    let mut request = request.context("the address")?;
    let headers = [
        ("cookie", node.cookie(user)),
        ("origin", node.origin.clone()),
        ("sec-websocket-protocol", "artcritique.v1".into()),
    ];
    for (name, value) in headers {
        request
            .headers_mut()
            .insert(name, value.parse().context("a header")?);
    }
    // Small buffers, since thousands of sockets share the machine with the server.
    let config = WebSocketConfig::default()
        .read_buffer_size(1_024)
        .write_buffer_size(0);
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(Refusal::Status(response.status().as_u16())),
        Err(error) => Err(Refusal::Lost(error.into())),
    }
}

async fn connect(to: SocketAddr, from: Option<IpAddr>) -> anyhow::Result<TcpStream> {
    let socket = if to.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }
    .context("a socket of the system")?;
    if let Some(from) = from.filter(IpAddr::is_ipv4).filter(|_| to.is_ipv4()) {
        // Delays the choice of the port until connect, so that it must be free only for this pair
        // of addresses. Otherwise ports of recently closed connections are unusable, and the kernel
        // takes ever longer to find a free one.
        setsockopt(&socket, IpBindAddressNoPort, &true).context("a socket's options")?;
        socket
            .bind((from, 0).into())
            .with_context(|| format!("a port of {from}; give more --addresses"))?;
    }
    let stream = socket
        .connect(to)
        .await
        .with_context(|| format!("connecting to {to}"))?;
    stream.set_nodelay(true).context("a socket's options")?;
    Ok(stream)
}
