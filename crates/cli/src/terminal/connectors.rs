use nightjar_connect::Connector;

use crate::terminal::text::{Words, heading};

/// Columns of a line.
const WIDTH: usize = 100;

/// The kinds of connectors: what each connects with, what it can be asked, how it was tested.
pub(crate) fn connectors(connectors: &[Connector]) -> String {
    let mut out = String::new();
    for connector in connectors {
        let capabilities: Vec<&str> = connector.capabilities.iter().map(|c| c.label()).collect();
        out.push_str(&heading(connector.kind, &capabilities.join(", ")));
        out.push_str(&Words::new().plain(connector.summary).flow("  ", WIDTH));
        for tested in &connector.tested {
            let told = match tested.how {
                "server" => format!("tested against {} {}", tested.system, tested.version),
                how => format!("tested against a {how} of {} {}", tested.system, tested.version),
            };
            out.push_str(&Words::new().faint(&told).flow("  ", WIDTH));
        }
    }
    out
}
