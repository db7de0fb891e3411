//! What tests need around the site: databases of their own, PostgreSQL and Redis as processes that can be killed, and a TCP proxy that
//! can be cut and stalled. Everything listens on ports of the system's choosing and goes away with its value.

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
