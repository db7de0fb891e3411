//! The routes of built and public files. Files with a content hash in their name are cached for a
//! year, icons and other public files for a day.

use std::path::Path;

use axum::{
    Router,
    http::{HeaderValue, Response, StatusCode, header},
};
use shared::paths;
use tower::ServiceBuilder;
use tower_http::{
    services::{
        ServeDir,
        fs::{Backend, TokioBackend},
    },
    set_header::{MakeHeaderValue, SetResponseHeaderLayer},
};

use crate::http::assets::{BuiltSite, HASHES};

/// A route for `/pkg`, and one for each public file.
pub fn routes(site: &BuiltSite) -> Router {
    match site {
        BuiltSite::Folder(folder) => {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let files = entries.filter(|entry| entry.path().is_file());
            let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
            served_by(&TokioBackend, folder, names)
        }
        #[cfg(any(test, feature = "embed"))]
        BuiltSite::Embedded(files) => {
            let paths = files.paths().into_iter();
            let names = paths.filter(|path| !path.contains('/'));
            served_by(files, Path::new(""), names)
        }
    }
}

/// The routes, given the names of the files beside `pkg/`. Encoded variants, which a build adds,
/// have no routes of their own.
fn served_by(backend: &impl Backend, folder: &Path, names: impl Iterator<Item = String>) -> Router {
    let serve = |folder: &Path| {
        ServeDir::with_backend(folder, backend.clone())
            .precompressed_br()
            .precompressed_gzip()
    };
    let built = ServiceBuilder::new()
        .layer(cached("public, max-age=31536000, immutable"))
        .service(serve(&folder.join("pkg")));
    let public = ServiceBuilder::new()
        .layer(cached("public, max-age=86400"))
        .service(serve(folder));
    let names = names
        .filter(|name| !matches!(name.rsplit('.').next(), Some("br" | "gz")) && name != HASHES);
    names.fold(
        Router::new().nest_service(paths::files::BUILT, built),
        |router, name| router.route_service(&paths::files::public(&name), public.clone()),
    )
}

/// A layer that has files cached, but not errors: during a replacement of nodes, an older node
/// lacks the newer files.
fn cached<B>(
    how: &'static str,
) -> SetResponseHeaderLayer<impl MakeHeaderValue<Response<B>> + Clone> {
    SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, move |response: &Response<B>| {
        let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
        found.then(|| HeaderValue::from_static(how))
    })
}

#[cfg(test)]
mod tests;
