//! The minted users.

use anyhow::{Context, ensure};
use shared::ArtworkId;

/// A minted user, signed in, with one artwork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub handle: String,
    pub artwork: ArtworkId,
    /// The session cookie's value.
    pub cookie: String,
}

/// Parses the output of `artcritique load mint`: one line `handle<TAB>password<TAB>artwork
/// id<TAB>cookie value` per user.
pub fn parse(minted: &str) -> anyhow::Result<Vec<User>> {
    let users = minted
        .lines()
        .enumerate()
        .map(|(n, line)| one(line).with_context(|| format!("line {} of the users", n + 1)));
    users.collect()
}

fn one(line: &str) -> anyhow::Result<User> {
    let fields: Vec<_> = line.split('\t').collect();
    let [handle, _, artwork, cookie] = fields[..] else {
        anyhow::bail!("expected handle, password, artwork id and cookie value, with tabs between")
    };
    ensure!(!cookie.is_empty(), "@{handle} has no cookie");
    Ok(User {
        handle: handle.into(),
        artwork: artwork.parse().context("the artwork's id")?,
        cookie: cookie.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minted_users_are_parsed() {
        let users =
            parse("load1\tload test only\t7\tabc\nload2\tload test only\t8\tdef\n").expect("users");
        assert_eq!(
            users[1],
            User {
                handle: "load2".into(),
                artwork: ArtworkId(8),
                cookie: "def".into()
            }
        );
    }

    #[test]
    fn an_invalid_line_is_reported_by_number() {
        let error = parse("load1\tx\t7\tabc\nload2\tx\t8\n").expect_err("no cookie");
        assert!(format!("{error:#}").starts_with("line 2"), "{error:#}");
    }
}
