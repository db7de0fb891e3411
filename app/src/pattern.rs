//! The patterns of `shared::paths`, for the router of the pages.

use leptos_router::{PartialPathMatch, PathSegment, PossibleRouteMatch};

/// A pattern of `shared::paths`, such as `/artworks/{id}`. It matches whole paths, with or without
/// a trailing slash, and a name in braces becomes a parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pattern(pub &'static str);

/// The segments of a path or a pattern.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_end_matches('/').split('/').skip(1)
}

/// The name in braces, if a pattern's segment is one.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

impl PossibleRouteMatch for Pattern {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let (mut given, mut parameters) = (segments(path), Vec::new());
        for wanted in segments(self.0) {
            let segment = given.next()?;
            match parameter(wanted) {
                Some(name) if !segment.is_empty() => {
                    parameters.push((name.into(), segment.to_owned()));
                }
                None if segment == wanted => {}
                _ => return None,
            }
        }
        given
            .next()
            .is_none()
            .then(|| PartialPathMatch::new("", parameters, path))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        path.extend(segments(self.0).map(|segment| {
            parameter(segment).map_or_else(
                || PathSegment::Static(segment.to_owned().into()),
                |name| PathSegment::Param(name.to_owned().into()),
            )
        }));
    }
}

#[cfg(test)]
mod tests {
    use shared::paths;

    use super::*;

    fn matched(pattern: &'static str, path: &str) -> Option<Vec<(String, String)>> {
        let found = Pattern(pattern).test(path)?;
        assert!(found.is_complete(), "{pattern} {path}");
        let parameters = found.params().into_iter();
        Some(
            parameters
                .map(|(name, value)| (name.into_owned(), value))
                .collect(),
        )
    }

    #[test]
    fn patterns_match_whole_paths() {
        let id = |value: &str| Some(vec![("id".to_owned(), value.to_owned())]);
        for (pattern, path, expected) in [
            (paths::GALLERY, "/", Some(vec![])),
            (paths::GALLERY, "/login", None),
            (paths::LOGIN, "/login", Some(vec![])),
            (paths::LOGIN, "/login/", Some(vec![])),
            (paths::LOGIN, "/login/x", None),
            (paths::LOGIN, "/log", None),
            (paths::ARTWORK, "/artworks/7", id("7")),
            (paths::ARTWORK, "/artworks/", None),
            (paths::ARTWORK, "/artworks/7/edit", None),
            (paths::EDIT_ARTWORK, "/artworks/7/edit", id("7")),
            (paths::EDIT_ARTWORK, "/artworks//edit", None),
        ] {
            assert_eq!(matched(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_segments_of_a_pattern_are_those_of_the_server_route() {
        let mut path = Vec::new();
        Pattern(paths::EDIT_ARTWORK).generate_path(&mut path);
        let expected = [
            PathSegment::Static("artworks".into()),
            PathSegment::Param("id".into()),
            PathSegment::Static("edit".into()),
        ];
        assert_eq!(path, expected);
    }
}
