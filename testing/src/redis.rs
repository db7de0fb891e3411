use std::process::{Child, Command, Stdio};

use crate::process::{free_port, signal, wait_for};

/// A Redis server without persistence.
pub struct Redis {
    port: u16,
    child: Option<Child>,
}

impl Redis {
    /// Starts a server.
    ///
    /// # Panics
    /// When `redis-server` can't be run.
    pub fn start() -> Self {
        let mut redis = Self {
            port: free_port(),
            child: None,
        };
        redis.run();
        redis
    }

    /// Restarts the server on the same port.
    ///
    /// # Panics
    /// When `redis-server` can't be run.
    pub fn run(&mut self) {
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &self.port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command
            .stdout(Stdio::null())
            .current_dir(std::env::temp_dir());
        self.child = Some(command.spawn().expect("redis-server is on the PATH"));
        wait_for(self.port);
    }

    /// Its port on this machine.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Suspends the process: connections stay open without any response.
    pub fn pause(&self) {
        self.child.iter().for_each(|child| signal(child, "STOP"));
    }

    /// Resumes the process.
    pub fn resume(&self) {
        self.child.iter().for_each(|child| signal(child, "CONT"));
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
