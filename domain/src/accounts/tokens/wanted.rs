use shared::{
    AppError, FieldFault, Phrase,
    dto::Scope,
    text::{Fields, TokenName},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::policy::Scopes;

/// A token that a person wants, validated.
#[derive(Clone, Debug)]
pub struct WantedToken {
    /// The name to know it by.
    pub name: TokenName,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it expires, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// The expiry as the client named it. Days from now are another moment in each retry of a
    /// request, but the same words.
    pub named_expiry: String,
}

impl WantedToken {
    /// Validates a request for a token. `expires_at` is RFC 3339 and later than `now`, which is in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] with every field at fault.
    pub fn parse(
        name: &str,
        scopes: &[String],
        expires_at: Option<&str>,
        now: i64,
    ) -> Result<Self, AppError> {
        let mut fields = Fields::default();
        let name = fields.take("name", TokenName::parse(name));
        let scopes = fields.take("scopes", parse_scopes(scopes));
        let named_expiry = expires_at.unwrap_or_default().to_owned();
        let expires_at = fields.take(
            "expires_at",
            expires_at.map(|at| parse_expiry(at, now)).transpose(),
        );
        match (name, scopes, expires_at) {
            (Some(name), Some(scopes), Some(expires_at)) => Ok(Self {
                name,
                scopes,
                expires_at,
                named_expiry,
            }),
            _ => Err(fields.into_error()),
        }
    }

    /// As [`Self::parse`], with the days until the expiry, as a form gives them: from 1 to 366, or
    /// nothing for a token that never expires.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_form(
        name: &str,
        scopes: &[String],
        days: &str,
        now: i64,
    ) -> Result<Self, AppError> {
        let parsed = Self::parse(name, scopes, None, now);
        let expires_at = match days {
            "" => Ok(None),
            days => match days.parse::<i64>() {
                Ok(days @ 1..=366) => Ok(Some(now + days * 24 * 60 * 60 * 1_000)),
                _ => Err(FieldFault {
                    field: "expires".into(),
                    phrase: Phrase::new("token-expiry-invalid").with("years", 1),
                }),
            },
        };
        match (parsed, expires_at) {
            (Ok(wanted), Ok(expires_at)) => Ok(Self {
                expires_at,
                named_expiry: days.to_owned(),
                ..wanted
            }),
            (Ok(_), Err(field)) => Err(AppError::invalid(vec![field])),
            (Err(error), Ok(_)) => Err(error),
            (Err(mut error), Err(field)) => {
                error.fields.push(field);
                Err(error)
            }
        }
    }
}

fn parse_scopes(words: &[String]) -> Result<Scopes, Phrase> {
    if words.is_empty() {
        return Err(Phrase::new("token-scopes-missing"));
    }
    words
        .iter()
        .map(|word| Scope::parse(word))
        .collect::<Option<Scopes>>()
        .ok_or_else(|| {
            let known = Scope::ALL.map(Scope::word).join(", ");
            Phrase::new("token-scope-unknown").with("known", known)
        })
}

fn parse_expiry(text: &str, now: i64) -> Result<i64, Phrase> {
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| Phrase::new("time-format"))?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000)
        .ok()
        .filter(|at| *at > now)
        .ok_or_else(|| Phrase::new("time-past"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26T12:00:00Z.
    const NOW: i64 = 1_795_694_400_000;

    fn words(scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }

    #[test]
    fn a_request_for_a_token_is_validated_field_by_field() {
        let good = WantedToken::parse(
            "  My script ",
            &words(&["write", "read", "read"]),
            Some("2026-11-26T14:00:00+01:00"),
            NOW,
        )
        .expect("sound");
        assert_eq!(good.name.as_str(), "My script");
        assert_eq!(good.scopes.to_vec(), [Scope::Read, Scope::Write]);
        assert_eq!(good.expires_at, Some(NOW + 60 * 60 * 1_000));
        let forever = WantedToken::parse("x", &words(&["moderate"]), None, NOW);
        assert_eq!(forever.expect("sound").expires_at, None);
        let read = &words(&["read"])[..];
        for (name, scopes, expires_at, field) in [
            ("", read, None, "name"),
            ("\u{200b}", read, None, "name"),
            (&*"x".repeat(61), read, None, "name"),
            ("x", &[], None, "scopes"),
            ("x", &words(&["read", "admin"]), None, "scopes"),
            ("x", &words(&["Read"]), None, "scopes"),
            ("x", read, Some("tomorrow"), "expires_at"),
            ("x", read, Some(""), "expires_at"),
            ("x", read, Some("2026-11-26T12:00:00Z"), "expires_at"),
            ("x", read, Some("1999-01-01T00:00:00Z"), "expires_at"),
        ] {
            let error = WantedToken::parse(name, scopes, expires_at, NOW).expect_err(field);
            let fields: Vec<&str> = error
                .fields
                .iter()
                .map(|error| error.field.as_str())
                .collect();
            assert_eq!(fields, [field], "{name} {scopes:?} {expires_at:?}");
        }
        let all = WantedToken::parse("", &[], Some(""), NOW).expect_err("nothing is sound");
        assert_eq!(all.fields.len(), 3);
    }

    #[test]
    fn a_form_names_the_days_until_the_expiry() {
        let parsed = |days| WantedToken::parse_form("x", &words(&["read"]), days, NOW);
        assert_eq!(parsed("").expect("never").expires_at, None);
        assert_eq!(
            parsed("30").expect("sound").expires_at,
            Some(NOW + 30 * 86_400_000)
        );
        for odd in ["0", "-1", "367", "soon", "9223372036854775807"] {
            assert_eq!(parsed(odd).expect_err(odd).fields[0].field, "expires");
        }
        let both = WantedToken::parse_form("", &[], "0", NOW).expect_err("nothing is sound");
        assert_eq!(both.fields.len(), 3);
    }
}
