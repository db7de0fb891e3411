//! The people who act and listen.

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

/// Reads what `artcritique load mint` writes: a line `handle<TAB>password<TAB>artwork id<TAB>cookie
/// value` for each.
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
    fn users_are_read_as_they_were_minted() {
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
    fn a_line_that_is_not_a_user_is_named() {
        let error = parse("load1\tx\t7\tabc\nload2\tx\t8\n").expect_err("no cookie");
        assert!(format!("{error:#}").starts_with("line 2"), "{error:#}");
    }
}
