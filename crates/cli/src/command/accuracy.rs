use std::path::Path;

use anyhow::Context as _;
use clap::ValueEnum as _;
use jiff::Timestamp;
use nightjar_evaluation::{Body, PICTURE, Page};
use serde_json::json;

use crate::accuracy;
use crate::arguments::{Accuracy, Part};
use crate::exit::Exit;
use crate::output::{self, remark};

/// Measures everything that was asked for and shows it as one page.
pub(crate) fn run(arguments: &Accuracy, is_json: bool) -> anyhow::Result<Exit> {
    if arguments.fit {
        output::print(&accuracy::fit::fit(arguments)?)?;
        return Ok(Exit::Done);
    }
    let all = Part::value_variants().iter().copied().filter(|part| *part != Part::Practice);
    let parts: Vec<Part> =
        if arguments.only.is_empty() { all.collect() } else { arguments.only.clone() };
    let mut sections = Vec::new();
    for part in parts {
        let found = accuracy::measure(part, arguments)?;
        for section in &found {
            if let Body::Skipped(why) = &section.body {
                remark(&format!("skipped: {}: {why}", section.title));
            }
        }
        sections.extend(found);
    }
    let now = Timestamp::now().to_string();
    let date = now.split('T').next().unwrap_or_default().to_owned();
    let page = Page { engine: env!("CARGO_PKG_VERSION").to_owned(), date, sections };
    if is_json {
        output::print_json(&json(&page))?;
    } else {
        output::print(&page.markdown())?;
    }
    if let Some(file) = &arguments.write {
        write(&page, file)?;
    }
    Ok(Exit::Done)
}

/// The page, and its picture beside it.
fn write(page: &Page, file: &Path) -> anyhow::Result<()> {
    let put = |file: &Path, text: &str| {
        std::fs::write(file, text).with_context(|| format!("writing `{}`", file.display()))
    };
    put(file, &page.markdown())?;
    for section in &page.sections {
        if let Body::Reliability(claims) = &section.body {
            put(&file.with_file_name(PICTURE), &claims.svg())?;
        }
    }
    Ok(())
}

fn json(page: &Page) -> serde_json::Value {
    let sections = page.sections.iter().map(|section| {
        let body = match &section.body {
            Body::Figures(report) => json!({ "report": report }),
            Body::Compared { rows, .. } => {
                let rows =
                    rows.iter().map(|(name, r)| json!({ "name": name, "summary": r.summary }));
                json!({ "rows": rows.collect::<Vec<_>>() })
            }
            Body::Reliability(claims) => json!({ "reliability": claims, "error": claims.error() }),
            Body::Skipped(why) => json!({ "skipped": why }),
        };
        json!({ "title": section.title, "command": section.command, "result": body })
    });
    let sections: Vec<_> = sections.collect();
    json!({ "schema": 1, "engine": page.engine, "date": page.date, "sections": sections })
}
