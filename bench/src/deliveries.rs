//! What was accepted, held against who heard of it.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use crate::{fault::Fault, follower::Follower, ticket::Ticket, times::Times};

/// How long the last news may be under way: longer than the server takes to look for what a lost
/// hint hid, which is 25 s.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// An accepted act that one user has to hear of.
pub struct Accepted {
    pub ticket: Ticket,
    pub recipient: usize,
    /// When it was to be sent.
    pub due: Instant,
    /// When the server said that it had it.
    pub acknowledged: Instant,
    /// Whether its times count; those of a warm-up don't.
    pub counts: bool,
}

/// How long news was under way, once for each socket that it was owed to.
#[derive(Default)]
pub struct Deliveries {
    pub since_sent: Times,
    /// News that overtook the acknowledgement took no time.
    pub since_acknowledged: Times,
    /// How often that was so.
    pub overtook: u64,
}

/// Lets each follower know what it missed or was told twice.
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

/// How long the news of these acts was under way, where it came.
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

/// What each user has to hear of.
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
    fn each_socket_of_the_recipient_counts_and_nobody_elses() {
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
    fn news_that_never_came_or_came_twice_is_a_fault_of_that_socket() {
        let due = Instant::now();
        let mut followers = [follower(1, &[]), follower(2, &[(8, due), (8, due)])];
        check(&[accepted(7, 1, due), accepted(8, 2, due)], &mut followers);
        assert_eq!(followers[0].faults, [Fault::Unheard(Ticket(7))]);
        assert_eq!(followers[1].faults, [Fault::ToldTwice(Ticket(8))]);
    }
}
