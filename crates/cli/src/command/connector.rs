use nightjar_connect::{Connector, Tested};
use nightjar_connectors::registry;
use serde_json::json;

use crate::exit::Exit;
use crate::output;
use crate::terminal;

/// Lists the kinds of connectors, and what each was tested against.
pub(crate) fn list(is_json: bool) -> anyhow::Result<Exit> {
    let mut connectors: Vec<Connector> = registry().iter().cloned().collect();
    connectors.push(nightjar_oncall::capsule());
    connectors.sort_by_key(|connector| connector.kind);
    if is_json {
        let told = connectors.iter().map(|connector| {
            let Connector { kind, summary, capabilities, tested, .. } = connector;
            let capabilities: Vec<_> = capabilities.iter().map(|c| c.label()).collect();
            json!({
                "kind": kind, "summary": summary, "capabilities": capabilities,
                "tested": foremost(tested), "also_tested": tested.get(1..).unwrap_or_default(),
            })
        });
        output::print_json(&told.collect::<Vec<_>>())?;
    } else {
        output::print(&terminal::connectors::connectors(&connectors))?;
    }
    Ok(Exit::Done)
}

/// What a connector was tested against first of all.
fn foremost(tested: &[Tested]) -> Option<&Tested> {
    tested.first()
}
