//! Compares accepted writes with the notifications that were delivered.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use crate::{fault::Fault, follower::Follower, ticket::Ticket, times::Times};

/// How long to wait for the last notification: longer than the 25 s after which the server looks
/// for changes behind a lost hint.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(40);

/// An accepted write of which one user must be notified.
pub struct Accepted {
    pub ticket: Ticket,
    pub recipient: usize,
    /// When the request was due.
    pub due: Instant,
    /// When the server acknowledged it.
    pub acknowledged: Instant,
    /// Whether it counts towards the measured times; false during warm-up.
    pub counts: bool,
}

/// Delivery times, one for each socket of each recipient.
#[derive(Default)]
pub struct Deliveries {
    pub since_sent: Times,
    /// Zero for a notification that arrived before the acknowledgement.
    pub since_acknowledged: Times,
    /// How many notifications arrived before the acknowledgement.
    pub overtook: u64,
}

/// Records a fault for each notification that a follower missed or received twice.
pub fn check(accepted: &[Accepted], followers: &mut [Follower]) {
    let owed = owed(accepted);
    for follower in followers {
        let mut heard = HashSet::new();
        for (ticket, _) in &follower.heard {
            if !heard.insert(*ticket) {
                follower.faults.push(Fault::ToldTwice(*ticket));
            }
        }
        let owed = owed.get(&follower.user).into_iter().flatten();
        follower.faults.extend(
            owed.filter(|act| !heard.contains(&act.ticket))
                .map(|act| Fault::Unheard(act.ticket)),
        );
    }
}

/// Delivery times of these writes, for the notifications that arrived.
pub fn times(accepted: &[Accepted], followers: &[Follower]) -> Deliveries {
    let (owed, mut deliveries) = (owed(accepted), Deliveries::default());
    for follower in followers {
        let heard: HashMap<_, _> = follower.heard.iter().copied().collect();
        for act in owed
            .get(&follower.user)
            .into_iter()
            .flatten()
            .filter(|act| act.counts)
        {
            let Some(at) = heard.get(&act.ticket) else {
                continue;
            };
            deliveries
                .since_sent
                .record(at.saturating_duration_since(act.due));
            deliveries
                .since_acknowledged
                .record(at.saturating_duration_since(act.acknowledged));
            deliveries.overtook += u64::from(*at < act.acknowledged);
        }
    }
    deliveries
}

/// The writes of which each user must be notified.
fn owed(accepted: &[Accepted]) -> HashMap<usize, Vec<&Accepted>> {
    let mut owed: HashMap<usize, Vec<&Accepted>> = HashMap::new();
    for act in accepted {
        owed.entry(act.recipient).or_default().push(act);
    }
    owed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follower(user: usize, heard: &[(u32, Instant)]) -> Follower {
        let mut follower = Follower::new(user, user);
        follower.heard = heard
            .iter()
            .map(|(number, at)| (Ticket(*number), *at))
            .collect();
        follower
    }

    fn accepted(number: u32, recipient: usize, due: Instant) -> Accepted {
        let acknowledged = due + Duration::from_millis(5);
        Accepted {
            ticket: Ticket(number),
            recipient,
            due,
            acknowledged,
            counts: true,
        }
    }

    #[test]
    fn every_socket_of_the_recipient_counts_and_no_other() {
        let due = Instant::now();
        let mut followers = [
            follower(1, &[(7, due + Duration::from_millis(8))]),
            follower(1, &[(7, due + Duration::from_millis(4))]),
            follower(2, &[]),
        ];
        check(&[accepted(7, 1, due)], &mut followers);
        let deliveries = times(&[accepted(7, 1, due)], &followers);
        assert_eq!(deliveries.since_sent.summary().expect("two").count, 2);
        assert_eq!(deliveries.overtook, 1);
        assert!(followers.iter().all(|follower| follower.faults.is_empty()));
    }

    #[test]
    fn a_missing_or_repeated_notification_is_a_fault_of_that_socket() {
        let due = Instant::now();
        let mut followers = [follower(1, &[]), follower(2, &[(8, due), (8, due)])];
        check(&[accepted(7, 1, due), accepted(8, 2, due)], &mut followers);
        assert_eq!(followers[0].faults, [Fault::Unheard(Ticket(7))]);
        assert_eq!(followers[1].faults, [Fault::ToldTwice(Ticket(8))]);
    }
}
