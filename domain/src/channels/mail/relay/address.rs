use std::{net::IpAddr, str::FromStr};

use lettre::transport::smtp::{
    authentication::Credentials,
    client::{Certificate, TlsParameters},
};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::channels::mail::relay::{Relay, Security};

/// Ports by convention (RFC 8314, section 7.3; RFC 6409).
const SUBMISSIONS: u16 = 465;
const SUBMISSION: u16 = 587;
const SMTP: u16 = 25;

/// What is expected, for errors.
const WANTED: &str =
    "expected smtps://user:password@host, or smtp://host?tls=starttls (or tls=none)";

impl FromStr for Relay {
    type Err = String;

    /// Parses `smtps://[USER:PASSWORD@]HOST[:PORT]`, or `smtp://…` with `?tls=starttls` or
    /// `?tls=none`. Without `tls`, a host on this machine gets no TLS and any other must offer
    /// STARTTLS. `ca=FILE` adds a certificate in PEM to those that are trusted.
    fn from_str(text: &str) -> Result<Self, String> {
        // The URL is not repeated: it contains a password.
        let url = Url::parse(text.trim()).map_err(|error| format!("{error}; {WANTED}"))?;
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| format!("it names no host; {WANTED}"))?;
        let host = host.trim_matches(['[', ']']).to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(format!(
                "it has a path; write /, ? and # in a password as %2F, %3F and %23; {WANTED}"
            ));
        }
        let (mut tls, mut ca) = (None, None);
        for (name, value) in url.query_pairs() {
            match &*name {
                "tls" => tls = Some(value.into_owned()),
                "ca" => ca = Some(value.into_owned()),
                _ => return Err(format!("it has parameters other than tls and ca; {WANTED}")),
            }
        }
        let parameters = || parameters(&host, ca.as_deref());
        let security = match (url.scheme(), tls.as_deref()) {
            ("smtps", None) => Security::Wrapper(parameters()?),
            ("smtp", Some("none")) => Security::None,
            ("smtp", None) if is_loopback(&host) => Security::None,
            ("smtp", None | Some("starttls")) => Security::StartTls(parameters()?),
            ("smtp", Some(_)) => return Err(format!("tls is neither starttls nor none; {WANTED}")),
            ("smtps", Some(_)) => return Err(format!("smtps:// takes no tls; {WANTED}")),
            _ => return Err(WANTED.to_owned()),
        };
        let port = url.port().unwrap_or(match security {
            Security::Wrapper(_) => SUBMISSIONS,
            Security::StartTls(_) => SUBMISSION,
            Security::None => SMTP,
        });
        Ok(Self {
            host,
            port,
            security,
            credentials: credentials(&url)?,
        })
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, String> {
    let decoded = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| "its user or password is not UTF-8".to_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(format!(
            "it needs a user and a password, or neither; {WANTED}"
        )),
        (user, Some(password)) => Ok(Some(Credentials::new(decoded(user)?, decoded(password)?))),
    }
}

fn parameters(host: &str, ca: Option<&str>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = ca {
        let pem = std::fs::read(file)
            .map_err(|error| format!("the certificate file {file} can't be read: {error}"))?;
        let certificate = Certificate::from_pem(&pem)
            .map_err(|_| format!("the certificate file {file} is not in PEM"))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| error.to_string())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_says_how_the_connection_is_encrypted() {
        for (url, read) in [
            ("smtps://mail.example", "smtps://mail.example:465"),
            (
                "smtps://ann:h%40%2Fush@mail.example:2465",
                "smtps://mail.example:2465",
            ),
            (
                "smtp://mail.example",
                "smtp://mail.example:587?tls=starttls",
            ),
            (
                "smtp://mail.example?tls=starttls",
                "smtp://mail.example:587?tls=starttls",
            ),
            (
                " smtp://mail.example/?tls=none ",
                "smtp://mail.example:25?tls=none",
            ),
            ("smtp://127.0.0.1:1025", "smtp://127.0.0.1:1025?tls=none"),
            ("smtp://[::1]:1025", "smtp://[::1]:1025?tls=none"),
            (
                "smtp://localhost?tls=starttls",
                "smtp://localhost:587?tls=starttls",
            ),
        ] {
            let relay: Relay = url.parse().expect(url);
            assert_eq!(
                (relay.to_string().as_str(), format!("{relay:?}").as_str()),
                (read, read)
            );
        }
    }

    #[test]
    fn a_user_and_password_may_contain_any_character() {
        let url = Url::parse("smtps://ann%40art.example:h%40%2Fu+sh@mail.example").expect("a URL");
        let expected = Credentials::new("ann@art.example".into(), "h@/u+sh".into());
        assert_eq!(credentials(&url), Ok(Some(expected)));
    }

    #[test]
    fn a_url_that_can_be_misread_is_refused_without_its_password() {
        for url in [
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://mail.example?tls=maybe",
            "smtps://mail.example?tls=none",
            "smtps://mail.example?auth=plain",
            "smtps://ann@mail.example",
            "smtps://:hush@mail.example",
            "smtps://ann:12/hush@mail.example",
            "smtps://ann:12#hush@mail.example",
            "smtps://mail.example?ca=/no/such/file",
        ] {
            let why = url.parse::<Relay>().map(drop).expect_err(url);
            assert!(!why.contains("hush") && !why.is_empty(), "{url}: {why}");
        }
    }
}
