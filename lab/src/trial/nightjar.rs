//! Nightjar as its users have it: started with an empty folder of data, told of the lab's systems, and asked, all by
//! its command line and its API.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::{Client, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::truth::{Ranked, Truth};
use crate::stack::supervisor::Process;
use crate::stack::{Stack, configure, tell};

/// How often it is asked how far it is.
const LOOK: Duration = Duration::from_millis(200);
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A service that runs, and a space of it.
pub(crate) struct Nightjar {
    client: Client,
    base: String,
    token: String,
    space: String,
    url: String,
    secret: String,
}

/// What came of an incident.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) verdict: Option<String>,
    pub(crate) stage: Option<String>,
    /// Causes, then leads.
    pub(crate) ranked: Vec<Ranked>,
    pub(crate) incidents: usize,
    pub(crate) seconds_to_first: Option<f64>,
    pub(crate) seconds_to_final: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Connections {
    connection: Vec<Connection>,
}

#[derive(Debug, Deserialize)]
struct Connection {
    name: String,
    kind: String,
    config: toml::Table,
    /// Made only where this system of the lab doesn't run.
    unless: Option<String>,
}

impl Nightjar {
    /// Starts the service, makes a space and a webhook for Alertmanager.
    pub(crate) async fn start(stack: &Stack, program: &Path) -> anyhow::Result<Self> {
        let program = program
            .canonicalize()
            .with_context(|| format!("there is no `{}`", program.display()))?;
        let data = stack.place.folder("nightjar").display().to_string();
        let mut keys = Command::new(&program);
        keys.args(["keys", "create", "--role", "administrator", "--json", "--data", &data]);
        let output = keys.output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "no key: {}", said.trim());
        let key: Value = serde_json::from_slice(&output.stdout)?;
        let address = stack.place.address("nightjar");
        let base = format!("http://{address}");
        let words = ["serve", "--listen", &address, "--data", &data];
        stack.supervisor.start(Process {
            name: "nightjar".to_owned(),
            program,
            arguments: words.map(str::to_owned).to_vec(),
            environment: vec![
                ("NIGHTJAR_SERVER__PUBLIC_URL".to_owned(), base.clone()),
                ("NIGHTJAR_SERVER__RATE_LIMITS".to_owned(), "false".to_owned()),
            ],
            user: None,
            signal: "TERM",
            is_service: false,
        })?;
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        let token = text(&key, "token");
        let mut own = Self {
            client,
            base,
            token,
            space: String::new(),
            url: String::new(),
            secret: String::new(),
        };
        own.until_ready().await?;
        own.space = text(
            &own.ask(Method::POST, "/api/v1/spaces", Some(json!({"name": "shop"}))).await?,
            "id",
        );
        let hook =
            own.asked(Method::POST, "/webhooks", Some(json!({"provider": "alertmanager"}))).await?;
        (own.url, own.secret) = (text(&hook, "url"), text(&hook, "secret"));
        Ok(own)
    }

    /// Where alerts go, and what proves their sender.
    pub(crate) fn webhook(&self) -> (&str, &str) {
        (&self.url, &self.secret)
    }

    /// Tells it of the lab's systems. A kind it doesn't know is told of and left out.
    pub(crate) async fn connect(&self, stack: &Stack) -> anyhow::Result<()> {
        let place = &stack.place;
        let file = place.lab().join("config/connections.toml");
        let wanted: Connections =
            toml::from_str(&configure::filled(&std::fs::read_to_string(file)?, place))?;
        let mut made = 0;
        for connection in wanted.connection {
            if connection.unless.is_some_and(|other| stack.supervisor.id(&other).is_some()) {
                continue;
            }
            let body = json!({"name": connection.name, "kind": connection.kind, "config": connection.config});
            match self.asked(Method::POST, "/connections", Some(body)).await {
                Ok(_) => made += 1,
                Err(error) => {
                    tell(&format!("connection `{}` is refused: {error:#}", connection.name))
                }
            }
        }
        anyhow::ensure!(made > 0, "Nightjar takes none of the lab's connections");
        Ok(())
    }

    /// Somebody believes that something is wrong.
    pub(crate) async fn suspect(&self) -> anyhow::Result<()> {
        let task = json!({"preset": "error_rate_spike", "starting_point": "gateway"});
        self.asked(Method::POST, "/tasks", Some(task)).await.map(drop)
    }

    /// Waits for the final verdict on the first incident, or for what is said by then.
    pub(crate) async fn verdict(&self, patience: Duration) -> anyhow::Result<Told> {
        let begun = Instant::now();
        let mut told = Told::default();
        let mut first = None;
        while begun.elapsed() < patience {
            tokio::time::sleep(LOOK).await;
            let list = self.asked(Method::GET, "/incidents?limit=100", None).await?;
            let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
            told.incidents = items.len();
            if first.is_none() {
                first = items
                    .iter()
                    .map(|item| (text(item, "opened_at"), text(item, "id")))
                    .min()
                    .map(|(_, id)| id);
            }
            let Some(id) = &first else { continue };
            let incident = self.asked(Method::GET, &format!("/incidents/{id}"), None).await?;
            let Some(verdict) = incident.pointer("/verdict/verdict").and_then(Value::as_str) else {
                continue;
            };
            told.seconds_to_first.get_or_insert(begun.elapsed().as_secs_f64());
            told.verdict = Some(verdict.to_owned());
            told.stage =
                incident.pointer("/verdict/stage").and_then(Value::as_str).map(str::to_owned);
            told.ranked = ranked(&incident);
            if told.stage.as_deref() == Some("final") {
                told.seconds_to_final = Some(begun.elapsed().as_secs_f64());
                break;
            }
        }
        Ok(told)
    }

    /// Saves the recording of the first investigation, and the truth beside it.
    pub(crate) async fn capsule(
        &self,
        folder: &Path,
        name: &str,
        truth: &Truth,
    ) -> anyhow::Result<()> {
        let list = self.asked(Method::GET, "/investigations?limit=100", None).await?;
        let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        let Some(id) = items.iter().map(|item| text(item, "id")).min() else { return Ok(()) };
        let url = format!("{}/api/v1/spaces/{}/investigations/{id}/capsule", self.base, self.space);
        let answer = self.client.get(url).bearer_auth(&self.token).send().await?;
        if !answer.status().is_success() {
            tell(&format!("no capsule: {} {}", answer.status(), answer.text().await?));
            return Ok(());
        }
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(format!("{name}.tar.zst")), answer.bytes().await?)?;
        std::fs::write(folder.join(format!("{name}.expect.toml")), &truth.text)?;
        Ok(())
    }

    async fn until_ready(&self) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        while self.client.get(format!("{}/readyz", self.base)).send().await.is_err() {
            anyhow::ensure!(Instant::now() < end, "it doesn't answer: see its log");
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Within the space.
    async fn asked(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        self.ask(method, &format!("/api/v1/spaces/{}{path}", self.space), body).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        anyhow::ensure!(status.is_success(), "{method} {path}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

/// Causes first, then hypotheses, in the order in which a reader meets them.
fn ranked(incident: &Value) -> Vec<Ranked> {
    let list =
        |name: &str| incident.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let causes = list("causes").into_iter().filter_map(|cause| cause.get("hypothesis").cloned());
    let all = causes.chain(list("hypotheses"));
    let mut found: Vec<Ranked> = Vec::new();
    for one in all {
        let ranked = Ranked {
            entity: text(&one, "entity"),
            fault_mode: text(&one, "fault_mode"),
            confidence: one.get("confidence").and_then(Value::as_f64).unwrap_or(0.0),
        };
        if !found.contains(&ranked) {
            found.push(ranked);
        }
    }
    found
}

fn text(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_claimed_stands_before_the_leads() {
        let hypothesis =
            |entity: &str| json!({"entity": entity, "fault_mode": "slow", "confidence": 0.7});
        let incident = json!({
            "causes": [{"statement": "…", "hypothesis": hypothesis("b")}],
            "hypotheses": [hypothesis("a"), hypothesis("b")],
        });
        let entities: Vec<String> = ranked(&incident).into_iter().map(|one| one.entity).collect();
        assert_eq!(entities, ["b", "a"]);
        assert!(ranked(&json!({"causes": 7})).is_empty());
    }
}
