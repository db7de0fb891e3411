//! What the kernel counts for processes.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// The kernel counts a process's time in hundredths of a second (`USER_HZ`, proc(5)).
const TICK: Duration = Duration::from_millis(10);

/// Lets this process, and the servers it starts, open as many files as the system allows.
pub fn raise_file_limit() -> anyhow::Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most).context("raising the limit on open files")
}

/// Processor time of a process so far, in user and kernel mode.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} has ended"))?;
    parse_cpu(&stat).with_context(|| format!("/proc/{pid}/stat"))
}

/// `utime` and `stime` are the 14th and 15th fields; the 2nd is a name in parentheses that may hold anything.
fn parse_cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    Some(TICK * (ticks.next()?.ok()? + ticks.next()?.ok()?))
}

/// Resident memory of a process in bytes.
pub fn resident(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} has ended"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1_024)
}

/// A stretch of time, and the processor time spent in it.
pub struct Meter<'a> {
    servers: &'a [u32],
    began: Instant,
    server: Duration,
    generator: Duration,
}

/// What a stretch of time cost.
pub struct Spent {
    pub wall: Duration,
    /// All servers together; nothing if their processes are not known.
    pub server: Option<Duration>,
    /// This process.
    pub generator: Duration,
}

impl<'a> Meter<'a> {
    /// Counts from now.
    pub fn start(servers: &'a [u32]) -> anyhow::Result<Self> {
        Ok(Self { servers, began: Instant::now(), server: sum(servers)?, generator: cpu(std::process::id())? })
    }

    /// What was spent since.
    pub fn read(&self) -> anyhow::Result<Spent> {
        let server = (!self.servers.is_empty()).then_some(sum(self.servers)?.saturating_sub(self.server));
        let generator = cpu(std::process::id())?.saturating_sub(self.generator);
        Ok(Spent { wall: self.began.elapsed(), server, generator })
    }
}

fn sum(pids: &[u32]) -> anyhow::Result<Duration> {
    pids.iter().map(|pid| cpu(*pid)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let stat = "42 (art (critique) 2) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 9 0 100 1 2";
        assert_eq!(parse_cpu(stat), Some(Duration::from_secs(2)));
        assert_eq!(parse_cpu("42 (x) S 1"), None);
    }

    #[test]
    fn this_process_has_memory_and_time() {
        let me = std::process::id();
        assert!(resident(me).expect("memory") > 0);
        cpu(me).expect("time");
    }
}
