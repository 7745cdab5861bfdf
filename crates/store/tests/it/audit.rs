use jiff::ToSpan as _;
use nightjar_store::{AuditFilter, NewAudit, PageRequest};

use crate::fixture::call;
use crate::place::{all, on_both, t0};

#[tokio::test]
async fn calls_that_come_together_are_all_recorded_in_one_chain() {
    on_both(async |place| {
        let store = place.open().await;
        let calls = (0..200).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.audit(call(number)).await.unwrap() })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        let trail = store.audit_trail(&AuditFilter::default(), &all()).await.unwrap().items;
        let numbers: Vec<u64> = trail.iter().map(|entry| entry.seq).collect();
        assert_eq!(numbers, (1..=200).rev().collect::<Vec<u64>>());
        assert!(trail.windows(2).all(|pair| pair[0].prev_hash == pair[1].hash));
        let report = store.verify(&[]).await.unwrap();
        assert_eq!((report.findings.as_slice(), report.entries), (&[][..], 200));
        let checkpoint = store.audit_checkpoint(t0()).await.unwrap();
        assert_eq!((checkpoint.position, checkpoint.heads.len()), (200, 1));
        assert_eq!(store.audit_checkpoint(t0()).await.unwrap(), checkpoint);
        assert_eq!(store.verify(&[checkpoint]).await.unwrap().findings, []);
    })
    .await;
}

#[tokio::test]
async fn the_trail_is_filtered_and_paged() {
    on_both(async |place| {
        let store = place.open().await;
        for number in 0..6 {
            store.audit(call(number)).await.unwrap();
        }
        let odd = NewAudit { actor: "x\0y".to_owned(), at: t0() + 1.hour(), ..call(7) };
        store.audit(odd).await.unwrap();
        let find = async |filter: AuditFilter| {
            let page = PageRequest { limit: 2, after: None };
            let first = store.audit_trail(&filter, &page).await.unwrap();
            let mut seen = first.items;
            if let Some(next) = first.next {
                let page = PageRequest { limit: 9, after: Some(next) };
                seen.extend(store.audit_trail(&filter, &page).await.unwrap().items);
            }
            seen.into_iter().map(|entry| entry.seq).collect::<Vec<_>>()
        };
        let space = Some(nightjar_incident::SpaceId::new("somewhere"));
        assert_eq!(find(AuditFilter { space, ..AuditFilter::default() }).await, [5, 3, 1]);
        let since = Some(t0() + 1.minute());
        assert_eq!(find(AuditFilter { since, ..AuditFilter::default() }).await, [7]);
        let actor = Some("x\u{fffd}y".to_owned());
        assert_eq!(find(AuditFilter { actor, ..AuditFilter::default() }).await, [7]);
        assert_eq!(store.verify(&[]).await.unwrap().findings, []);
    })
    .await;
}

#[tokio::test]
async fn closing_writes_what_waits() {
    on_both(async |place| {
        let store = place.open().await;
        let calls: Vec<_> = (0..50)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move { store.audit(call(number)).await })
            })
            .collect();
        tokio::task::yield_now().await;
        store.close().await;
        let mut written = 0;
        for call in calls {
            written += usize::from(call.await.unwrap().is_ok());
        }
        assert!(store.audit(call(0)).await.is_err());
        let store = place.open().await;
        let trail = store.audit_trail(&AuditFilter::default(), &all()).await.unwrap();
        assert_eq!(trail.items.len(), written);
    })
    .await;
}
