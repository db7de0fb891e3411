use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
    task::JoinHandle,
};

/// What the network does to connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fair,
    /// Connections stay open, and nothing gets through.
    Stalled,
    /// Connections are closed, and new ones too.
    Cut,
}

/// A TCP proxy that can be cut and stalled.
pub struct Proxy {
    address: SocketAddr,
    weather: Arc<watch::Sender<Weather>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Passes connections on to this port of this machine.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let weather = Arc::new(watch::Sender::new(Weather::Fair));
        let outlook = weather.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *outlook.borrow() != Weather::Cut {
                    tokio::spawn(pass_on(near, port, outlook.subscribe()));
                }
            }
        });
        Self { address, weather, accepting }
    }

    /// Where it listens.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Closes all connections, and any new one.
    pub fn cut(&self) {
        self.weather.send_replace(Weather::Cut);
    }

    /// Lets nothing through, without closing anything.
    pub fn stall(&self) {
        self.weather.send_replace(Weather::Stalled);
    }

    /// Works again.
    pub fn mend(&self) {
        self.weather.send_replace(Weather::Fair);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
    }
}

async fn pass_on(near: TcpStream, port: u16, mut outlook: watch::Receiver<Weather>) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    let there = copy(from_near, to_far, outlook.clone());
    let back = copy(from_far, to_near, outlook.clone());
    let cut = async { drop(outlook.wait_for(|weather| *weather == Weather::Cut).await) };
    tokio::select! {
        () = there => {}
        () = back => {}
        () = cut => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut outlook: watch::Receiver<Weather>) {
    let mut buffer = vec![0; 16 * 1_024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        if outlook.wait_for(|weather| *weather != Weather::Stalled).await.is_err() || to.write_all(&buffer[..read]).await.is_err()
        {
            return;
        }
    }
}
