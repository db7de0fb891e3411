//! The route table.

use app::shell::Assets;
use axum::{
    Router,
    routing::{any, get, post},
};
use leptos_axum::{LeptosRoutes, generate_route_list};
use shared::paths;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::{
    api, files, forms, guest_pages::GuestPages, health, live, media, middleware, pages,
    reference::Reference, rendering::RenderingTurns, shape, state::Site, uploads,
};

/// The REST API: one table for its routes and for its OpenAPI document.
pub fn rest() -> OpenApiRouter<Site> {
    OpenApiRouter::with_openapi(api::docs::base())
        .routes(routes!(api::accounts::register))
        .routes(routes!(
            api::accounts::who,
            api::accounts::sign_in,
            api::accounts::sign_out
        ))
        .routes(routes!(api::recovery::request))
        .routes(routes!(api::artworks::list, uploads::rest))
        .routes(routes!(
            api::artworks::show,
            api::artworks::edit,
            api::artworks::delete
        ))
        .routes(routes!(api::artworks::changes))
        .routes(routes!(api::critiques::list, api::critiques::post))
        .routes(routes!(api::critiques::edit, api::critiques::delete))
        .routes(routes!(
            api::critiques::helpful,
            api::critiques::not_helpful
        ))
        .routes(routes!(api::people::follow, api::people::unfollow))
        .routes(routes!(api::tokens::list, api::tokens::create))
        .routes(routes!(api::tokens::revoke))
        .routes(routes!(api::notifications::list))
        .route(
            paths::api::NOTIFICATIONS_SLASH,
            get(api::notifications::list),
        )
        .routes(routes!(api::notifications::mark))
        .route(paths::api::NOTHING, any(api::nothing))
}

/// The reference of the REST API. It needs neither viewer nor database.
pub fn reference() -> OpenApiRouter<Site> {
    OpenApiRouter::default()
        .routes(routes!(api::docs::openapi))
        .routes(routes!(api::docs::reference))
}

/// The table of the REST API as an OpenAPI document and a page, for a site with these assets and
/// this session cookie. Written when it is first asked for.
pub fn describe(assets: &Assets, cookie: &'static str) -> Reference {
    let assets = assets.clone();
    Reference::new(move || {
        let table = rest().merge(reference()).into_openapi();
        api::docs::write(table, &assets, cookie)
    })
}

/// All routes with their layers. Health, media and static files do not look up the viewer, so they
/// work while the database is down.
///
/// # Errors
/// When a layer's setting is invalid.
pub fn router(site: &Site) -> anyhow::Result<Router> {
    let live = Router::new()
        .route(paths::sockets::NOTIFICATIONS, get(live::open_inbox))
        .route(paths::sockets::NOTIFICATIONS_SLASH, get(live::open_inbox))
        .route(paths::sockets::WATCH, get(live::open_watch));
    let pages = pages(site);
    let acting = Router::new()
        .route(paths::actions::ACTION, get(forms::read).post(forms::act))
        .route(
            paths::NEW_ARTWORK,
            post(uploads::page).fallback_service(pages.clone()),
        )
        .route(paths::NOTIFICATION, get(pages::open_notification))
        .layer(axum::Extension(forms::Pages(pages.clone())));
    let other = Router::new()
        .route(paths::files::PICTURE, get(media::show))
        .route(paths::ALIVE, get(health::alive))
        .route(paths::READY, get(health::ready));
    let personal = Router::new()
        .merge(Router::from(rest()))
        .merge(live)
        .merge(acting)
        .method_not_allowed_fallback(api::wrong_method);
    let open = Router::new()
        .merge(other)
        .merge(Router::from(reference()))
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
            RenderingTurns::default(),
            RenderingTurns::render,
        ))
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
