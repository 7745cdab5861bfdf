//! The same report as Markdown, for tickets, chats and the journal.

use crate::text::{Prose, code, escape_markdown};
use crate::view::{CauseView, Claim, Page, PlanView};

/// The whole report.
pub(crate) fn report(page: &Page) -> String {
    let mut out = head(page);
    causes(&mut out, page);
    if let Some(graph) = &page.graph {
        out.push_str(&format!(
            "\n## {}\n\n{}\n",
            page.where_heading,
            escape_markdown(&graph.description)
        ));
    }
    out.push_str("\n## What to do\n");
    if page.plans.is_empty() {
        out.push_str(&format!("\n{}\n", page.no_plan));
    }
    for one in &page.plans {
        out.push_str(&format!("\n{}", plan(one)));
    }
    timeline(&mut out, page);
    others(&mut out, page);
    unknown(&mut out, page);
    history(&mut out, page);
    sources(&mut out, page);
    out
}

/// A page at most: what happened, why, what to do first, what is unknown.
pub(crate) fn summary(page: &Page) -> String {
    let mut out = head(page);
    for cause in &page.causes {
        out.push_str(&format!("\n**Why:** {}\n\n", cause.heading.markdown()));
        claims(&mut out, "for", cause.support.get(..5).unwrap_or(&cause.support));
        claims(&mut out, "against", cause.against.get(..3).unwrap_or(&cause.against));
    }
    for plan in &page.plans {
        out.push_str(&format!("\n**What to do:** {}\n\n", plan.goal.markdown()));
        for step in plan.parts.iter().filter(|part| part.class == "apply").flat_map(|p| &p.steps) {
            out.push_str(&format!("- {}\n", step.action.markdown()));
        }
    }
    if page.plans.is_empty() {
        out.push_str(&format!("\n**What to do:** {}\n", page.no_plan));
    }
    if !page.gaps.is_empty() {
        out.push_str("\n**Still unknown:**\n\n");
        for gap in page.gaps.iter().take(5) {
            out.push_str(&format!("- {}: {}\n", gap.wanted.markdown(), gap.reason.markdown()));
        }
    }
    out
}

/// One plan, its heading one level below the report's sections.
pub(crate) fn plan(plan: &PlanView) -> String {
    let mut out = format!("### {}\n", plan.goal.markdown());
    if !plan.caveats.is_empty() {
        out.push_str("\nBefore you follow it:\n\n");
        bullets(&mut out, &plan.caveats);
    }
    for part in &plan.parts {
        out.push_str(&format!("\n#### {}\n\n", part.phase));
        for (index, step) in part.steps.iter().enumerate() {
            let number = part.first + index;
            let indent = " ".repeat(number.to_string().len() + 2);
            out.push_str(&format!("{number}. {}\n", step.action.markdown()));
            if let Some(command) = &step.command {
                // A fence longer than any run of backticks inside can't be closed from inside.
                let fence = "`".repeat(3.max(longest_run(command) + 1));
                let command = command.replace('\n', " ");
                out.push_str(&format!(
                    "\n{indent}{fence}sh\n{indent}{command}\n{indent}{fence}\n\n"
                ));
            }
            if let Some(console) = &step.console {
                out.push_str(&format!("{indent}- where: {}\n", console.markdown()));
            }
            out.push_str(&format!("{indent}- expect: {}\n", step.expect.markdown()));
            if let Some(undo) = &step.undo {
                out.push_str(&format!("{indent}- undo: {}\n", undo.markdown()));
            }
            if step.risk != "none" {
                out.push_str(&format!(
                    "{indent}- risk: {}, {}\n{indent}- decides: {}\n",
                    step.risk,
                    step.risk_reason.markdown(),
                    step.decision.markdown()
                ));
            }
        }
    }
    out
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

fn head(page: &Page) -> String {
    let mut out = format!("# {}\n\n", page.headline.markdown());
    for sentence in page.lede.iter().filter(|sentence| !sentence.is_empty()) {
        out.push_str(&format!("{}\n\n", sentence.markdown()));
    }
    for fact in &page.facts {
        out.push_str(&format!("- {}: {}\n", fact.label, fact.value.markdown()));
    }
    if let Some(impact) = &page.impact {
        out.push_str(&format!("- Impact: {}\n", impact.summary.markdown()));
    }
    out.push_str(&format!("\nThe verdict is {}. All times are in UTC.\n", page.stage));
    out
}

fn causes(out: &mut String, page: &Page) {
    if page.causes.is_empty() {
        return;
    }
    out.push_str(&format!("\n## {}\n", page.causes_heading));
    for cause in &page.causes {
        one_cause(out, cause);
    }
}

fn one_cause(out: &mut String, cause: &CauseView) {
    out.push_str(&format!("\n### {}\n\n", cause.heading.markdown()));
    if !cause.statement.is_empty() {
        out.push_str(&format!("{}\n\n", cause.statement.markdown()));
    }
    out.push_str(&format!("Confidence {}.", cause.confidence));
    if let Some(explained) = &cause.explained {
        out.push_str(&format!(" Repairing it would take away {explained} of the symptom."));
    }
    out.push('\n');
    if let Some(trigger) = &cause.trigger {
        out.push_str(&format!("\nSet off by {}.\n", trigger.markdown()));
    }
    if !cause.path.is_empty() {
        out.push_str(&format!("\nWay of the fault: {}.\n", cause.path.markdown()));
    }
    out.push_str("\nEvidence:\n\n");
    claims(out, "for", &cause.support);
    claims(out, "against", &cause.against);
    if cause.against.is_empty() {
        out.push_str("- nothing that was looked at speaks against it\n");
    }
    if !cause.reasons.is_empty() {
        out.push_str("\nHow sure, and why not surer:\n\n");
        bullets(out, &cause.reasons);
    }
}

fn claims(out: &mut String, side: &str, claims: &[Claim]) {
    for claim in claims {
        let since =
            claim.since.as_ref().map(|since| format!(", since {since}")).unwrap_or_default();
        out.push_str(&format!(
            "- {side}: {} ({}{since})\n",
            claim.text.markdown(),
            code(&claim.id)
        ));
    }
}

fn bullets(out: &mut String, list: &[Prose]) {
    for prose in list {
        out.push_str(&format!("- {}\n", prose.markdown()));
    }
}

fn timeline(out: &mut String, page: &Page) {
    out.push_str("\n## Timeline\n\n");
    if page.timeline.is_empty() {
        out.push_str("Nothing with a time was recorded.\n");
        return;
    }
    out.push_str("| time (UTC) | offset | what | event |\n|---|---|---|---|\n");
    for event in &page.timeline {
        out.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            event.at,
            event.offset,
            event.kind,
            cell(&event.text)
        ));
    }
    if page.timeline_cut > 0 {
        out.push_str(&format!("\n{} later onsets are not listed.\n", page.timeline_cut));
    }
}

/// A sentence within a table: a bar inside code would end the cell there.
fn cell(prose: &Prose) -> String {
    let part = |part: &crate::text::Part| {
        if part.is_name && !part.text.contains('|') {
            code(&part.text)
        } else {
            escape_markdown(&part.text)
        }
    };
    prose.parts.iter().map(part).collect()
}

fn others(out: &mut String, page: &Page) {
    if page.others.is_empty() {
        return;
    }
    out.push_str("\n## Other explanations, and why they rank lower\n\n");
    for other in &page.others {
        let why: Vec<String> = other.why.iter().map(Prose::markdown).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
        out.push_str(&format!("- {} ({}){why}\n", other.what.markdown(), other.confidence));
        for (side, list) in
            [("against", &other.against), ("fits the leading one only", &other.missing)]
        {
            for claim in list {
                let id = code(&claim.id);
                out.push_str(&format!("  - {side}: {} ({id})\n", claim.text.markdown()));
            }
        }
    }
    if page.others_cut > 0 {
        out.push_str(&format!("\n{} weaker ones are not listed.\n", page.others_cut));
    }
}

fn unknown(out: &mut String, page: &Page) {
    out.push_str(&format!("\n## {}\n\n", page.unknown_heading));
    if page.gaps.is_empty() {
        out.push_str("Nothing that was asked for was missing.\n");
    }
    for gap in &page.gaps {
        out.push_str(&format!(
            "- {}: {}. It would decide: {}\n",
            gap.wanted.markdown(),
            gap.reason.markdown(),
            gap.would_tell.markdown()
        ));
    }
    if page.gaps_cut > 0 {
        out.push_str(&format!("\n{} more gaps are not listed.\n", page.gaps_cut));
    }
}

fn history(out: &mut String, page: &Page) {
    if !page.triage.is_empty() {
        out.push_str("\n## How the alerts came together\n\n");
        for note in &page.triage {
            out.push_str(&format!(
                "- {}, {}: {}. {}\n",
                note.at,
                note.decision,
                note.alert.markdown(),
                note.reason.markdown()
            ));
        }
    }
    if !page.versions.is_empty() {
        out.push_str("\n## How the verdict developed\n\n");
        for version in &page.versions {
            out.push_str(&format!(
                "{}. {} ({}): {}, {}, {}{}\n",
                version.number,
                version.at,
                version.occasion.markdown(),
                version.verdict.markdown(),
                version.confidence,
                version.stage,
                if version.is_changed { ", revised" } else { "" }
            ));
        }
    }
}

fn sources(out: &mut String, page: &Page) {
    out.push_str("\n## How each number was obtained\n\n");
    for fact in &page.windows {
        out.push_str(&format!("- {}: {}\n", fact.label, fact.value.markdown()));
    }
    out.push('\n');
    for item in &page.observations {
        let from: Vec<String> = item.from.iter().map(|link| code(&link.id)).collect();
        let onset = item.onset.as_ref().map(|o| format!(", since {o}")).unwrap_or_default();
        out.push_str(&format!(
            "- {} {}: {} Usual {}, seen {}, {}{onset}. Method: {}. From {}.\n",
            code(&item.id),
            item.measured.markdown(),
            item.text.markdown(),
            escape_markdown(&item.usual),
            escape_markdown(&item.seen),
            item.surprise,
            item.method,
            from.join(", ")
        ));
    }
    if page.observations_cut > 0 {
        out.push_str(&format!(
            "\n{} more observations, none cited, are in the JSON.\n",
            page.observations_cut
        ));
    }
    out.push_str("\n### Sources\n\n");
    for item in &page.evidence {
        out.push_str(&format!(
            "- {} {}: {}; {}; asked at {}; query {}",
            code(&item.id),
            escape_markdown(&item.source),
            item.answer,
            item.window,
            item.taken_at,
            code(&item.query)
        ));
        if let Some(cut) = &item.truncated {
            out.push_str(&format!("; left out: {}", escape_markdown(cut)));
        }
        out.push('\n');
        for note in &item.notes {
            out.push_str(&format!("  - note: {}\n", escape_markdown(note)));
        }
    }
}
