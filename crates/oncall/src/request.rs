use jiff::Timestamp;
use nightjar_agent::Request;
use nightjar_incident::{AlertId, IncidentId};
use nightjar_store::{Created, Error as StoreError, Once, Space};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::moves::{self, Move, move_alert};

/// What somebody asked of an investigation, as it stands in the queue and in the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// The access key or session that asked; never a person's name.
    pub(crate) actor: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum What {
    Unlink { incident: IncidentId, alert: AlertId },
    Link { alert: AlertId, incident: IncidentId },
    LookAgain { incident: IncidentId },
}

impl Asked {
    pub(crate) fn new(actor: &str, request: &Request) -> Self {
        let what = match request.clone() {
            Request::Unlink { incident, alert } => What::Unlink { incident, alert },
            Request::Link { alert, incident } => What::Link { alert, incident },
            Request::LookAgain { incident } => What::LookAgain { incident },
        };
        Self { actor: actor.to_owned(), what }
    }

    pub(crate) fn request(&self) -> Request {
        match self.what.clone() {
            What::Unlink { incident, alert } => Request::Unlink { incident, alert },
            What::Link { alert, incident } => Request::Link { alert, incident },
            What::LookAgain { incident } => Request::LookAgain { incident },
        }
    }
}

/// Puts a request on an investigation into the queue; on a live one it is acted on at once. `actor` is the id
/// of the key or session.
///
/// # Errors
/// [`StoreError::NotFound`] where the incident or the alert isn't of this investigation,
/// [`StoreError::Conflict`] where it is so already.
pub async fn request(
    space: &Space,
    investigation: &str,
    actor: &str,
    request: &Request,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Created<()>> {
    if space.investigation(investigation).await?.is_live {
        return match request {
            Request::Unlink { alert, .. } => {
                move_alert(space, alert, &Move::Unlink, actor, once, now).await
            }
            Request::Link { alert, incident } => {
                let link = Move::Link(incident.clone());
                move_alert(space, alert, &link, actor, once, now).await
            }
            Request::LookAgain { incident } => {
                moves::look_again(space, incident, actor, once, now).await
            }
        };
    }
    let (incident, moved) = match request {
        Request::Unlink { incident, alert } => (incident, Some((alert, true))),
        Request::Link { alert, incident } => (incident, Some((alert, false))),
        Request::LookAgain { incident } => (incident, None),
    };
    if space.incident(incident).await?.investigation != investigation {
        let id = incident.to_string();
        return Err(StoreError::NotFound { what: "incident", id }.into());
    }
    if let Some((alert, from)) = moved {
        check_alert(space, investigation, incident, alert, from).await?;
    }
    let body = serde_json::to_value(Asked::new(actor, request))
        .expect("invariant: a request is texts under names");
    Ok(space.request(investigation, &body, once, now).await?)
}

/// Whether an alert can go `from` an incident, or else into it.
async fn check_alert(
    space: &Space,
    investigation: &str,
    incident: &IncidentId,
    alert: &AlertId,
    from: bool,
) -> Result<()> {
    let record = space.alert(alert).await?;
    let is_inside = record.incident.as_ref() == Some(incident);
    if record.investigation.as_deref() != Some(investigation) || (from && !is_inside) {
        return Err(StoreError::NotFound { what: "alert", id: alert.to_string() }.into());
    }
    if !from && is_inside {
        let told = format!("alert `{alert}` is in incident `{incident}` already");
        return Err(StoreError::Conflict(told).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_from_the_queue_as_it_went_in() {
        let (incident, alert) = (IncidentId::new("inc-1-1"), AlertId::new("alert-1-2"));
        for request in [
            Request::Unlink { incident: incident.clone(), alert: alert.clone() },
            Request::Link { incident: incident.clone(), alert },
            Request::LookAgain { incident },
        ] {
            let asked = Asked::new("NJAKX", &request);
            let body = serde_json::to_value(&asked).unwrap();
            assert_eq!(serde_json::from_value::<Asked>(body).unwrap(), asked);
            assert_eq!(Asked::new("NJAKX", &asked.request()), asked);
        }
    }
}
