//! Parsing of settings. Surrounding whitespace is ignored, and an empty variable counts as unset.
//! An error is a sentence that names the variable, its value and what is accepted.

use std::{
    ffi::OsStr, fmt::Display, net::SocketAddr, ops::RangeInclusive, path::PathBuf, str::FromStr,
};

use clap::{
    Command, Error, FromArgMatches, ValueEnum,
    builder::Resettable,
    error::{ContextKind, ContextValue, ErrorKind},
};
use domain::channels::mail::{Relay, Sender};
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

use crate::config::secret_url::SecretUrl;

/// Networks of the trusted proxies.
#[derive(Clone, Debug, Default)]
pub struct Proxies(pub Vec<IpNet>);

/// Why the settings could not be read.
#[derive(Debug)]
pub enum Refusal {
    /// An invalid setting; a sentence for the operator.
    Setting(String),
    /// Anything else, in clap's words: a usage error, or the output of `--help`.
    Usage(Error),
}

/// Reads the command line and the environment.
pub fn read<T: FromArgMatches>(mut command: Command) -> Result<T, Refusal> {
    let variables: Vec<String> = command
        .get_arguments()
        .filter_map(|argument| Some(argument.get_env()?.to_string_lossy().into_owned()))
        .collect();
    if let Some(name) = variables
        .iter()
        .find(|name| std::env::var_os(name).is_some_and(|value| value.to_str().is_none()))
    {
        return Err(Refusal::Setting(format!("{name} is not valid UTF-8.")));
    }
    let blank = |name: &OsStr| std::env::var(name).is_ok_and(|value| value.trim().is_empty());
    command = command.mut_args(|argument| match argument.get_env().map(blank) {
        Some(true) => argument.env(Resettable::<clap::builder::OsStr>::Reset),
        _ => argument,
    });
    let mut described = command.clone();
    described.build();
    let read = command
        .try_get_matches()
        .and_then(|matches| T::from_arg_matches(&matches));
    read.map_err(|error| {
        explain(&described, &error).map_or_else(|| Refusal::Usage(error), Refusal::Setting)
    })
}

/// A sentence about the rejected value; `None` if the error is not about a setting's value.
fn explain(command: &Command, error: &Error) -> Option<String> {
    if !matches!(
        error.kind(),
        ErrorKind::ValueValidation | ErrorKind::InvalidValue
    ) {
        return None;
    }
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let argument = command
        .get_arguments()
        .find(|argument| Some(argument.to_string().as_str()) == text(ContextKind::InvalidArg))?;
    let (variable, flag) = (argument.get_env()?.to_string_lossy(), argument.get_long()?);
    let value = text(ContextKind::InvalidValue)
        .unwrap_or_default()
        .to_owned();
    let value = if argument.is_hide_env_values_set() {
        SecretUrl::from(value).to_string()
    } else {
        value
    };
    let why = std::error::Error::source(error)
        .map_or_else(|| "it can't be read".into(), ToString::to_string);
    Some(format!("{variable} (or --{flag}) is “{value}”: {why}."))
}

/// Parses a listening address: an IP address or `localhost`, with a port.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let numeric = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    numeric.as_deref().unwrap_or(text).parse().map_err(|_| {
        "expected an address with a port, such as 127.0.0.1:3000, or 0.0.0.0:3000 or [::]:3000 to listen on all of the machine's addresses"
            .into()
    })
}

/// Parses comma-separated networks and addresses.
pub fn proxies(text: &str) -> Result<Proxies, String> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names.map(network).collect::<Result<_, _>>().map(Proxies)
}

fn network(name: &str) -> Result<IpNet, String> {
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name);
    let single = || {
        bare.parse::<std::net::IpAddr>()
            .map(|address| IpNet::from(address.to_canonical()))
    };
    bare.parse::<IpNet>().or_else(|_| single()).map_err(|_| {
        format!("“{name}” is neither an address nor a network; expected a comma-separated list such as 10.0.0.1, 10.0.0.0/8, fd00::/8")
    })
}

/// Parses one of the names of an enum, in any letter case.
pub fn word<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text.trim(), true).map_err(|_| {
        let words = T::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value);
        let words: Vec<String> = words.map(|word| word.get_name().to_owned()).collect();
        let (last, others) = words
            .split_last()
            .map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
        format!("expected {} or {last}", others.join(", "))
    })
}

/// A parser for whole numbers within a range.
pub fn number<T>(
    within: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync,
{
    move |text| {
        let number = text
            .trim()
            .parse()
            .ok()
            .filter(|number| within.contains(number));
        number.ok_or_else(|| {
            format!(
                "expected a whole number from {} to {}",
                within.start(),
                within.end()
            )
        })
    }
}

/// Parses the path of a folder.
#[expect(clippy::unnecessary_wraps, reason = "the form that clap takes")]
pub fn folder(text: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(text.trim()))
}

/// Parses the URL of a database.
pub fn database_url(text: &str) -> Result<String, String> {
    starts_with(
        text,
        &["sqlite:", "postgres://", "postgresql://"],
        "sqlite://path or postgres://user:password@host/database",
    )
}

/// Parses the URL of a Redis server.
pub fn redis_url(text: &str) -> Result<String, String> {
    starts_with(
        text,
        &["redis://", "rediss://", "redis+unix://", "unix://"],
        "redis://host:6379",
    )
}

/// Parses the URL of an SMTP relay.
pub fn smtp_url(text: &str) -> Result<Relay, String> {
    text.parse()
}

/// Parses the sender of mails.
pub fn mail_from(text: &str) -> Result<Sender, String> {
    text.parse()
}

fn starts_with(text: &str, schemes: &[&str], wanted: &str) -> Result<String, String> {
    let text = text.trim();
    let known = schemes.iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    known
        .then(|| text.to_owned())
        .ok_or_else(|| format!("expected {wanted}"))
}

/// Parses a `tracing` filter.
pub fn log_filter(text: &str) -> Result<String, String> {
    let text = text.trim();
    let wanted = "expected a level (error, warn, info, debug, trace), or one for each target, such as info,sqlx=warn";
    EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| format!("{error}; {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_lists_accept_networks_addresses_and_whitespace() {
        for (text, count) in [
            ("127.0.0.1", 1),
            (" 127.0.0.1 , 10.0.0.0/8,", 2),
            ("::1", 1),
            ("[::1],fd00::/8", 2),
            ("10.0.0.1/8", 1),
            (" , ,", 0),
            ("", 0),
        ] {
            assert_eq!(proxies(text).expect(text).0.len(), count, "{text:?}");
        }
        assert!(
            proxies("10.0.0.1").expect("one").0[0]
                .contains(&"10.0.0.1".parse::<std::net::IpAddr>().expect("an address"))
        );
        for (text, named) in [
            ("proxy.local", "“proxy.local”"),
            ("127.0.0.1,10.0.0.0/33", "“10.0.0.0/33”"),
            ("10.0.0.1:80", "“10"),
        ] {
            assert!(proxies(text).expect_err(text).contains(named), "{text}");
        }
    }

    #[test]
    fn listening_addresses_need_a_port() {
        for (text, read) in [
            (" 127.0.0.1:80 ", "127.0.0.1:80"),
            ("[::]:3000", "[::]:3000"),
            ("localhost:3000", "127.0.0.1:3000"),
        ] {
            assert_eq!(address(text).expect(text).to_string(), read);
        }
        for text in [
            "127.0.0.1",
            "3000",
            ":3000",
            "http://127.0.0.1:3000",
            "127.0.0.1:99999",
            "example.org:80",
        ] {
            assert!(
                address(text).expect_err(text).contains("127.0.0.1:3000"),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_out_of_range_are_rejected_with_the_range() {
        let secs = number(0..=10_u64);
        assert_eq!(secs(" 7 "), Ok(7));
        for text in ["11", "-1", "1.5", "ten", "1_0", "99999999999999999999"] {
            assert_eq!(
                secs(text),
                Err("expected a whole number from 0 to 10".into()),
                "{text}"
            );
        }
    }

    #[test]
    fn database_urls_are_sqlite_or_postgres() {
        for text in [
            "sqlite://x",
            "sqlite:x",
            "postgres://x",
            " postgresql://x ",
            "SQLITE://x",
        ] {
            assert!(database_url(text).is_ok(), "{text}");
        }
        for text in ["mysql://x", "data.sqlite", "postgres:x"] {
            assert!(database_url(text).is_err(), "{text}");
        }
    }
}
