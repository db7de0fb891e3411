//! How a notification is known to be the one that an act gave rise to.

use std::fmt;

use shared::dto::Notification;

const PREFIX: &str = "Ticket ";

/// The number of an act, carried by the words it posts and so by the notification that tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u32);

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl Ticket {
    /// The ticket in a notification's words: those of a critique, else the title of a work.
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
    fn a_ticket_is_read_back_from_the_words_it_was_put_into() {
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
