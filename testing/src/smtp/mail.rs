/// A mail that a server accepted.
#[derive(Clone, Debug)]
pub struct ReceivedMail {
    /// The sender's address in the envelope.
    pub from: String,
    /// The recipients' addresses in the envelope.
    pub to: Vec<String>,
    /// The mail as it was sent, headers first.
    pub raw: String,
}

impl ReceivedMail {
    /// A mail with this envelope.
    pub const fn new(from: String, to: Vec<String>, raw: String) -> Self {
        Self { from, to, raw }
    }

    /// The value of a header, with its folding undone; empty if it is missing.
    pub fn header(&self, name: &str) -> String {
        let (head, _) = self.raw.split_once("\r\n\r\n").unwrap_or((&self.raw, ""));
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let value = unfolded.split("\r\n").find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        });
        value.unwrap_or_default()
    }

    /// The mail with quoted-printable (RFC 2045, section 6.7) undone in all of its parts.
    pub fn decoded(&self) -> String {
        let joined = self.raw.replace("=\r\n", "");
        let mut bytes = Vec::with_capacity(joined.len());
        let mut rest = joined.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            let code = after
                .get(..2)
                .filter(|_| *first == b'=')
                .and_then(|code| std::str::from_utf8(code).ok())
                .and_then(|code| u8::from_str_radix(code, 16).ok());
            bytes.push(code.unwrap_or(*first));
            rest = &after[if code.is_some() { 2 } else { 0 }..];
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The first path of a link that begins with `start`, such as `/reset/`.
    ///
    /// # Panics
    /// When there is no such link.
    pub fn path(&self, start: &str) -> String {
        let text = self.decoded();
        let at = text
            .match_indices(start)
            .map(|(at, _)| at)
            .find(|at| !text[..*at].ends_with(char::is_whitespace))
            .unwrap_or_else(|| panic!("no link to {start} in\n{text}"));
        text[at..]
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '&'))
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}
