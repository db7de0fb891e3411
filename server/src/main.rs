//! The `artcritique` binary; see the library beside it.

use std::process::ExitCode;

/// `docs/PERFORMANCE.md` compares it with other allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    server::main().await
}
