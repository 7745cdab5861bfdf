use axum::Router;
use axum::body::Bytes;
use axum::middleware::from_fn_with_state;

use crate::app::{App, Parts};
use crate::pass::pass;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::{api, describe, probes, sign_in};

/// The whole service as one router, for tests and for those who bring their own socket.
pub fn router(parts: Parts) -> Router {
    route(App::new(parts))
}

pub(crate) fn route(app: App) -> Router {
    let (router, description, rows) = routes().finish();
    let description = describe::complete(&description, &rows);
    let text = Bytes::from(describe::text(&description));
    // Nobody else sets it: an application is routed once.
    let _ = app.description.set(text);
    router
        .fallback(async || Problem::not_found())
        .layer(from_fn_with_state(app.clone(), pass))
        .with_state(app)
}

/// The description of the API: OpenAPI 3.1, as JSON.
pub fn openapi() -> String {
    let (_, description, rows) = routes().finish();
    describe::text(&describe::complete(&description, &rows))
}

/// All operations.
pub(crate) fn routes() -> Routes {
    let routes = Routes::new(describe::introduction());
    let routes = probes::routes(routes);
    let routes = sign_in::routes(routes);
    api::routes(routes)
}
