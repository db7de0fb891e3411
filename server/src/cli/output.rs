//! The program's output: standard output, standard error and the log. A closed or stalled reader
//! must not harm the site, so nothing here panics and the log never blocks.

use std::io::{Write, stderr, stdout};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Log lines buffered at most; further lines are dropped.
const LOG_BUFFER_LINES: usize = 16_384;

/// What is never logged: at the level `trace`, tower-http's protection from cross-site requests
/// logs the path of every request, and the paths of mailed links are secrets.
const NEVER_LOGGED: &str = "tower_http::csrf=off";

/// Writes a line to standard output like `println!`, but ignores write errors instead of panicking.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::output::line(std::io::stdout(), format_args!($($words)*)) };
}
pub(crate) use say;

/// Like `say!`, to standard error.
macro_rules! complain {
    ($($words:tt)*) => { $crate::cli::output::line(std::io::stderr(), format_args!($($words)*)) };
}
pub(crate) use complain;

pub fn line(mut stream: impl Write, words: std::fmt::Arguments<'_>) {
    // There is no other stream on which to report a failed write.
    let _ = writeln!(stream, "{words}").and_then(|()| stream.flush());
}

/// Starts logging to standard error. A dedicated thread writes, so a stalled reader delays no
/// request. Dropping the guard writes the buffered lines.
pub fn start_log(config: &Config) -> WorkerGuard {
    let lines = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(LOG_BUFFER_LINES);
    let (writer, guard) = lines.finish(stderr());
    // By default a failed write is reported on standard error, which panics if that is closed.
    let mut filter = EnvFilter::new(&config.log);
    if let Ok(directive) = NEVER_LOGGED.parse() {
        filter = filter.add_directive(directive);
    }
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .log_internal_errors(false);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    guard
}

/// Prints clap's message and returns its exit code.
pub fn show_usage(error: &clap::Error) -> u8 {
    let words = error.render();
    if error.use_stderr() {
        line(stderr(), format_args!("{words}"));
    } else {
        line(stdout(), format_args!("{words}"));
    }
    u8::try_from(error.exit_code()).unwrap_or(2)
}
