//! Infrastructure for tests: a database for each test, PostgreSQL and Redis as processes that can
//! be killed, and a TCP proxy that can be cut and stalled, and an SMTP server that can fail at any
//! step. Everything listens on ports chosen by the system and is removed when its value is dropped.

mod database;
mod postgres;
mod process;
mod proxy;
mod redis;
mod smtp;

pub use database::Database;
pub use postgres::{Postgres, execute};
pub use process::free_port;
pub use proxy::Proxy;
pub use redis::Redis;
pub use smtp::{ReceivedMail, Smtp, SmtpFault, SmtpStep};

/// Calls that [`at_once`] runs concurrently.
const AT_ONCE: usize = 8;

/// Calls `act` with each item, several concurrently: for running programs that mostly wait.
///
/// # Panics
/// When `act` does.
pub fn at_once<T: Sync>(each: &[T], act: impl Fn(&T) + Sync) {
    for some in each.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            for one in some {
                scope.spawn(|| act(one));
            }
        });
    }
}
