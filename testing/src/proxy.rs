use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// The network fault that the proxy simulates.
#[derive(Clone, Copy, Default)]
struct LinkState {
    condition: Condition,
    /// Connections up to this number pass no more data, without being closed.
    stranded: u64,
    trigger: Option<Trigger>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Condition {
    #[default]
    Up,
    /// Connections stay open, and no data passes.
    Stalled,
    /// Connections are closed, new ones included.
    Cut,
}

/// A text that closes the connection that carries it.
#[derive(Clone, Copy)]
struct Trigger {
    text: &'static str,
    /// Whether the text still reaches the server.
    arrives: bool,
}

/// A TCP proxy that can be cut and stalled.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<watch::Sender<LinkState>>,
    accepted: Arc<watch::Sender<u64>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Forwards connections to this local port.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (state, accepted) = (
            Arc::new(watch::Sender::new(LinkState::default())),
            Arc::new(watch::Sender::new(0)),
        );
        let (seen, count) = (state.clone(), accepted.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if seen.borrow().condition != Condition::Cut {
                    count.send_modify(|count| *count += 1);
                    tokio::spawn(pass_on(near, port, *count.borrow(), seen.subscribe()));
                }
            }
        });
        Self {
            address,
            state,
            accepted,
            accepting,
        }
    }

    /// The port it listens on.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Connections accepted so far.
    pub fn accepted(&self) -> u64 {
        *self.accepted.borrow()
    }

    /// Closes all connections, and every new one.
    pub fn cut(&self) {
        self.state
            .send_modify(|state| state.condition = Condition::Cut);
    }

    /// Passes no data and closes no connection.
    pub fn stall(&self) {
        self.state
            .send_modify(|state| state.condition = Condition::Stalled);
    }

    /// Silently drops all data of the existing connections for good, as a firewall that has lost
    /// their state does. New connections work.
    pub fn strand(&self) {
        let accepted = self.accepted();
        self.state.send_modify(|state| state.stranded = accepted);
    }

    /// Closes each connection over which the client sends this text, after forwarding the text if
    /// `arrives`, before otherwise. The server's response is lost.
    pub fn cut_on(&self, text: &'static str, arrives: bool) {
        self.state
            .send_modify(|state| state.trigger = Some(Trigger { text, arrives }));
    }

    /// Ends the fault. Stranded connections stay dead.
    pub fn mend(&self) {
        self.state
            .send_modify(|state| (state.condition, state.trigger) = (Condition::Up, None));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
    }
}

async fn pass_on(near: TcpStream, port: u16, number: u64, mut state: watch::Receiver<LinkState>) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    let there = copy(from_near, to_far, number, state.clone(), true);
    let back = copy(from_far, to_near, number, state.clone(), false);
    let cut = async {
        drop(
            state
                .wait_for(|state| state.condition == Condition::Cut)
                .await,
        );
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
    mut state: watch::Receiver<LinkState>,
    there: bool,
) {
    let mut buffer = vec![0; 16 * 1_024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => &buffer[..read],
        };
        let passes =
            |state: &LinkState| state.condition != Condition::Stalled && number > state.stranded;
        let Ok(trigger) = state.wait_for(passes).await.map(|state| state.trigger) else {
            return;
        };
        let trigger = trigger.filter(|trigger| {
            there
                && read
                    .windows(trigger.text.len())
                    .any(|window| window == trigger.text.as_bytes())
        });
        if trigger.is_some_and(|trigger| !trigger.arrives)
            || to.write_all(read).await.is_err()
            || trigger.is_some()
        {
            return;
        }
    }
}
