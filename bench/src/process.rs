//! Processor time and memory from `/proc`.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// A count of the kernel's clock ticks of 10 ms (`USER_HZ`, proc(5)).
const fn ticks(count: u64) -> Duration {
    Duration::from_millis(10 * count)
}

/// Raises the limit on open files to its maximum, for this process and the servers it starts.
pub fn raise_file_limit() -> anyhow::Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most).context("raising the limit on open files")
}

/// Processor time of a process so far, in user and kernel mode.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} has ended"))?;
    parse_cpu(&stat).with_context(|| format!("/proc/{pid}/stat"))
}

/// `utime` and `stime` are the 14th and 15th fields; the 2nd is a name in parentheses that may
/// contain spaces and parentheses.
fn parse_cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(ticks(times.next()?.ok()? + times.next()?.ok()?))
}

/// Resident memory of a process in bytes.
pub fn resident(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("process {pid} has ended"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1_024)
}

/// Busy processor time of the whole machine so far, including time stolen by the hypervisor.
fn machine() -> anyhow::Result<Duration> {
    parse_machine(&fs::read_to_string("/proc/stat")?).context("/proc/stat")
}

/// Parses the first line: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)).
fn parse_machine(stat: &str) -> Option<Duration> {
    let fields: Result<Vec<u64>, _> = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace()
        .map(str::parse)
        .collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, steal] = *fields.ok()?.first_chunk()?;
    Some(ticks(user + nice + system + irq + softirq + steal))
}

/// Measures processor time over a period.
pub struct Meter<'a> {
    servers: &'a [u32],
    began: Instant,
    server: Duration,
    generator: Duration,
    machine: Duration,
}

/// Processor time spent in a period.
pub struct Spent {
    pub wall: Duration,
    /// All servers together; `None` if their processes are unknown.
    pub server: Option<Duration>,
    /// This process.
    pub generator: Duration,
    /// Everything else on the machine; `None` if the servers' processes are unknown. A high value
    /// means that other processes disturbed the run.
    pub rest: Option<Duration>,
}

impl<'a> Meter<'a> {
    /// Starts the period.
    pub fn start(servers: &'a [u32]) -> anyhow::Result<Self> {
        let (server, generator) = (sum(servers)?, cpu(std::process::id())?);
        Ok(Self {
            servers,
            began: Instant::now(),
            server,
            generator,
            machine: machine()?,
        })
    }

    /// Processor time since the start.
    pub fn read(&self) -> anyhow::Result<Spent> {
        let server =
            (!self.servers.is_empty()).then_some(sum(self.servers)?.saturating_sub(self.server));
        let generator = cpu(std::process::id())?.saturating_sub(self.generator);
        let all = machine()?.saturating_sub(self.machine);
        let rest = server.map(|server| all.saturating_sub(server + generator));
        Ok(Spent {
            wall: self.began.elapsed(),
            server,
            generator,
            rest,
        })
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
        let stat =
            "42 (art (critique) 2) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 9 0 100 1 2";
        assert_eq!(parse_cpu(stat), Some(Duration::from_secs(2)));
        assert_eq!(parse_cpu("42 (x) S 1"), None);
    }

    #[test]
    fn idle_and_iowait_are_not_counted_as_processor_time() {
        let stat = "cpu  100 20 30 9999 9999 1 2 47 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(parse_machine(stat), Some(Duration::from_secs(2)));
        assert_eq!(parse_machine("cpu  100 20"), None);
    }

    #[test]
    fn memory_and_time_of_this_process_can_be_read() {
        let me = std::process::id();
        assert!(resident(me).expect("memory") > 0);
        cpu(me).expect("time");
    }
}
