use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};

use crate::app::{App, Parts};
use crate::call::Call;
use crate::pass::{Peer, pass};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::{api, contract, describe, probes, sign_in, webhook};

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
    router.fallback(other).layer(from_fn_with_state(app.clone(), pass)).with_state(app)
}

/// What a process tells of itself that answers nothing else.
pub(crate) fn route_probes(app: App) -> Router {
    let routes = probes::of_every_process(Routes::new(describe::introduction()));
    let (router, ..) = routes.finish();
    let nothing = || async { Problem::not_found() };
    router.fallback(nothing).layer(from_fn_with_state(app.clone(), pass)).with_state(app)
}

/// What isn't of the native API: the public contract has paths that no router's patterns can hold, since
/// one of its ids has an encoded slash in it.
async fn other(app: State<App>, call: Call, peer: Peer, request: Request) -> Response {
    if nightjar_contract::is_of_contract(request.uri().path()) {
        return contract::serve(app, call, peer, request).await;
    }
    Problem::not_found().into_response()
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
    let routes = webhook::routes(routes);
    api::routes(routes)
}
