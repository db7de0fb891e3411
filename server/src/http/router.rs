//! The route table.

use axum::{
    Router,
    routing::{any, delete, get, patch, post, put},
};
use leptos_axum::{LeptosRoutes, generate_route_list};

use crate::http::{
    api, files, forms, guest_pages::GuestPages, health, live, media, middleware, pages, shape,
    state::Site, uploads,
};

/// All routes with their layers. Health, media and static files do not look up the viewer, so they
/// work while the database is down.
///
/// # Errors
/// When a layer's setting is invalid.
pub fn router(site: &Site) -> anyhow::Result<Router> {
    let api = Router::new()
        .route("/api/accounts", post(api::accounts::register))
        .route("/api/password-reset", post(api::recovery::request))
        .route(
            "/api/session",
            get(api::accounts::who)
                .post(api::accounts::sign_in)
                .delete(api::accounts::sign_out),
        )
        .route(
            "/api/artworks",
            get(api::artworks::list).post(uploads::rest),
        )
        .route(
            "/api/artworks/{id}",
            get(api::artworks::show)
                .patch(api::artworks::edit)
                .delete(api::artworks::delete),
        )
        .route(
            "/api/artworks/{id}/critiques",
            get(api::critiques::list).post(api::critiques::post),
        )
        .route("/api/artworks/{id}/changes", get(api::artworks::changes))
        .route(
            "/api/critiques/{id}",
            patch(api::critiques::edit).delete(api::critiques::delete),
        )
        .route(
            "/api/critiques/{id}/helpful",
            put(api::critiques::helpful).delete(api::critiques::not_helpful),
        )
        .route(
            "/api/people/{handle}/follow",
            put(api::people::follow).delete(api::people::unfollow),
        )
        .route(
            "/api/tokens",
            get(api::tokens::list).post(api::tokens::create),
        )
        .route("/api/tokens/{id}", delete(api::tokens::revoke))
        .route("/api/notifications", get(api::notifications::list))
        .route("/api/notifications/", get(api::notifications::list))
        .route("/api/notifications/{mark}", post(api::notifications::mark))
        .route("/api/{*rest}", any(api::nothing));
    let live = Router::new()
        .route("/ws/notifications", get(live::open))
        .route("/ws/notifications/", get(live::open))
        .route("/ws/watch", get(live::open_as_guest));
    let pages = pages(site);
    let acting = Router::new()
        .route("/actions/{name}", get(forms::read).post(forms::act))
        .route(
            "/artworks/new",
            post(uploads::page).fallback_service(pages.clone()),
        )
        .route("/notifications/{id}", get(pages::open_notification))
        .layer(axum::Extension(forms::Pages(pages.clone())));
    let other = Router::new()
        .route("/media/{key}/{file}", get(media::show))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    let personal = Router::new()
        .merge(api)
        .merge(live)
        .merge(acting)
        .method_not_allowed_fallback(api::wrong_method);
    let open = Router::new()
        .merge(other)
        .method_not_allowed_fallback(api::wrong_method)
        .with_state(site.clone())
        .merge(files::routes(&site.built));
    // A fallback, not a merge: the pages' router has server-function routes of its own, and the
    // routes above take precedence.
    let personal = middleware::with_viewer(
        personal.with_state(site.clone()).fallback_service(pages),
        site,
    )?;
    Ok(middleware::around(open.merge(personal), site))
}

/// The rendered pages, including the not-found page.
fn pages(site: &Site) -> Router {
    let context = {
        let domain = site.domain.clone();
        move || leptos::prelude::provide_context(domain.clone())
    };
    let shell = {
        let assets = site.assets.clone();
        move || app::shell::shell(assets.clone())
    };
    Router::new()
        .leptos_routes_with_context(
            site,
            generate_route_list(app::Site),
            context.clone(),
            shell.clone(),
        )
        .fallback(leptos_axum::render_app_async_with_context(context, shell))
        .method_not_allowed_fallback(api::wrong_method)
        .layer(axum::middleware::from_fn(shape::write))
        .layer(axum::middleware::from_fn_with_state(
            site.clone(),
            pages::boot,
        ))
        .layer(axum::middleware::from_fn_with_state(
            GuestPages::new(&site.domain),
            GuestPages::show,
        ))
        .with_state(site.clone())
}
