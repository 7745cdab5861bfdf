//! Names of services, as teams give them.

use crate::dice::Dice;

const DOMAINS: &str = "account address advert audit basket billing booking campaign catalog claims \
    contract coupon credit customer delivery device discount document feed fleet \
    fraud identity invoice ledger location loyalty mail market media member offer \
    order partner payout price product profile quote rating refund region report \
    return review risk route search session shipment stock store supplier tax ticket \
    tracking vendor voucher warehouse";
const ROLES: &str = "api adapter archive broker cleaner composer engine exporter facade gate hub \
    indexer keeper lookup mapper matcher planner proxy query reader resolver rules \
    scheduler server store sync view writer";

/// Names that nothing else has.
pub(super) struct Names {
    names: Vec<String>,
    given: usize,
}

impl Names {
    /// All names there are, in an order of chance.
    pub(super) fn shuffled(dice: &mut Dice) -> Self {
        let mut names: Vec<String> = DOMAINS
            .split_whitespace()
            .flat_map(|domain| ROLES.split_whitespace().map(move |role| format!("{domain}-{role}")))
            .collect();
        for place in (1..names.len()).rev() {
            let other = usize::try_from(dice.below(place as u64 + 1)).unwrap_or(0);
            names.swap(place, other);
        }
        Self { names, given: 0 }
    }

    /// The next one; beyond the list they are numbered.
    pub(super) fn next(&mut self) -> String {
        let round = self.given / self.names.len().max(1);
        let name = self.names.get(self.given % self.names.len().max(1)).cloned();
        let name = name.unwrap_or_else(|| "service".into());
        self.given += 1;
        if round == 0 { name } else { format!("{name}-{}", round + 1) }
    }
}
