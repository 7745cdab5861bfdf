//! Events reach a channel: in order, again where it refuses, and whatever else hangs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nightjar_oncall::{Channel, Courier, CourierPace, Sent};
use nightjar_store::{Dispatch, DispatchFilter, DispatchState, OutboxDepth, PageRequest};
use tokio::sync::{Notify, watch};

use crate::house::{House, several};

/// A channel that refuses each event a few times, never answers one subscription, and keeps what it was given.
#[derive(Default)]
struct Fake {
    refusals: usize,
    hangs: Option<String>,
    gone: bool,
    seen: Mutex<Vec<(String, String, String)>>,
    news: Notify,
}

#[async_trait]
impl Channel for Fake {
    async fn send(&self, delivery: &Dispatch) -> Sent {
        if self.hangs.as_ref() == Some(&delivery.subscription.id) {
            std::future::pending::<()>().await;
        }
        let (subject, event) = (delivery.subject.clone(), delivery.event.clone());
        let mut seen = self.seen.lock().unwrap();
        let times = seen.iter().filter(|(_, known, _)| *known == event).count();
        let is_refused = times < self.refusals;
        let word = if is_refused { "refused" } else { "accepted" };
        seen.push((subject, event, word.to_owned()));
        self.news.notify_one();
        match (self.gone, is_refused) {
            (true, _) => Sent::Gone { reason: "gone".into() },
            (false, true) => Sent::Refused { reason: "not yet".into(), wait: None },
            (false, false) => Sent::Accepted,
        }
    }
}

struct Running {
    stop: watch::Sender<bool>,
    courier: tokio::task::JoinHandle<()>,
}

fn run(house: &House, channel: &Arc<Fake>) -> Running {
    let pace = CourierPace {
        first_pause: Duration::ZERO,
        look_again: Duration::from_millis(5),
        ..CourierPace::default()
    };
    let channel: Arc<dyn Channel> = Arc::<Fake>::clone(channel);
    let courier = Courier { store: house.store.clone(), channel, pace, clock: house.clock() };
    let (stop, stopped) = watch::channel(false);
    Running { stop, courier: tokio::spawn(Arc::new(courier).run(stopped)) }
}

async fn until(house: &House, channel: &Fake, is_so: impl Fn(OutboxDepth) -> bool) {
    let waiting = async {
        while !is_so(house.store.outbox_depth().await.unwrap()) {
            // Either is a reason to look again: what was sent may not be noted yet.
            let _ = tokio::time::timeout(Duration::from_millis(5), channel.news.notified()).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it comes to that");
}

#[tokio::test]
async fn every_event_arrives_in_the_order_of_its_task_however_often_it_is_refused() {
    for house in House::each().await {
        house.subscribe().await;
        let id = house.start(&several()).await.id;
        house.work(&id).await;
        let page = PageRequest { limit: 1000, after: None };
        let mut rows =
            house.space.dispatches(&DispatchFilter::default(), &page).await.unwrap().items;
        rows.reverse();
        let channel = Arc::new(Fake { refusals: 2, ..Fake::default() });
        let running = run(&house, &channel);
        until(&house, &channel, |depth| depth.pending == 0).await;
        running.stop.send(true).unwrap();
        running.courier.await.unwrap();
        let of_tasks = |told: Vec<(String, String)>| {
            let mut tasks: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (subject, event) in told {
                tasks.entry(subject).or_default().push(event);
            }
            tasks
        };
        let written = rows.iter().map(|row| (row.subject.clone().unwrap(), row.event.clone()));
        let thrice = written.clone().flat_map(|told| [told.clone(), told.clone(), told]);
        let seen = channel.seen.lock().unwrap().clone();
        let sent = seen.iter().map(|(subject, event, _)| (subject.clone(), event.clone()));
        assert_eq!(of_tasks(sent.collect()), of_tasks(thrice.collect()));
        let accepted = seen.iter().filter(|(_, _, word)| word == "accepted").count();
        assert_eq!(accepted, rows.len());
    }
}

#[tokio::test]
async fn one_that_hangs_holds_up_nobody_else() {
    let house = House::new().await;
    let hangs = house.subscribe().await.id;
    house.subscribe().await;
    let id = house.start(&several()).await.id;
    house.work(&id).await;
    let all = house.store.outbox_depth().await.unwrap().pending;
    let channel = Arc::new(Fake { hangs: Some(hangs), ..Fake::default() });
    let running = run(&house, &channel);
    until(&house, &channel, |depth| depth.delivered == all / 2).await;
    running.courier.abort();
    assert_eq!(house.store.outbox_depth().await.unwrap().pending, all / 2);
}

#[tokio::test]
async fn who_is_gone_is_paused_with_the_reason_and_what_is_left_waits() {
    let house = House::new().await;
    let subscription = house.subscribe().await.id;
    let id = house.start(&several()).await.id;
    house.work(&id).await;
    let channel = Arc::new(Fake { gone: true, ..Fake::default() });
    let running = run(&house, &channel);
    until(&house, &channel, |depth| depth.failed > 0).await;
    running.stop.send(true).unwrap();
    running.courier.await.unwrap();
    let paused = house.space.subscription(&subscription).await.unwrap();
    assert!(!paused.is_active);
    assert_eq!(paused.paused_because.as_deref(), Some("gone"));
    let depth = house.store.outbox_depth().await.unwrap();
    assert!(depth.failed <= 4 && depth.pending > 0 && depth.delivered == 0, "{depth:?}");
    let failed = DispatchFilter { state: Some(DispatchState::Failed), subscription: None };
    let page = PageRequest { limit: 1000, after: None };
    let rows = house.space.dispatches(&failed, &page).await.unwrap().items;
    assert!(rows.iter().all(|row| row.error.as_deref() == Some("gone")));
}
