//! Why a call failed, in the words of the client library that made it.

use nightjar_topology::EntityKind;

use crate::dice::Dice;
use crate::frame::CallError;
use crate::system::Node;

/// The words of a caller's language: Java, Go and Python by its place in the system.
pub(super) fn reason(error: CallError, to: &Node, caller: usize, dice: &mut Dice) -> String {
    let is_sql = to.kind() == EntityKind::Database;
    match error {
        CallError::Throttled if to.kind() == EntityKind::Table => {
            let request = dice.hex(26).to_uppercase();
            format!(
                "ProvisionedThroughputExceededException: The level of configured provisioned throughput \
                 for the table was exceeded (Status Code: 400, Request ID: {request})"
            )
        }
        CallError::Throttled => {
            "TooManyRequestsException: Rate exceeded (Status Code: 429)".into()
        }
        CallError::Timeout => "context deadline exceeded".into(),
        CallError::Refused => {
            let port = 30_000 + dice.below(30_000);
            format!(
                "dial tcp 10.0.{}.{}:8080 from port {port}: connection refused",
                1 + dice.below(3),
                10 + dice.below(200)
            )
        }
        CallError::Reset => "read: connection reset by peer".into(),
        CallError::Overloaded => "503 Service Unavailable".into(),
        CallError::Server if to.kind() == EntityKind::External => {
            "502 Bad Gateway from upstream".into()
        }
        CallError::Server => "500 Internal Server Error".into(),
        CallError::Dns => unresolved(&host_name(to), caller),
        CallError::Certificate => expired(&host_name(to), caller),
        CallError::Quota => quota(to, dice),
        CallError::NoSpace => {
            "ERROR: could not extend file \"base/16384/24817\": No space left on device (SQLSTATE 53100)"
                .into()
        }
        CallError::Deadlock if is_sql => "ERROR: deadlock detected (SQLSTATE 40P01)".into(),
        CallError::Deadlock => "deadlock detected".into(),
        CallError::LockTimeout if is_sql => {
            "ERROR: canceling statement due to lock timeout (SQLSTATE 55P03)".into()
        }
        CallError::LockTimeout => "lock wait timeout exceeded".into(),
    }
}

/// The name under which callers find it.
fn host_name(node: &Node) -> String {
    let is_name = |alias: &&String| alias.contains('.') && !alias.contains([':', '/']);
    let alias = node.entity.aliases.iter().find(is_name);
    alias.cloned().unwrap_or_else(|| format!("{}.prod.svc.cluster.local", node.entity.id))
}

fn unresolved(host: &str, caller: usize) -> String {
    match caller % 3 {
        0 => format!("java.net.UnknownHostException: {host}: Name or service not known"),
        1 => format!("dial tcp: lookup {host} on 10.96.0.10:53: no such host"),
        _ => format!("Failed to resolve '{host}' ([Errno -2] Name or service not known)"),
    }
}

fn expired(host: &str, caller: usize) -> String {
    match caller % 3 {
        0 => format!(
            "javax.net.ssl.SSLHandshakeException: PKIX path validation failed: \
             java.security.cert.CertPathValidatorException: validity check failed ({host}): certificate expired"
        ),
        1 => format!(
            "Post \"https://{host}/\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid"
        ),
        _ => format!(
            "HTTPSConnectionPool(host='{host}', port=443): [SSL: CERTIFICATE_VERIFY_FAILED] \
             certificate verify failed: certificate has expired (_ssl.c:1006)"
        ),
    }
}

fn quota(to: &Node, dice: &mut Dice) -> String {
    match to.kind() {
        EntityKind::External => {
            let consumer = 100_000_000 + dice.below(900_000_000);
            format!(
                "429 Too Many Requests: Quota exceeded for quota metric 'Requests' and limit \
                 'Requests per day' for consumer 'project_number:{consumer}'"
            )
        }
        _ => {
            let request = dice.hex(26).to_uppercase();
            format!(
                "ServiceQuotaExceededException: the account quota of requests is used up \
                 (Status Code: 429, Request ID: {request})"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use nightjar_topology::{Entity, EntityId};

    use super::*;
    use crate::dice::Purpose;

    #[test]
    fn a_name_that_is_not_found_is_the_one_callers_use() {
        let mut entity = Entity::new(EntityId::new("billing").unwrap(), EntityKind::External);
        entity.aliases.push("arn:aws:x".into());
        entity.aliases.push("api.billing.example".into());
        let node = Node::new(entity);
        let mut dice = Dice::new(1, Purpose::Logs);
        for caller in 0..3 {
            let text = reason(CallError::Dns, &node, caller, &mut dice);
            assert!(text.contains("api.billing.example"), "{text}");
        }
    }
}
