//! Triggers: what is to be done by schedule. They are kept; what they set off comes with the agents
//! that are to be set off.

use nightjar_store::{Collection, Created, Document, DocumentFilter, NewDocument};
use serde_json::{Value, json};

use super::input::Asked;
use super::wire::{at, list as write_list, put, seconds};
use crate::page::Shelf;
use crate::problem::Problem;

pub(super) async fn create(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let mut condition = asked.member("condition").clone();
    let expression = schedule(at(&condition, "schedule"))?;
    if let Some(schedule) = condition.get_mut("schedule") {
        put(schedule, "expression", Some(expression));
    }
    let body = json!({
        "type": asked.need("type")?,
        "condition": condition,
        "action": asked.input.get("action"),
    });
    let state = asked.text("status").unwrap_or("ENABLED").to_owned();
    let new = NewDocument { state, body, ..NewDocument::default() };
    let triggers = space.documents(Collection::Trigger);
    let trigger = Created::into_inner(triggers.create(new, asked.once.as_ref(), asked.now).await?);
    asked.about(&trigger.id);
    Ok(answer(&asked, &trigger))
}

pub(super) async fn get(asked: Asked) -> Result<Value, Problem> {
    let triggers = asked.space()?.documents(Collection::Trigger);
    let trigger = triggers.get(asked.need("triggerId")?).await?;
    Ok(answer(&asked, &trigger))
}

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let status = asked.text("status");
    let shelf = Shelf::of_space(space, "ListTriggers", &[status]);
    let request = asked.page(&shelf, "maxResults")?;
    let filter = DocumentFilter { state: status.map(str::to_owned), ..DocumentFilter::default() };
    let page = space.documents(Collection::Trigger).list(&filter, &request).await?;
    let id = space.id().to_string();
    Ok(write_list(&shelf, "items", page, |trigger| wire(&id, &trigger)))
}

pub(super) async fn update(asked: Asked) -> Result<Value, Problem> {
    asked.remember().await?;
    let status = asked.text("status").map(str::to_owned);
    let triggers = asked.space()?.documents(Collection::Trigger);
    let changed = triggers.update(asked.need("triggerId")?, asked.now, |trigger| {
        if let Some(status) = status {
            trigger.state = status;
        }
        Ok(())
    });
    Ok(answer(&asked, &changed.await?))
}

pub(super) async fn delete(asked: Asked) -> Result<Value, Problem> {
    let triggers = asked.space()?.documents(Collection::Trigger);
    triggers.delete(asked.need("triggerId")?).await?;
    Ok(json!({}))
}

/// A schedule says when in one of two ways; gives it as an expression, which is told with either.
fn schedule(schedule: &Value) -> Result<String, Problem> {
    let wrong = |told: &str| Err(Problem::invalid("/condition/schedule", told));
    match (at(schedule, "expression").as_str(), schedule.get("spec")) {
        (None, None) => wrong("it needs an `expression` or a `spec`"),
        (Some(_), Some(_)) => wrong("it has an `expression` or a `spec`, not both"),
        (Some(expression), None) if is_expression(expression) => Ok(expression.to_owned()),
        (Some(_), None) => wrong("`expression` is `rate(7 days)` or `cron(0 9 ? * MON *)`"),
        (None, Some(spec)) => match derived(spec) {
            Some(expression) => Ok(expression),
            None => wrong("`spec.cron.expression` has five or six fields"),
        },
    }
}

/// The expression that a structured schedule comes to.
fn derived(spec: &Value) -> Option<String> {
    if let Some(cron) = spec.pointer("/cron/expression") {
        let cron = cron.as_str()?;
        return match is_expression(cron) {
            true => Some(cron.to_owned()),
            false => is_cron(cron).then(|| format!("cron({cron})")),
        };
    }
    let range = at(spec, "timeRange");
    let (hour, minute) = at(range, "startAfter").as_str()?.split_once(':')?;
    let (hour, minute) = (hour.parse::<u8>().ok()?, minute.parse::<u8>().ok()?);
    let recurrence = at(range, "recurrence");
    let days = match (
        recurrence.pointer("/weekly/dayOfWeek"),
        recurrence.pointer("/monthly/dayOfMonth"),
    ) {
        (Some(day), _) => format!("? * {}", day.as_str()?.get(..3)?),
        (None, Some(day)) => format!("{} * ?", day.as_u64()?),
        (None, None) => "* * ?".to_owned(),
    };
    Some(format!("cron({minute} {hour} {days} *)"))
}

fn is_expression(text: &str) -> bool {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = inside("rate") {
        let (number, unit) = rate.split_once(' ').unwrap_or_default();
        let units = ["minute", "minutes", "hour", "hours", "day", "days"];
        return number.parse::<u32>().is_ok_and(|number| number > 0) && units.contains(&unit);
    }
    inside("cron").is_some_and(is_cron)
}

/// Five fields as everywhere, or six as in AWS, with the year.
fn is_cron(text: &str) -> bool {
    let mut fields = text.split_ascii_whitespace();
    let is_field = |field: &str| {
        field.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'*' | b'?' | b',' | b'-' | b'/' | b'#')
        })
    };
    matches!(text.split_ascii_whitespace().count(), 5 | 6) && fields.all(is_field)
}

fn answer(asked: &Asked, trigger: &Document) -> Value {
    let space = asked.space.as_ref().map(|space| space.id().to_string()).unwrap_or_default();
    json!({ "trigger": wire(&space, trigger) })
}

fn wire(space: &str, trigger: &Document) -> Value {
    json!({
        "triggerId": trigger.id,
        "agentSpaceId": space,
        "type": at(&trigger.body, "type"),
        "condition": at(&trigger.body, "condition"),
        "action": at(&trigger.body, "action"),
        "status": trigger.state,
        "createdAt": seconds(trigger.created_at),
        "updatedAt": seconds(trigger.updated_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_far_as_their_shape() {
        for right in
            ["rate(1 minute)", "rate(7 days)", "cron(0 9 ? * MON-FRI *)", "cron(0 9 * * 1)"]
        {
            assert!(is_expression(right), "{right}");
        }
        for wrong in [
            "",
            "daily",
            "rate(0 days)",
            "rate(7 weeks)",
            "cron()",
            "cron(0 9 * *)",
            "cron(a;b c d e f)",
        ] {
            assert!(!is_expression(wrong), "{wrong}");
        }
        let both = json!({ "expression": "rate(7 days)", "spec": { "cron": { "expression": "0 9 * * 1" } } });
        assert!(schedule(&both).is_err());
        assert!(schedule(&json!({})).is_err());
        assert_eq!(schedule(&json!({ "spec": both["spec"] })).unwrap(), "cron(0 9 * * 1)");
        let weekly = json!({ "weekly": { "dayOfWeek": "MONDAY" } });
        let range = json!({ "startAfter": "09:05", "startBefore": "10:00", "recurrence": weekly });
        let weekly = schedule(&json!({ "spec": { "timeRange": range } })).unwrap();
        assert_eq!(weekly, "cron(5 9 ? * MON *)");
    }
}
