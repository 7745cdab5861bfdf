//! The operations of the contract, read once from the folder `model`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::notation::Notation;
use crate::route::Template;
use crate::shape::{Error, Structure};

/// One file per subject; what several need stands in `shared.model`.
const FILES: [&str; 13] = [
    include_str!("../model/assets.model"),
    include_str!("../model/associations.model"),
    include_str!("../model/chat.model"),
    include_str!("../model/connections.model"),
    include_str!("../model/errors.model"),
    include_str!("../model/operator.model"),
    include_str!("../model/prevention.model"),
    include_str!("../model/services.model"),
    include_str!("../model/shared.model"),
    include_str!("../model/spaces.model"),
    include_str!("../model/tags.model"),
    include_str!("../model/tasks.model"),
    include_str!("../model/triggers.model"),
];

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    // INVARIANT: the files are part of the program, and a test reads them: they are sound.
    Notation::read(&FILES).unwrap_or_else(|error| unsound(&error))
});

#[expect(clippy::panic, reason = "the model is part of the program; a test reads all of it")]
fn unsound(error: &str) -> Model {
    panic!("invariant: the model of the contract is sound: {error}")
}

pub(crate) struct Model {
    /// In the order of their names.
    pub(crate) operations: Vec<Operation>,
    pub(crate) errors: Vec<Error>,
}

/// One operation of the contract.
pub struct Operation {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) template: Template,
    pub(crate) status: u16,
    pub(crate) input: Arc<Structure>,
    pub(crate) output: Option<Arc<Structure>>,
}

impl Operation {
    /// Its name, as clients call it: `CreateAgentSpace`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The path with its labels in braces; a label with a plus takes the rest of the path.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.template.written
    }

    /// The HTTP status of success.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// All that a request says, wherever in it that travels.
    #[must_use]
    pub fn input(&self) -> &Structure {
        &self.input
    }

    /// The body of the answer; `None` if it has none. One without members is sent as `{}`, or as
    /// nothing where the status is 204.
    #[must_use]
    pub fn output(&self) -> Option<&Structure> {
        self.output.as_deref()
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.name, self.method, self.template.written)
    }
}

/// All operations, in the order of their names.
#[must_use]
pub fn operations() -> &'static [Operation] {
    &MODEL.operations
}

/// The operation of this name.
#[must_use]
pub fn operation(name: &str) -> Option<&'static Operation> {
    let operations = operations();
    let at = operations.binary_search_by(|operation| operation.name.cmp(name)).ok()?;
    operations.get(at)
}

/// The errors that every operation may answer.
#[must_use]
pub fn errors() -> &'static [Error] {
    &MODEL.errors
}
