use std::fmt;
use std::marker::PhantomData;

use axum::Json;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_oncall::{
    Budget as OurBudget, Budgets as OurBudgets, SpaceRules, rules_of, set_rules,
};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::redaction::note;
use crate::admit::{Access, InSpace};
use crate::answer::Answer;
use crate::body::Given;
use crate::call::Caller;
use crate::problem::{Kind, Mistake, Problem};
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ReadRules), routes!(read))
        .plain(Access::Action(Action::UpdateRules), routes!(update))
}

/// How a space is worked on.
#[derive(Serialize, ToSchema)]
struct Rules {
    /// How long alerts may come to an incident after its last news, minutes.
    lookback_minutes: u32,
    /// How long after it opened an incident is looked at again, until its verdict is final, minutes.
    look_again_minutes: Vec<f64>,
    /// How many investigations may run at a time; the others wait.
    most_running: u32,
    /// How much may be asked.
    budgets: Budgets,
}

/// How much may be asked.
#[derive(Serialize, ToSchema)]
struct Budgets {
    /// For all executions of an incident together.
    per_investigation: Budget,
    /// For the whole space in a day, by UTC.
    per_day: Budget,
    /// For the whole space in a calendar month, by UTC.
    per_month: Budget,
}

/// The most that asking may cost.
#[derive(Serialize, ToSchema)]
struct Budget {
    /// Time by the clock; null: any.
    #[schema(required)]
    seconds: Option<u64>,
    /// Queries to connections; null: any.
    #[schema(required)]
    queries: Option<u64>,
    /// Bytes of their answers, as JSON; null: any.
    #[schema(required)]
    bytes: Option<u64>,
}

/// How a space is to be worked on. What is left out is as usual.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "lookback_minutes": 30, "most_running": 8, "budgets": { "per_day": { "queries": 5000 } }
}))]
struct RulesToSet {
    /// 1 to 1440 minutes; 20 unless told.
    #[schema(minimum = 1, maximum = 1440)]
    lookback_minutes: Option<i64>,
    /// At most ten, each later than the one before; fractions may be told, a second at least; 1, 3 and 10
    /// unless told.
    #[schema(max_items = 10)]
    look_again_minutes: Option<Vec<f64>>,
    /// 1 to 1000; 4 unless told.
    #[schema(minimum = 1, maximum = 1000)]
    most_running: Option<i64>,
    /// What isn't told isn't limited.
    #[serde(default, deserialize_with = "object")]
    budgets: Option<BudgetsToSet>,
}

/// How much may be asked from now on.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BudgetsToSet {
    /// For all executions of an incident together.
    #[serde(default, deserialize_with = "object")]
    per_investigation: Option<BudgetToSet>,
    /// For the whole space in a day, by UTC.
    #[serde(default, deserialize_with = "object")]
    per_day: Option<BudgetToSet>,
    /// For the whole space in a calendar month, by UTC.
    #[serde(default, deserialize_with = "object")]
    per_month: Option<BudgetToSet>,
}

/// The most that asking may cost from now on.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BudgetToSet {
    /// Time by the clock.
    #[schema(minimum = 0)]
    seconds: Option<i64>,
    /// Queries to connections.
    #[schema(minimum = 0)]
    queries: Option<i64>,
    /// Bytes of their answers, as JSON.
    #[schema(minimum = 0)]
    bytes: Option<i64>,
}

impl From<SpaceRules> for Rules {
    fn from(rules: SpaceRules) -> Self {
        let OurBudgets { per_investigation, per_day, per_month } = rules.budgets;
        Self {
            lookback_minutes: rules.lookback_minutes,
            look_again_minutes: rules.look_again_minutes,
            most_running: rules.most_running,
            budgets: Budgets {
                per_investigation: per_investigation.into(),
                per_day: per_day.into(),
                per_month: per_month.into(),
            },
        }
    }
}

impl From<OurBudget> for Budget {
    fn from(OurBudget { seconds, queries, bytes }: OurBudget) -> Self {
        Self { seconds, queries, bytes }
    }
}

impl RulesToSet {
    /// The rules; a number that is none of ours becomes one that is refused as well.
    fn rules(self) -> SpaceRules {
        let usual = SpaceRules::default();
        let small = |given: Option<i64>, usual: u32| {
            given.map_or(usual, |given| u32::try_from(given).unwrap_or(0))
        };
        let budgets = self.budgets.unwrap_or_default();
        SpaceRules {
            lookback_minutes: small(self.lookback_minutes, usual.lookback_minutes),
            look_again_minutes: self.look_again_minutes.unwrap_or(usual.look_again_minutes),
            most_running: small(self.most_running, usual.most_running),
            budgets: OurBudgets {
                per_investigation: budgets.per_investigation.unwrap_or_default().into(),
                per_day: budgets.per_day.unwrap_or_default().into(),
                per_month: budgets.per_month.unwrap_or_default().into(),
            },
        }
    }
}

impl From<BudgetToSet> for OurBudget {
    fn from(BudgetToSet { seconds, queries, bytes }: BudgetToSet) -> Self {
        let ours = |given: Option<i64>| given.map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        Self { seconds: ours(seconds), queries: ours(queries), bytes: ours(bytes) }
    }
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/rules",
    responses((status = 200, description = "What holds.", body = Rules)))]
async fn read(InSpace(space): InSpace) -> Answer<Json<Rules>> {
    Ok(Json(rules_of(&space).await?.into()))
}

#[utoipa::path(put, path = "/api/v1/spaces/{space}/rules", request_body = RulesToSet,
    responses((status = 200, description = "What holds from now on.", body = Rules)))]
async fn update(
    InSpace(space): InSpace,
    caller: Caller,
    given: Given<RulesToSet>,
) -> Answer<Json<Rules>> {
    let rules = given.value.rules();
    if let Err(bad) = rules.check() {
        let mut problem = Problem::new(Kind::InvalidBody, "not all of these can be rules");
        let mistake =
            |bad: nightjar_oncall::BadRule| Mistake { pointer: bad.pointer, detail: bad.reason };
        problem.errors = bad.into_iter().map(mistake).collect();
        return Err(problem);
    }
    let body = json!({ "request": "update_rules", "rules": rules });
    note(&space, &caller, body).await?;
    set_rules(&space, &rules, Timestamp::now()).await?;
    Ok(Json(rules_of(&space).await?.into()))
}

/// An object or null. An array would pass for an object whose fields stand in their order.
fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    struct Members<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
        type Value = Option<T>;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members)).map(Some)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    from.deserialize_any(Members(PhantomData))
}
