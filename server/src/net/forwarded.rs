//! The client address that trusted proxies report, in `X-Forwarded-For` (de facto) or `Forwarded`
//! (RFC 7239).
//!
//! Each proxy appends to a list, so the list is read from the right, up to the first address that
//! is not a trusted proxy's. The client may have written anything to the left of that address.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use crate::config::TrustedHeader;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that a proxy reports as its peer; `None` if it reports none (`unknown`, an
/// obfuscated name) or one that cannot be parsed.
type Hop = Option<IpAddr>;

/// The client address of a request from `peer`: the rightmost address that is not a trusted
/// proxy's, as far as the proxies report their peers.
pub fn client(
    peer: IpAddr,
    headers: &HeaderMap,
    proxies: &[IpNet],
    trusted_header: TrustedHeader,
) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted(peer, proxies) {
        return peer;
    }
    let x_forwarded_for = || walk(peer, proxies, x_forwarded_for(headers));
    let forwarded = || walk(peer, proxies, forwarded(headers));
    match trusted_header {
        TrustedHeader::XForwardedFor => x_forwarded_for(),
        TrustedHeader::Forwarded => forwarded(),
        TrustedHeader::Either => match (
            headers.contains_key(X_FORWARDED_FOR),
            headers.contains_key(header::FORWARDED),
        ) {
            (true, true) => Some(x_forwarded_for())
                .filter(|address| *address == forwarded())
                .unwrap_or(peer),
            (true, false) => x_forwarded_for(),
            (false, true) => forwarded(),
            (false, false) => peer,
        },
    }
}

/// Whether this is the address of a trusted proxy.
pub fn trusted(address: IpAddr, proxies: &[IpNet]) -> bool {
    proxies.iter().any(|network| network.contains(&address))
}

/// Follows the hops from `peer` while each is a trusted proxy that reports its peer.
fn walk(peer: IpAddr, proxies: &[IpNet], from_the_right: Vec<Hop>) -> IpAddr {
    let mut address = peer;
    for hop in from_the_right {
        let Some(hop) = hop else { break };
        address = hop;
        if !trusted(address, proxies) {
            break;
        }
    }
    address
}

/// Repeated headers form one list (RFC 9110, section 5.3). Split as bytes, so that invalid text
/// from a client does not hide the entries that proxies append.
fn x_forwarded_for(headers: &HeaderMap) -> Vec<Hop> {
    let lines = headers.get_all(X_FORWARDED_FOR).iter();
    let hops = lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    let hops: Vec<Hop> = hops
        .filter(|hop| !hop.is_empty())
        .map(|hop| node(std::str::from_utf8(hop).ok()?))
        .collect();
    hops.into_iter().rev().collect()
}

/// Parses each line separately, so that an unterminated quote from a client affects no other line.
/// A malformed line counts as one unknown hop.
fn forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let mut hops = Vec::new();
    for line in headers.get_all(header::FORWARDED) {
        hops.extend(
            line.to_str()
                .ok()
                .and_then(elements)
                .unwrap_or_else(|| vec![None]),
        );
    }
    hops.reverse();
    hops
}

/// The `for` parameter of each element of a `Forwarded` line (RFC 7239, section 4); `None` if the
/// line is malformed.
fn elements(line: &str) -> Option<Vec<Hop>> {
    let (mut hops, mut rest) = (Vec::new(), line.trim());
    while !rest.is_empty() {
        let mut hop = None;
        let mut pairs = 0;
        while !rest.is_empty() && !rest.starts_with(',') {
            if let Some(after) = rest.strip_prefix(';') {
                rest = after.trim_start();
                continue;
            }
            let (name, after) = rest.split_once('=')?;
            let (value, after) = value(after)?;
            if !is_token(name) {
                return None;
            }
            if name.eq_ignore_ascii_case("for") {
                hop = node(&value);
            }
            pairs += 1;
            rest = after.trim_start();
            if !(rest.is_empty() || rest.starts_with([',', ';'])) {
                return None;
            }
        }
        if pairs > 0 {
            hops.push(hop);
        }
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(hops)
}

/// A token or a quoted string, and the rest of the text.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';', ' ', '\t']).unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        // The grammar requires quotes around an address with colons, but some proxies omit them.
        let sound = !token.is_empty()
            && token
                .bytes()
                .all(|byte| is_token_byte(byte) || b":[]".contains(&byte));
        return sound.then(|| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            char => value.push(char),
        }
    }
    None
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// `tchar` (RFC 9110, section 5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Parses an address in the forms that proxies write: with or without a port, quotes, and for IPv6
/// brackets and a zone. Rejects `unknown` and obfuscated names (RFC 7239, section 6).
fn node(text: &str) -> Hop {
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
        .trim();
    let address = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            if !(port.is_empty() || is_port(port)) {
                return None;
            }
            IpAddr::V6(without_zone(address).parse().ok()?)
        }
        None => match (without_zone(text).parse(), text.find(':')) {
            (Ok(address), _) => address,
            (Err(_), Some(colon)) if is_port(&text[colon..]) => {
                IpAddr::V4(text[..colon].parse().ok()?)
            }
            _ => return None,
        },
    };
    Some(address.to_canonical())
}

fn without_zone(address: &str) -> &str {
    address.split('%').next().unwrap_or(address)
}

/// A colon followed by a port number or an obfuscated port.
fn is_port(text: &str) -> bool {
    let Some(port) = text.strip_prefix(':') else {
        return false;
    };
    port.starts_with('_') || port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests;
