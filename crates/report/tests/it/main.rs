//! Reports as the other rooms get them.

#[cfg(test)]
mod fixture;

use std::collections::BTreeSet;

use nightjar_incident::{Content, Id, Investigation, Observation};
use nightjar_report::{Context, html, markdown, plan_markdown, summary_markdown};
use nightjar_series::Column;

const HOSTILE: &str = "<script>alert(1)</script>";

fn page(investigation: &Investigation) -> String {
    let context = Context {
        name: "specimen".into(),
        made_by: "nightjar".into(),
        command: Some("nightjar demo".into()),
    };
    html(investigation, &context)
}

fn every_state() -> Vec<Investigation> {
    vec![
        fixture::cause_found("inventory"),
        fixture::cause_found(HOSTILE),
        fixture::not_found(),
        fixture::no_incident(),
        fixture::not_investigated(),
        fixture::two_causes(),
    ]
}

/// All values of an attribute.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!(" {name}=\"");
    page.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_cause_its_numbers_and_the_repair_are_on_the_page() {
    let page = page(&fixture::cause_found("inventory"));
    for text in [
        "<h1>Connection pool exhausted in <code>inventory</code></h1>",
        "93\u{a0}%",
        "2026-11-23 02:59:00\u{a0}UTC",
        "spring.datasource.hikari.maximum-pool-size=40",
        "kubectl --namespace shop rollout restart deployment/inventory",
        "metrics.jsonl:1207",
        "the first 500 of 731 lines were read",
        "no open incident within 20 minutes",
        "<svg",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn a_page_needs_nothing_else() {
    for investigation in every_state() {
        let page = page(&investigation);
        for needed in ["http://", "https://", "<script", " src=", "@import", "url(http", "<link"] {
            assert!(!page.contains(needed), "{needed}");
        }
    }
}

#[test]
fn every_link_leads_somewhere_and_every_place_is_there_once() {
    for investigation in every_state() {
        let page = page(&investigation);
        let places = attributes(&page, "id");
        let distinct: BTreeSet<&str> = places.iter().copied().collect();
        assert_eq!(places.len(), distinct.len(), "{places:?}");
        for link in attributes(&page, "href") {
            let place = link.strip_prefix('#').unwrap_or_else(|| panic!("{link} leaves the page"));
            assert!(distinct.contains(place), "{link} leads nowhere");
        }
        for names in attributes(&page, "aria-labelledby") {
            for name in names.split(' ') {
                assert!(distinct.contains(name), "{name} labels nothing");
            }
        }
    }
}

#[test]
fn headings_never_skip_a_level() {
    for investigation in every_state() {
        let page = page(&investigation);
        let levels = page.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10));
        let mut before = 0;
        for level in levels {
            assert!(level <= before + 1, "h{level} follows h{before}");
            before = level;
        }
        assert_eq!(page.matches("<h1").count(), 1);
    }
}

#[test]
fn tags_open_and_close_in_order() {
    const VOID: [&str; 3] = ["meta", "br", "!doctype"];
    for investigation in every_state() {
        let page = page(&investigation);
        let mut open: Vec<&str> = Vec::new();
        for rest in page.split('<').skip(1) {
            let tag = rest.split('>').next().unwrap();
            let name = tag.split([' ', '\n']).next().unwrap();
            if let Some(name) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "near {rest:.60}");
            } else if !tag.ends_with('/') && !VOID.contains(&name) {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn hostile_text_stays_text_everywhere() {
    let mut investigation = fixture::cause_found(HOSTILE);
    let nasty = "\u{1b}[2J\u{202e}<img src=x onerror=alert(1)>\n# heading | cell `tick";
    investigation.incident.alerts[0].title = nasty.into();
    investigation.triage[0].reason = nasty.into();
    investigation.evidence[0].query = nasty.into();
    investigation.evidence[0].notes = vec![nasty.into()];
    let conclusion = &mut investigation.executions.last_mut().unwrap().conclusion;
    conclusion.observations[0].summary = nasty.into();
    conclusion.observations[0].unit = nasty.into();
    conclusion.gaps[0].reason = nasty.into();
    conclusion.impact.as_mut().unwrap().summary = nasty.into();
    let mut plan = investigation.plans[0].clone();
    plan.steps[0].action = nasty.into();
    plan.steps[0].command = Some(nasty.into());
    investigation.plans = vec![plan.clone()];

    let page = page(&investigation);
    assert!(!page.contains("<script") && !page.contains("<img"));
    let texts =
        [page, markdown(&investigation), summary_markdown(&investigation), plan_markdown(&plan)];
    for text in &texts {
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
    }
    for text in texts.iter().skip(1) {
        assert!(!text.lines().any(|line| line.starts_with("# heading")), "{text}");
        let outside_code = |line: &str| line.split('`').step_by(2).collect::<String>();
        let mut is_fenced = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                is_fenced = !is_fenced;
            }
            if is_fenced {
                continue;
            }
            assert!(!outside_code(line).contains("<script"), "{line}");
            assert!(!outside_code(line).contains("<img"), "{line}");
        }
        let mut in_table = text.lines().filter(|line| line.starts_with("| "));
        assert!(in_table.all(|line| line.replace("\\|", "").matches('|').count() == 5));
    }
}

#[test]
fn a_verdict_without_a_cause_says_what_to_do_instead() {
    let not_found = page(&fixture::not_found());
    assert!(not_found.contains("<h1>No root cause found; the strongest lead:"));
    assert!(not_found.contains("Not claimed as the cause"));
    assert!(not_found.contains("would change the answer"));
    assert!(not_found.contains("No repair is proposed"));
    let calm = page(&fixture::no_incident());
    assert!(calm.contains("<h1>No incident: there is nothing to repair</h1>"));
    assert!(calm.contains("Nothing to repair."));
    let open = page(&fixture::not_investigated());
    assert!(open.contains("Nothing was investigated yet."));
    assert!(open.contains("How the alerts came together"));
}

#[test]
fn a_revised_verdict_is_marked() {
    let page = page(&fixture::cause_found("inventory"));
    assert_eq!(page.matches("(revised)").count(), 1);
    assert!(page.contains("provisional"));
}

#[test]
fn a_large_investigation_stays_a_light_page() {
    let mut investigation = fixture::cause_found("inventory");
    let evidence = investigation.evidence[0].clone();
    for number in 10..150 {
        let mut more = evidence.clone();
        more.id = Id::new(format!("ev-{number}"));
        more.query = "metrics of many entities ".repeat(200);
        investigation.evidence.push(more);
    }
    let conclusion = &mut investigation.executions.last_mut().unwrap().conclusion;
    let observation = conclusion.observations[2].clone();
    let more = (100..3000)
        .map(|number| Observation { id: Id::new(format!("obs-{number}")), ..observation.clone() });
    conclusion.observations.extend(more);
    let page = page(&investigation);
    assert!(page.len() < 300_000, "{} bytes", page.len());
    assert!(page.contains("2848 more observations"));
}

#[test]
fn odd_columns_are_drawn_or_left_out() {
    let column = |samples: &[(i64, f64)]| Column::from_samples(samples.iter().copied()).0;
    let start = fixture::minute(-30.0).as_millisecond();
    let at = |minute: i64| start + minute * 60_000;
    for odd in [
        Column::default(),
        column(&[(at(0), 1.0)]),
        column(&[(at(0), f64::NAN), (at(1), f64::NAN)]),
        column(&[(at(0), 5.0), (at(1), 5.0), (at(2), 5.0)]),
        column(&[(at(0), 0.0), (at(1), 0.0)]),
        column(&[(at(0), 1e-300), (at(1), 1e300), (at(2), -1e300)]),
        column(&[(at(0), f64::MAX), (at(1), f64::MIN), (at(2), 1.0)]),
        column(&(0..3000).map(|i| (start + i * 700, i as f64)).collect::<Vec<_>>()),
    ] {
        let mut investigation = fixture::cause_found("inventory");
        if let Content::Series(series) = &mut investigation.evidence[0].content {
            for series in series {
                series.column = odd.clone();
            }
        }
        let page = page(&investigation);
        assert!(!page.contains("NaN") && !page.contains("\"inf") && !page.contains("inf\""));
    }
}

#[test]
fn the_same_investigation_gives_the_same_bytes() {
    let investigation = fixture::cause_found("inventory");
    assert_eq!(page(&investigation), page(&investigation));
    assert_eq!(markdown(&investigation), markdown(&investigation));
}

#[test]
fn the_summary_fits_a_page_and_names_cause_repair_and_gaps() {
    let investigation = fixture::cause_found("inventory");
    let summary = summary_markdown(&investigation);
    assert!(summary.lines().count() < 45, "{summary}");
    for text in
        ["# Connection pool exhausted in `inventory`", "93", "maximum-pool-size=40", "traces"]
    {
        assert!(summary.contains(text), "{text}: {summary}");
    }
}
