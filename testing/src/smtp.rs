//! An SMTP server (RFC 5321) with faults on demand.

mod mail;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use mail::ReceivedMail;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

/// How long a test waits for a mail.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest mail accepted, in bytes.
const MAX_MAIL: usize = 1 << 20;

/// The points of a conversation at which a fault can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpStep {
    /// The connection is open; the greeting is due.
    Greeting,
    /// EHLO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, before the mail.
    Data,
    /// The whole mail has arrived and is not accepted yet.
    Body,
    /// The mail is accepted; the reply that says so is due.
    Accepted,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum SmtpFault {
    /// No reply, and the connection stays open.
    Stall,
    /// This reply in place of the usual one, such as `451 4.3.0 Try later`.
    Reply(&'static str),
    /// The connection is closed without a reply.
    Drop,
}

#[derive(Default)]
struct State {
    /// The faults to come, each with the number of times that it still happens.
    faults: Vec<(SmtpStep, SmtpFault, u32)>,
    /// The steps reached so far.
    reached: Vec<SmtpStep>,
    mails: Vec<ReceivedMail>,
    extensions: Vec<&'static str>,
}

/// A server that accepts mails for everybody and keeps them.
pub struct Smtp {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    progress: Arc<watch::Sender<()>>,
    accepting: JoinHandle<()>,
}

impl Smtp {
    /// Starts a server on a free port.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State {
            extensions: vec!["8BITMIME", "SMTPUTF8"],
            ..State::default()
        }));
        let progress = Arc::new(watch::Sender::new(()));
        let (shared, told) = (state.clone(), progress.clone());
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let conversation = Conversation {
                    stream: BufReader::new(stream),
                    state: shared.clone(),
                    progress: told.clone(),
                };
                tokio::spawn(conversation.hold());
            }
        });
        Self {
            address,
            state,
            progress,
            accepting,
        }
    }

    /// Its URL, as `SMTP_URL` takes it: without TLS.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Its host and port.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes a fault happen at the next `times` arrivals at this step.
    pub fn fail(&self, step: SmtpStep, fault: SmtpFault, times: u32) {
        lock(&self.state).faults.push((step, fault, times));
    }

    /// Ends all faults.
    pub fn mend(&self) {
        lock(&self.state).faults.clear();
    }

    /// Offers an extension in the answer to EHLO, such as `STARTTLS` or `AUTH PLAIN`.
    pub fn offer(&self, extension: &'static str) {
        lock(&self.state).extensions.push(extension);
    }

    /// The mails accepted so far.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        lock(&self.state).mails.clone()
    }

    /// How often a step was reached.
    pub fn reached(&self, step: SmtpStep) -> usize {
        let state = lock(&self.state);
        state.reached.iter().filter(|at| **at == step).count()
    }

    /// Waits until this many mails have been accepted, and returns all.
    ///
    /// # Panics
    /// When they don't arrive.
    pub async fn wait_for_mails(&self, count: usize) -> Vec<ReceivedMail> {
        self.wait_until(|state| state.mails.len() >= count, "mails")
            .await;
        self.mails()
    }

    /// Waits until a step has been reached this many times.
    ///
    /// # Panics
    /// When it is not.
    pub async fn wait_for(&self, step: SmtpStep, count: usize) {
        let reached = |state: &State| state.reached.iter().filter(|at| **at == step).count();
        self.wait_until(|state| reached(state) >= count, "step")
            .await;
    }

    async fn wait_until(&self, is: impl Fn(&State) -> bool, what: &str) {
        let mut changed = self.progress.subscribe();
        let wait = async {
            while !is(&lock(&self.state)) {
                let _ = changed.changed().await;
            }
        };
        if timeout(PATIENCE, wait).await.is_err() {
            let state = lock(&self.state);
            panic!("the {what} did not come; reached: {:?}", state.reached);
        }
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection.
struct Conversation {
    stream: BufReader<TcpStream>,
    state: Arc<Mutex<State>>,
    progress: Arc<watch::Sender<()>>,
}

/// The end of a conversation: the client has left, or a fault closed the connection.
struct Over;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

impl Conversation {
    async fn hold(mut self) {
        let _ = self.talk().await;
    }

    async fn talk(&mut self) -> Result<(), Over> {
        self.answer(SmtpStep::Greeting, "220 mail.test ESMTP")
            .await?;
        let (mut from, mut to) = (String::new(), Vec::new());
        loop {
            let line = self.line().await?;
            let verb = line.split([' ', ':']).next().unwrap_or_default();
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" | "HELO" => {
                    let reply = self.greeting();
                    self.answer(SmtpStep::Ehlo, &reply).await?;
                }
                "STARTTLS" => {
                    self.answer(SmtpStep::StartTls, "454 4.7.0 TLS is not available")
                        .await?;
                }
                "AUTH" => {
                    self.answer(SmtpStep::Auth, "235 2.7.0 Accepted").await?;
                }
                "MAIL" => {
                    (from, to) = (address(&line), Vec::new());
                    self.answer(SmtpStep::Mail, "250 2.1.0 Ok").await?;
                }
                "RCPT" => {
                    if self.answer(SmtpStep::Rcpt, "250 2.1.5 Ok").await? {
                        to.push(address(&line));
                    }
                }
                "DATA" if to.is_empty() => self.reply("503 5.5.1 No recipient").await?,
                "DATA" => {
                    if self.answer(SmtpStep::Data, "354 Go ahead").await? {
                        let text = self.body().await?;
                        let mail = ReceivedMail::new(from.clone(), std::mem::take(&mut to), text);
                        if self.passes(SmtpStep::Body).await? {
                            lock(&self.state).mails.push(mail);
                            self.progress.send_replace(());
                            self.answer(SmtpStep::Accepted, "250 2.0.0 Queued").await?;
                        }
                    }
                }
                "RSET" | "NOOP" => self.reply("250 2.0.0 Ok").await?,
                "QUIT" => {
                    self.reply("221 2.0.0 Bye").await?;
                    return Ok(());
                }
                _ => self.reply("502 5.5.1 Unknown command").await?,
            }
        }
    }

    /// Notes a step and lets the fault due there happen; `false` if it replied.
    async fn passes(&mut self, step: SmtpStep) -> Result<bool, Over> {
        let fault = {
            let mut state = lock(&self.state);
            state.reached.push(step);
            let due = state
                .faults
                .iter_mut()
                .find(|(at, _, times)| *at == step && *times > 0);
            due.map(|(_, fault, times)| {
                *times -= 1;
                *fault
            })
        };
        self.progress.send_replace(());
        match fault {
            None => Ok(true),
            Some(SmtpFault::Drop) => Err(Over),
            Some(SmtpFault::Reply(reply)) => {
                self.reply(reply).await?;
                Ok(false)
            }
            Some(SmtpFault::Stall) => {
                // Until the client gives up and closes the connection.
                while self.line().await.is_ok() {}
                Err(Over)
            }
        }
    }

    /// Replies, unless a fault is due; returns whether the reply was this one.
    async fn answer(&mut self, step: SmtpStep, reply: &str) -> Result<bool, Over> {
        let passes = self.passes(step).await?;
        if passes {
            self.reply(reply).await?;
        }
        Ok(passes)
    }

    async fn reply(&mut self, reply: &str) -> Result<(), Over> {
        self.stream.write_all(reply.as_bytes()).await?;
        Ok(self.stream.write_all(b"\r\n").await?)
    }

    fn greeting(&self) -> String {
        let extensions = lock(&self.state).extensions.clone();
        let mut lines = vec!["mail.test"];
        lines.extend(extensions);
        let last = lines.len() - 1;
        let line =
            |(n, line): (usize, &&str)| format!("250{}{line}", if n == last { " " } else { "-" });
        let lines: Vec<String> = lines.iter().enumerate().map(line).collect();
        lines.join("\r\n")
    }

    async fn line(&mut self) -> Result<String, Over> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(Over);
        }
        Ok(String::from_utf8_lossy(&line)
            .trim_end_matches(['\r', '\n'])
            .to_owned())
    }

    /// Reads the mail up to the line with a single dot (RFC 5321, section 4.5.2).
    async fn body(&mut self) -> Result<String, Over> {
        let mut text = String::new();
        loop {
            let line = self.line().await?;
            if line == "." {
                return Ok(text);
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
            text.push_str("\r\n");
            if text.len() > MAX_MAIL {
                return Err(Over);
            }
        }
    }
}

/// The address between angle brackets.
fn address(line: &str) -> String {
    let inner = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(address, _)| address.to_owned())
}
