//! What tests need around the site: databases of their own, PostgreSQL and Redis as processes that
//! can be killed, and a TCP proxy that can be cut and stalled. Everything listens on ports of the
//! system's choosing and goes away with its value.

mod database;
mod postgres;
mod process;
mod proxy;
mod redis;

pub use database::Database;
pub use postgres::{Postgres, execute};
pub use process::free_port;
pub use proxy::Proxy;
pub use redis::Redis;

/// Programs that are run at a time by [`at_once`].
const AT_ONCE: usize = 8;

/// Does the same with each, several at a time: for running programs that mostly wait.
///
/// # Panics
/// As `act` does.
pub fn at_once<T: Sync>(each: &[T], act: impl Fn(&T) + Sync) {
    for some in each.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            for one in some {
                scope.spawn(|| act(one));
            }
        });
    }
}
