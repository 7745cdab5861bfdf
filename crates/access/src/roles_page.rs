use crate::action::{Action, Effect, Scope};
use crate::guard::Guard;
use crate::identity::{Identity, Role};

/// Who may do what as Markdown, as docs/guide/roles.md shows it.
pub fn markdown() -> String {
    let guard = Guard::new();
    let installation = "## Operations of the installation\n\n".to_owned();
    let spaces = "\n## Operations of a space\n\n";
    let page = installation + &table(&guard, Scope::Installation);
    page + spaces + &table(&guard, Scope::Space)
}

fn table(guard: &Guard, scope: Scope) -> String {
    let columns = columns();
    let mut page = "| operation | what it does | writes |".to_owned();
    for (title, _) in &columns {
        page += &format!(" {title} |");
    }
    page += "\n|---|---|---|";
    page += &"---|".repeat(columns.len());
    page.push('\n');
    for action in Action::ALL.iter().copied().filter(|action| action.scope() == scope) {
        let writes = if action.effect() == Effect::Write { "writes" } else { "" };
        page += &format!("| `{action}` | {} | {writes} |", action.summary());
        let space = (scope == Scope::Space).then_some("one");
        for (_, who) in &columns {
            let mark = if guard.decide(who, action, space).is_allowed() { "yes" } else { "–" };
            page += &format!(" {mark} |");
        }
        page.push('\n');
    }
    page
}

fn columns() -> Vec<(String, Identity)> {
    let mut columns = vec![column("installation administrator", Role::Administrator, None)];
    for role in Role::ALL {
        columns.push(column(role.label(), role, Some("one".to_owned())));
    }
    columns
}

fn column(title: &str, role: Role, space: Option<String>) -> (String, Identity) {
    let who = Identity::new("somebody".to_owned(), role, space)
        .expect("invariant: only the administrator of the installation has no space here");
    (title.to_owned(), who)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_shows_the_tables() {
        let page = include_str!("../../../docs/guide/roles.md");
        assert!(
            page.ends_with(&super::markdown()),
            "docs/guide/roles.md is out of date; its tables should be:\n{}",
            super::markdown()
        );
    }
}
