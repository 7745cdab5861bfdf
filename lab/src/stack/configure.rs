//! Configuration of servers that aren't ours: files of `lab/config` with this run's ports and folders filled in.

use std::os::unix::fs::PermissionsExt as _;

use super::Place;
use super::programs::is_root;

/// Writes all of it into the run's `etc`. `webhook`: a receiver of alerts beside the lab's own, with its secret.
pub(crate) fn write(place: &Place, webhook: Option<(&str, &str)>) -> anyhow::Result<()> {
    let told = match webhook {
        None => String::new(),
        Some((url, secret)) => {
            let file = place.folder("etc/webhook-secret");
            std::fs::write(&file, secret)?;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
            let file = file.display();
            format!(
                "  - url: {url}\n    send_resolved: true\n    http_config: {{authorization: {{type: Bearer, \
                 credentials_file: \"{file}\"}}}}\n"
            )
        }
    };
    for name in [
        "prometheus.yml",
        "rules.yml",
        "alertmanager.yml",
        "blackbox.yml",
        "nginx.conf",
        "statements.yml",
    ] {
        let text = std::fs::read_to_string(place.lab().join("config").join(name))?;
        let text = text.replace("{webhook}", &told);
        std::fs::write(place.folder("etc").join(name), filled(&text, place))?;
    }
    Ok(())
}

/// `{name}` of everything that listens is its port; `{run}`, `{logs}`, `{tls}` are folders.
pub(crate) fn filled(text: &str, place: &Place) -> String {
    let mut text = text.to_owned();
    for (name, port) in place.ports() {
        text = text.replace(&format!("{{{name}}}"), &port.to_string());
    }
    for (name, folder) in
        [("run", place.run.clone()), ("logs", place.folder("logs")), ("tls", place.tls())]
    {
        text = text.replace(&format!("{{{name}}}"), &folder.display().to_string());
    }
    text.replace("{user}", if is_root() { "user root;" } else { "" })
}
