//! Times in the form that the contract wants.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map as Object, Value};

use crate::shape::{Shape, Structure};

/// Turns seconds since 1970 into text wherever the contract wants a date and time as text.
///
/// [`read`](crate::read) does the opposite, so that whoever stands between the two knows seconds
/// only. What isn't a number stays as it is.
pub fn write(structure: &Structure, object: &mut Object<String, Value>) {
    for member in &structure.members {
        if let Some(value) = object.get_mut(member.name) {
            write_value(&member.shape, value);
        }
    }
}

fn write_value(shape: &Shape, value: &mut Value) {
    match (shape, value) {
        (Shape::DateTime, value) => {
            if let Some(moment) = moment(value) {
                *value = Value::String(moment.to_string());
            }
        }
        (Shape::List(list), Value::Array(items)) => {
            items.iter_mut().for_each(|item| write_value(&list.item, item));
        }
        (Shape::Map(map), Value::Object(entries)) => {
            entries.values_mut().for_each(|value| write_value(&map.value, value));
        }
        (Shape::Structure(structure), Value::Object(members)) => write(structure, members),
        _ => {}
    }
}

fn moment(value: &Value) -> Option<Timestamp> {
    if let Some(seconds) = value.as_i64() {
        return Timestamp::from_second(seconds).ok();
    }
    let nanoseconds = SignedDuration::try_from_secs_f64(value.as_f64()?).ok()?.as_nanos();
    // A float holds the seconds of today to a fraction of a microsecond: finer digits are noise.
    let microseconds = (nanoseconds + 500 * nanoseconds.signum()) / 1_000;
    Timestamp::from_microsecond(i64::try_from(microseconds).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::operation;

    #[test]
    fn seconds_become_text_where_the_contract_wants_text_and_only_there() {
        let mut answer = json!({
            "tasks": [{"createdAt": 1_767_323_045, "updatedAt": 1_767_323_045.678, "version": 1}],
            "nextToken": 5,
        });
        let structure = operation("ListBacklogTasks").unwrap().output().unwrap();
        write(structure, answer.as_object_mut().unwrap());
        let expected = json!({
            "tasks": [{"createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05.678Z", "version": 1}],
            "nextToken": 5,
        });
        assert_eq!(answer, expected);

        let mut answer = json!({"executions": [{"createdAt": 5}]});
        let structure = operation("ListExecutions").unwrap().output().unwrap();
        write(structure, answer.as_object_mut().unwrap());
        assert_eq!(answer, json!({"executions": [{"createdAt": 5}]}));
    }

    #[test]
    fn what_is_no_time_stays() {
        for value in [json!("2026-01-02T03:04:05Z"), json!(null), json!(1e300), json!(i64::MAX)] {
            let mut written = value.clone();
            write_value(&Shape::DateTime, &mut written);
            assert_eq!(written, value);
        }
    }
}
