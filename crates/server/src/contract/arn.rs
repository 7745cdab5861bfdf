//! Names of resources: `arn:aws:aidevops:{region}:{account}:agentspace/{id}`.

use crate::problem::Problem;

/// The account and region of an installation: it is neither of any.
const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";

/// What a name stands for. Any region and account are taken: there is one installation to speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource<'a> {
    Space(&'a str),
    Service(&'a str),
}

impl<'a> Resource<'a> {
    /// # Errors
    /// When it isn't a name of one of ours. Its shape is told by the model, before anything is done.
    pub(super) fn parse(arn: &'a str) -> Result<Self, Problem> {
        let mut parts = arn.splitn(6, ':');
        let start = [parts.next(), parts.next(), parts.next()];
        let resource = parts.nth(2).and_then(|resource| resource.split_once('/'));
        match (start, resource) {
            ([Some("arn"), Some("aws"), Some("aidevops")], Some(("agentspace", id))) => {
                Ok(Self::Space(id))
            }
            ([Some("arn"), Some("aws"), Some("aidevops")], Some(("service", id))) => {
                Ok(Self::Service(id))
            }
            // Private connections can be named, and there are none.
            ([Some("arn"), Some("aws"), Some("aidevops")], Some(("private-connection", _))) => {
                Err(Problem::not_found())
            }
            _ => {
                Err(Problem::invalid("/resourceArn", "it is no name of a resource of this service"))
            }
        }
    }
}

/// The name of a space.
pub(crate) fn space(id: &str) -> String {
    format!("arn:aws:aidevops:{REGION}:{ACCOUNT}:agentspace/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_has_a_name_that_is_read_back() {
        let arn = space("0190-a");
        assert_eq!(Resource::parse(&arn).unwrap(), Resource::Space("0190-a"));
        let other = "arn:aws:aidevops:eu-west-1:123456789012:service/s_1";
        assert_eq!(Resource::parse(other).unwrap(), Resource::Service("s_1"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for wrong in [
            "",
            "arn",
            "arn:aws:s3:::bucket/x",
            "arn:aws:aidevops:r:1:other/x",
            "arn:aws:aidevops:r:1:agentspace",
        ] {
            assert!(Resource::parse(wrong).is_err(), "{wrong}");
        }
    }
}
