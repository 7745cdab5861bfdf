use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::admit::{Access, Pace, Rule, admit};
use crate::app::App;

/// The operations of the API, each with who may ask for it: there is no other way to add one.
pub(crate) struct Routes {
    router: OpenApiRouter<App>,
    rows: Vec<Row>,
    /// Names that two types have in the description: one would stand for both.
    clashes: Vec<String>,
}

/// What the description has to say of an operation beside its types.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) access: Access,
    /// Whether an idempotency key is read.
    pub(crate) once: bool,
}

impl Routes {
    pub(crate) fn new(description: OpenApi) -> Self {
        Self {
            router: OpenApiRouter::with_openapi(description),
            rows: Vec::new(),
            clashes: Vec::new(),
        }
    }

    /// An operation that answers soon.
    pub(crate) fn plain(self, access: Access, route: UtoipaMethodRouter<App>) -> Self {
        self.add(access, Pace::Usual, false, route)
    }

    /// One that makes something, at most once for each idempotency key.
    pub(crate) fn making(self, access: Access, route: UtoipaMethodRouter<App>) -> Self {
        self.add(access, Pace::Usual, true, route)
    }

    /// One that takes in an archive.
    pub(crate) fn taking(self, access: Access, route: UtoipaMethodRouter<App>) -> Self {
        self.add(access, Pace::Archive, true, route)
    }

    /// One that hands out an archive, or goes through a lot.
    pub(crate) fn slow(self, access: Access, route: UtoipaMethodRouter<App>) -> Self {
        self.add(access, Pace::Archive, false, route)
    }

    fn add(
        mut self,
        access: Access,
        pace: Pace,
        once: bool,
        (schemas, mut paths, router): UtoipaMethodRouter<App>,
    ) -> Self {
        let mut reads_query = false;
        for (path, item) in &mut paths.paths {
            let tag = tag(path);
            for operation in operations(item) {
                operation.operation_id = Some(access.name().to_owned());
                operation.summary = Some(access.summary().to_owned());
                operation.description = None;
                operation.tags = Some(vec![tag.clone()]);
                let parameters = operation.parameters.iter().flatten();
                reads_query |= parameters.into_iter().any(|parameter| match parameter {
                    RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
                    RefOr::Ref(_) => false,
                });
            }
        }
        let known = self.router.get_openapi().components.as_ref();
        for (name, schema) in &schemas {
            let other = known.and_then(|components| components.schemas.get(name));
            if other.is_some_and(|other| other != schema) {
                self.clashes.push(name.clone());
            }
        }
        self.rows.push(Row { access, once });
        let rule = Rule { access, pace, reads_query };
        let router = router.route_layer(from_fn_with_state(rule, admit));
        Self { router: self.router.routes((schemas, paths, router)), ..self }
    }

    pub(crate) fn finish(self) -> (Router<App>, OpenApi, Vec<Row>) {
        debug_assert!(self.clashes.is_empty(), "two types are called {:?}", self.clashes);
        let (router, description) = self.router.split_for_parts();
        (router, description, self.rows)
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, options, .. } = item;
    [get, put, post, delete, patch, options].into_iter().flatten()
}

/// What an operation is about: the last fixed part of its path that isn't of a single thing.
fn tag(path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{'));
    let parts: Vec<&str> = parts.filter(|part| !matches!(*part, "api" | "v1")).collect();
    match parts.as_slice() {
        ["spaces", second, ..] => (*second).to_owned(),
        [first, ..] => (*first).to_owned(),
        [] => "service".to_owned(),
    }
}
