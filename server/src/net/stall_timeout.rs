//! Disconnects clients that stop reading: a write without progress for too long fails, and the
//! connection ends.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// How long a pending write may make no progress.
pub const STALL_MAX: Duration = Duration::from_secs(30);
/// Unsent data that the kernel buffers per connection before a write has to wait, in bytes. The
/// kernel reports progress in steps of half of this, so that a client that reads 1 KB a second
/// still makes progress.
const UNSENT_MAX: u32 = 64 * 1_024;

/// A stream whose writes fail after a stall.
pub struct StallTimeout<S> {
    stream: S,
    limit: Duration,
    /// Runs while a write is pending.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl StallTimeout<TcpStream> {
    /// Wraps a connection and limits its unsent data.
    pub fn watch(stream: TcpStream) -> Self {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Err(error) = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_MAX) {
            tracing::debug!(%error, "the limit on unsent data could not be set");
        }
        Self::new(stream, STALL_MAX)
    }
}

impl<S> StallTimeout<S> {
    const fn new(stream: S, limit: Duration) -> Self {
        Self {
            stream,
            limit,
            waiting: None,
        }
    }

    fn timed<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        ready!(
            self.waiting
                .get_or_insert_with(|| Box::pin(sleep(self.limit)))
                .as_mut()
                .poll(cx)
        );
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client reads nothing",
        )))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StallTimeout<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.timed(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.timed(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.timed(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.timed(cx, shut)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        time::Instant,
    };

    use super::*;

    const LIMIT: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_cut_off() {
        let (near, _far) = duplex(1_000);
        let begun = Instant::now();
        let error = StallTimeout::new(near, LIMIT)
            .write_all(&[0; 5_000])
            .await
            .expect_err("is cut off");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= LIMIT);
    }

    #[tokio::test]
    async fn a_slow_steady_reader_receives_everything() {
        let (near, mut far) = duplex(1_000);
        let begun = Instant::now();
        let reader = tokio::spawn(async move {
            let mut piece = [0; 250];
            for _ in 0..20 {
                sleep(LIMIT / 10).await;
                far.read_exact(&mut piece).await.expect("a piece");
            }
        });
        StallTimeout::new(near, LIMIT)
            .write_all(&[0; 5_000])
            .await
            .expect("all is written");
        reader.await.expect("all is read");
        assert!(
            begun.elapsed() > LIMIT * 2,
            "longer than anybody may be silent"
        );
    }
}
