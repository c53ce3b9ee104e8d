//! Which process an ingester is, so that another one on the same machine sees at once when it has died.
//!
//! A heartbeat that stays out says the same, only some seconds later. Where there is no `/proc`, and for
//! processes of other machines and containers, it has to do.

use serde::{Deserialize, Serialize};

/// A process among all that ever ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    /// The machine since it was started.
    boot: String,
    /// Where the id counts: containers have their own.
    namespace: String,
    id: u32,
    /// In clock ticks after the machine's start; ids are used again.
    started: u64,
}

impl Process {
    /// This process; `None` where it cannot be told.
    pub(super) fn this() -> Option<Self> {
        let id = std::process::id();
        let (boot, namespace) = here()?;
        Some(Self { boot, namespace, id, started: running(id)? })
    }

    /// Whether it is known to have ended.
    pub(super) fn has_ended(&self) -> bool {
        let is_here = here().is_some_and(|(boot, namespace)| {
            (boot.as_str(), namespace.as_str()) == (&self.boot, &self.namespace)
        });
        is_here && running(self.id) != Some(self.started)
    }
}

/// The machine's start, and the namespace of our process ids.
fn here() -> Option<(String, String)> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some((boot.trim().to_owned(), namespace.to_str()?.to_owned()))
}

/// When the process with an id was started, unless it has ended.
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn running(id: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    // Its parent has not asked for its exit code yet.
    let is_dead = matches!(state, "Z" | "X" | "x");
    fields.nth(18).filter(|_| !is_dead)?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_ended_when_it_is_killed_or_its_id_is_another_ones() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let this = Process::this().unwrap();
        let process = Process { id: child.id(), started: running(child.id()).unwrap(), ..this };
        assert!(!process.has_ended());
        let earlier = Process { started: process.started - 1, ..process.clone() };
        assert!(earlier.has_ended(), "the id is used again");
        let elsewhere = Process { boot: "another machine".into(), ..earlier };
        assert!(!elsewhere.has_ended(), "nothing is known of it");
        child.kill().unwrap();
        // Also before anybody has waited for it.
        while !process.has_ended() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.wait().unwrap();
        assert!(process.has_ended());
    }
}
