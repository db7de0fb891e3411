//! What the program writes: lines for people on standard output and error, and the log. Whoever
//! reads them may go away, or stop reading; that must not harm the site, so nothing here panics,
//! and the log waits for nobody.

use std::io::{Write, stderr, stdout};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Log lines that may wait to be written; more are dropped.
const LINES_WAITING: usize = 16_384;

/// Writes a line to standard output, as `println!` does, but for one thing: where nobody reads it
/// any more, it is not written.
macro_rules! say {
    ($($words:tt)*) => { $crate::output::line(std::io::stdout(), format_args!($($words)*)) };
}
pub(crate) use say;

/// The same on standard error.
macro_rules! complain {
    ($($words:tt)*) => { $crate::output::line(std::io::stderr(), format_args!($($words)*)) };
}
pub(crate) use complain;

pub fn line(mut stream: impl Write, words: std::fmt::Arguments<'_>) {
    // Nobody is there to be told that nobody is there.
    let _ = writeln!(stream, "{words}").and_then(|()| stream.flush());
}

/// Begins to log to standard error. A thread of its own writes, so that a reader who stalls holds
/// no request up. What waits is written when the guard is dropped.
pub fn start_log(config: &Config) -> WorkerGuard {
    let lines = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(LINES_WAITING);
    let (writer, guard) = lines.finish(stderr());
    // By default a line that can't be written is told of on standard error, with a panic where that
    // is closed.
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log))
        .with_writer(writer)
        .log_internal_errors(false);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    guard
}

/// Ends clap's way: prints what it has to say, and gives its exit code.
pub fn show_usage(error: &clap::Error) -> u8 {
    let words = error.render();
    if error.use_stderr() {
        line(stderr(), format_args!("{words}"));
    } else {
        line(stdout(), format_args!("{words}"));
    }
    u8::try_from(error.exit_code()).unwrap_or(2)
}
