/// What documents are kept of. The list is closed, since each one's table row is a promise about what
/// happens to it with its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    /// An outside system that was registered with the installation, for all its spaces.
    Service,
    /// That a space uses a service. Its parent is the service.
    Association,
    /// An address that alerts of an association are sent to. Its parent is the association; its id is
    /// unique over all spaces.
    Webhook,
    /// What the people of a space want to become better at.
    Goal,
    /// A proposal that came of what was investigated.
    Recommendation,
    /// What starts work at a time or by an event.
    Trigger,
    /// How people sign in to a space with an identity provider.
    SignIn,
    /// Where events of a space are sent to; see [`crate::Subscription`]. With it goes what waits for it.
    Subscription,
}

/// What a document does when its parent is to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bond {
    /// The parent can't be deleted as long as it is there.
    Holds,
    /// It is deleted with the parent.
    Follows,
}

impl Collection {
    const ALL: [Self; 8] = [
        Self::Service,
        Self::Association,
        Self::Webhook,
        Self::Goal,
        Self::Recommendation,
        Self::Trigger,
        Self::SignIn,
        Self::Subscription,
    ];

    /// Its name, in the database and for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Association => "association",
            Self::Webhook => "webhook",
            Self::Goal => "goal",
            Self::Recommendation => "recommendation",
            Self::Trigger => "trigger",
            Self::SignIn => "sign-in",
            Self::Subscription => "subscription",
        }
    }

    /// Whether it belongs to the installation, and to no space.
    pub fn is_of_installation(self) -> bool {
        match self {
            Self::Service => true,
            Self::Association
            | Self::Webhook
            | Self::Goal
            | Self::Recommendation
            | Self::Trigger
            | Self::SignIn
            | Self::Subscription => false,
        }
    }

    /// The collection its parents are in. Where there is none, `parent` is a word of the caller's to
    /// list by, and isn't looked up.
    pub(super) fn parent(self) -> Option<(Self, Bond)> {
        match self {
            Self::Association => Some((Self::Service, Bond::Holds)),
            Self::Webhook => Some((Self::Association, Bond::Follows)),
            Self::Service
            | Self::Goal
            | Self::Recommendation
            | Self::Trigger
            | Self::SignIn
            | Self::Subscription => None,
        }
    }

    /// Whether it may have no parent although others of its collection have one: webhooks of senders
    /// for which there is no service.
    pub(super) fn may_stand_alone(self) -> bool {
        self == Self::Webhook
    }

    /// The collections that have their parents in this one.
    pub(super) fn children(self) -> impl Iterator<Item = (Self, Bond)> {
        Self::ALL.into_iter().filter_map(move |child| {
            let (parent, bond) = child.parent()?;
            (parent == self).then_some((child, bond))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_differ_and_fit_into_a_cursor() {
        let labels: std::collections::BTreeSet<_> =
            Collection::ALL.into_iter().map(Collection::label).collect();
        assert_eq!(labels.len(), Collection::ALL.len());
        assert!(labels.iter().all(|label| !label.contains(' ')));
    }

    #[test]
    fn parents_and_children_are_the_same_table() {
        let children = |of: Collection| of.children().collect::<Vec<_>>();
        assert_eq!(children(Collection::Service), [(Collection::Association, Bond::Holds)]);
        assert_eq!(children(Collection::Association), [(Collection::Webhook, Bond::Follows)]);
        assert_eq!(children(Collection::Goal), []);
    }
}
