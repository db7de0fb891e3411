//! Matches a notification to the write that caused it.

use std::fmt;

use shared::dto::Notification;

const PREFIX: &str = "Ticket ";

/// The number of a write. The posted text carries it, and so does the notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u32);

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl Ticket {
    /// The ticket in a notification: from the critique's excerpt, else from the artwork's title.
    pub fn of(notification: &Notification) -> Option<Self> {
        Self::read(&notification.excerpt).or_else(|| Self::read(&notification.artwork.title))
    }

    fn read(words: &str) -> Option<Self> {
        let rest = words.strip_prefix(PREFIX)?;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Ticket;

    #[test]
    fn a_ticket_is_parsed_from_the_text_that_carries_it() {
        assert_eq!(
            Ticket::read(&format!("{}: the light is good", Ticket(17))),
            Some(Ticket(17))
        );
        assert_eq!(Ticket::read("Ticket 17"), Some(Ticket(17)));
        for words in ["", "A load test", "Ticket", "Ticket x", "My Ticket 17"] {
            assert_eq!(Ticket::read(words), None, "{words}");
        }
    }
}
