use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
    task::JoinHandle,
};

/// What the network does to connections.
#[derive(Clone, Copy, Default)]
struct Outlook {
    weather: Weather,
    /// Connections older than this, by their number, are silent for good.
    stranded: u64,
    snare: Option<Snare>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Weather {
    #[default]
    Fair,
    /// Connections stay open, and nothing gets through.
    Stalled,
    /// Connections are closed, and new ones too.
    Cut,
}

/// A text that has the connection it is sent over closed.
#[derive(Clone, Copy)]
struct Snare {
    text: &'static str,
    /// Whether it still gets to the other end.
    arrives: bool,
}

/// A TCP proxy that can be cut and stalled.
pub struct Proxy {
    address: SocketAddr,
    outlook: Arc<watch::Sender<Outlook>>,
    accepted: Arc<watch::Sender<u64>>,
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
        let (outlook, accepted) = (
            Arc::new(watch::Sender::new(Outlook::default())),
            Arc::new(watch::Sender::new(0)),
        );
        let (seen, count) = (outlook.clone(), accepted.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if seen.borrow().weather != Weather::Cut {
                    count.send_modify(|count| *count += 1);
                    tokio::spawn(pass_on(near, port, *count.borrow(), seen.subscribe()));
                }
            }
        });
        Self {
            address,
            outlook,
            accepted,
            accepting,
        }
    }

    /// Where it listens.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Connections accepted so far.
    pub fn accepted(&self) -> u64 {
        *self.accepted.borrow()
    }

    /// Closes all connections, and any new one.
    pub fn cut(&self) {
        self.outlook
            .send_modify(|outlook| outlook.weather = Weather::Cut);
    }

    /// Lets nothing through, without closing anything.
    pub fn stall(&self) {
        self.outlook
            .send_modify(|outlook| outlook.weather = Weather::Stalled);
    }

    /// Lets nothing through the connections there are, ever again and without closing them, as a
    /// firewall that has forgotten them does. New ones work.
    pub fn strand(&self) {
        let accepted = self.accepted();
        self.outlook
            .send_modify(|outlook| outlook.stranded = accepted);
    }

    /// Closes each connection over which this text is sent: `arrives` says whether before or after
    /// it has reached the other end. What the other end answers is lost.
    pub fn cut_on(&self, text: &'static str, arrives: bool) {
        self.outlook
            .send_modify(|outlook| outlook.snare = Some(Snare { text, arrives }));
    }

    /// Works again, save for connections that were stranded.
    pub fn mend(&self) {
        self.outlook
            .send_modify(|outlook| (outlook.weather, outlook.snare) = (Weather::Fair, None));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
    }
}

async fn pass_on(near: TcpStream, port: u16, number: u64, mut outlook: watch::Receiver<Outlook>) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    let there = copy(from_near, to_far, number, outlook.clone(), true);
    let back = copy(from_far, to_near, number, outlook.clone(), false);
    let cut = async {
        drop(
            outlook
                .wait_for(|outlook| outlook.weather == Weather::Cut)
                .await,
        )
    };
    tokio::select! {
        () = there => {}
        () = back => {}
        () = cut => {}
    }
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: u64,
    mut outlook: watch::Receiver<Outlook>,
    there: bool,
) {
    let mut buffer = vec![0; 16 * 1_024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => &buffer[..read],
        };
        let passes =
            |outlook: &Outlook| outlook.weather != Weather::Stalled && number > outlook.stranded;
        let Ok(snare) = outlook.wait_for(passes).await.map(|outlook| outlook.snare) else {
            return;
        };
        let snare = snare.filter(|snare| {
            there
                && read
                    .windows(snare.text.len())
                    .any(|window| window == snare.text.as_bytes())
        });
        if snare.is_some_and(|snare| !snare.arrives)
            || to.write_all(read).await.is_err()
            || snare.is_some()
        {
            return;
        }
    }
}
