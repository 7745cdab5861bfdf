use nightjar_incident::AlertStatus;
use nightjar_payloads::Kind;
use serde_json::json;

use crate::senders;
use crate::{from, one};

fn sender() -> crate::sender::Sender {
    senders::all().into_iter().find(|sender| sender.provider == "opsgenie").unwrap()
}

#[test]
fn actions_that_change_the_state_are_read_and_others_are_no_alert() {
    use AlertStatus::{Acknowledged, Firing, Resolved};
    for (action, status) in [
        ("Create", Firing),
        ("UnAcknowledge", Firing),
        ("EscalateNext", Firing),
        ("SnoozeEnded", Firing),
        ("Acknowledge", Acknowledged),
        ("Snooze", Acknowledged),
        ("Close", Resolved),
        ("Delete", Resolved),
    ] {
        assert_eq!(one(sender().message(&vec![("/action", json!(action))])).status, status);
    }
    for action in ["AddNote", "AddTags", "AssignOwnership", "UpdatePriority", "Restart the server"]
    {
        let message = sender().message(&vec![("/action", json!(action))]);
        let rejected = from(None, message).unwrap_err();
        assert_eq!(rejected.kind, Kind::NoAlert, "{action}");
        assert!(rejected.reason.ends_with(&format!("found `{action}`")), "{}", rejected.reason);
    }
}
