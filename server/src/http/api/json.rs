use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};
use shared::{AppError, Kind, Phrase};

use crate::http::{api::explain, problem::Problem};

/// Largest JSON body, in bytes.
const BODY_MAX: usize = 256 * 1_024;

/// A JSON object from the body (RFC 8259). Rejects another content type with 415, more than 256 KiB
/// with 413, invalid JSON with 400, and JSON of the wrong shape with 422 and the field at fault.
/// Types for this deny unknown fields.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem(AppError::new(Kind::Unsupported, "json-type")));
        }
        let body = read(request.into_body()).await?;
        Ok(Self(parse(&body)?))
    }
}

/// `application/json` or a `+json` type (RFC 6839); a charset, if given, must be UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = value
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    let charsets =
        parts.filter_map(|part| Some(part.strip_prefix("charset=")?.trim_matches('"').to_owned()));
    json && charsets
        .into_iter()
        .all(|charset| matches!(charset.as_str(), "utf-8" | "utf8"))
}

async fn read(body: Body) -> Result<Bytes, AppError> {
    let read = Limited::new(body, BODY_MAX).collect().await;
    read.map(http_body_util::Collected::to_bytes)
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                let phrase = Phrase::new("body-too-large").with("kib", BODY_MAX / 1_024);
                AppError::new(Kind::TooLarge, phrase)
            } else {
                AppError::new(Kind::Malformed, "body-broken-off")
            }
        })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    let not_json = |error: serde_json::Error| {
        let phrase = Phrase::new("json-malformed").with("reason", error);
        AppError::new(Kind::Malformed, phrase)
    };
    serde_json::from_slice::<IgnoredAny>(body).map_err(not_json)?;
    // Derived deserialisers also accept an array of the fields' values.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(AppError::new(Kind::Invalid, "json-object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() {
            let said = error.to_string();
            explain(
                &path,
                said.rsplit_once(" at line ")
                    .map_or(said.as_str(), |(said, _)| said),
            )
        } else {
            not_json(error)
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use words::Locale;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Wanted {
        title: String,
        ids: Vec<i64>,
        size: Option<u8>,
    }

    fn refused(body: &str) -> (u16, Vec<String>, String) {
        let error = parse::<Wanted>(body.as_bytes()).expect_err(body);
        let told = words::shown(&error, Locale::En);
        let said = told
            .fields
            .first()
            .map_or(told.message.clone(), |field| field.message.clone());
        (
            error.kind.status(),
            error.fields.into_iter().map(|field| field.field).collect(),
            said,
        )
    }

    #[test]
    fn errors_name_the_field_at_fault() {
        for (body, field, said) in [
            (
                r#"{"role":"moderator"}"#,
                "role",
                "There is no such field. Known are title, ids, size.",
            ),
            (r#"{"Title":"x"}"#, "Title", "There is no such field."),
            (
                r#"{"title":7}"#,
                "title",
                "Send a string; this is integer 7.",
            ),
            (r#"{"title":null}"#, "title", "Send a string; this is null."),
            (
                r#"{"title":["x"]}"#,
                "title",
                "Send a string; this is sequence.",
            ),
            (r#"{"ids":{}}"#, "ids", "Send a sequence; this is map."),
            (
                r#"{"ids":[1,"x"]}"#,
                "ids[1]",
                "Send i64; this is string \"x\".",
            ),
            (r#"{"size":300}"#, "size", "Send u8; this is integer 300."),
            (
                r#"{"title":"a","title":"b"}"#,
                "title",
                "Send this once; it is there twice.",
            ),
        ] {
            let (status, fields, sentence) = refused(body);
            assert_eq!((status, fields), (422, vec![field.to_owned()]), "{body}");
            assert!(sentence.starts_with(said), "{body}: {sentence}");
        }
    }

    #[test]
    fn only_objects_are_accepted() {
        for body in [
            "[]",
            r#"["x",[1],2]"#,
            "null",
            "7",
            r#""x""#,
            " [ ] ",
            "true",
        ] {
            assert_eq!(refused(body).0, 422, "{body}");
        }
        assert_eq!(
            parse::<Wanted>(b" \n{ } ").expect("an empty object"),
            Wanted::default()
        );
    }

    #[test]
    fn invalid_json_gets_400() {
        for body in [
            "",
            "{",
            r#"{"title":"x"} {"#,
            r#"{"title":"x"}x"#,
            r#"{"title":"x",}"#,
            r#"{"title":"\ud800"}"#,
            r#"{"title":"\udc00\ud800"}"#,
            r#"{"title":"\x"}"#,
            "{\"title\":\"a\nb\"}",
            r#"{"size":1e999}"#,
            r"{'title':'x'}",
            r#"{"size":NaN}"#,
            "\u{feff}{}",
        ] {
            assert_eq!(refused(body).0, 400, "{body}");
        }
        assert_eq!(
            parse::<Wanted>(b"{\"title\":\"\xff\"}")
                .expect_err("no UTF-8")
                .kind,
            Kind::Malformed
        );
        assert_eq!(
            refused(&format!("{{\"ids\":{}", "[".repeat(100_000))).0,
            400,
            "deep"
        );
    }

    #[test]
    fn only_json_content_types_are_accepted() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().expect("a value"));
            is_json(&headers)
        };
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/x+json",
        ] {
            assert!(with(good), "{good}");
        }
        for bad in [
            "",
            "text/json",
            "text/plain",
            "application/jsonx",
            "application/json; charset=latin1",
            "multipart/form-data",
        ] {
            assert!(!with(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_body_causes_a_server_error(body in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Err(error) = parse::<Wanted>(&body) {
                prop_assert!(matches!(error.kind, Kind::Malformed | Kind::Invalid));
            }
        }
    }
}
