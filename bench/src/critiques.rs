//! Critiques to post, with their recipients.

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use shared::paths;

use crate::{site::Site, ticket::Ticket};

/// A critique to post; users are given by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Critique {
    pub ticket: Ticket,
    pub author: usize,
    /// The owner of the artwork, who must be notified.
    pub artist: usize,
}

impl Critique {
    /// Posts the critique.
    ///
    /// # Errors
    /// When the server does not accept it.
    pub async fn post(self, site: &Site) -> anyhow::Result<Self> {
        let path = paths::api::artwork_critiques(site.users[self.artist].artwork);
        let body = format!(
            "{}: the light falls well on the left, the right could do with *more* of it.",
            self.ticket
        );
        site.post(self.author, &path, &json!({ "body": body }))
            .await?
            .expect(201)?;
        Ok(self)
    }
}

/// Critiques by random users on other users' artworks, numbered from `first` on. At least two users
/// are needed.
pub fn at_random(users: usize, first: u32, seed: u64) -> impl Iterator<Item = Critique> {
    let mut random = StdRng::seed_from_u64(seed);
    (first..).map(move |number| {
        let artist = random.random_range(0..users);
        let author = (artist + random.random_range(1..users)) % users;
        Critique {
            ticket: Ticket(number),
            author,
            artist,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_critiques_are_never_on_the_authors_own_work() {
        let critiques: Vec<_> = at_random(2, 5, 1).take(200).collect();
        assert!(
            critiques
                .iter()
                .all(|critique| critique.author != critique.artist && critique.author < 2)
        );
        assert_eq!(critiques[3].ticket, Ticket(8));
    }
}
