use jiff::ToSpan as _;
use nightjar_incident::journal::Digest;
use nightjar_store::{
    Collection, Created, Document, DocumentFilter, Documents, Error, NewDocument, Once, PageRequest,
};
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use crate::place::{Place, all, new_space, on_both, t0};

fn named(id: &str) -> NewDocument {
    NewDocument {
        id: Some(id.to_owned()),
        state: "active".to_owned(),
        body: json!({ "name": id, "count": 0 }),
        ..NewDocument::default()
    }
}

fn child(id: &str, parent: &str) -> NewDocument {
    NewDocument { parent: Some(parent.to_owned()), ..named(id) }
}

async fn make(documents: Documents<'_>, new: NewDocument) -> Document {
    documents.create(new, None, t0()).await.unwrap().into_inner()
}

/// Ids of a list, page by page.
async fn ids(documents: Documents<'_>, filter: &DocumentFilter) -> Vec<String> {
    let mut found = Vec::new();
    let mut page = PageRequest { limit: 2, after: None };
    loop {
        let part = documents.list(filter, &page).await.unwrap();
        found.extend(part.items.into_iter().map(|document| document.id));
        match part.next {
            Some(next) => page.after = Some(next),
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_document_is_made_found_changed_and_deleted() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        for documents in
            [space.documents(Collection::Trigger), store.documents(Collection::Service)]
        {
            let new = NewDocument { id: None, ..named("nightly") };
            let made = make(documents, new).await;
            assert_eq!((made.number, made.version, made.id.len()), (1, 1, 36));
            assert_eq!(documents.get(&made.id).await.unwrap(), made);

            let later = t0() + 1.hour();
            let changed = documents
                .update(&made.id, later, |document| {
                    assert_eq!(*document, made);
                    document.state = "paused".to_owned();
                    document.body["count"] = json!(7);
                    // Not the caller's to change.
                    document.number = 9;
                    document.parent = Some("x".to_owned());
                    Ok(())
                })
                .await
                .unwrap();
            let expected = Document {
                state: "paused".to_owned(),
                body: json!({ "name": "nightly", "count": 7 }),
                version: 2,
                updated_at: later,
                ..made.clone()
            };
            assert_eq!(changed, expected);
            assert_eq!(documents.get(&made.id).await.unwrap(), expected);

            let refused = documents.update(&made.id, later, |document| {
                document.state = "lost".to_owned();
                Err(Error::Conflict("it is of another version".to_owned()))
            });
            assert!(matches!(refused.await, Err(Error::Conflict(_))));
            assert_eq!(documents.delete(&made.id).await.unwrap(), expected);
            assert!(matches!(documents.get(&made.id).await, Err(Error::NotFound { .. })));
            assert!(matches!(documents.delete(&made.id).await, Err(Error::NotFound { .. })));
            let updated = documents.update(&made.id, later, |_| Ok(())).await;
            assert!(matches!(updated, Err(Error::NotFound { .. })));
        }
    })
    .await;
}

#[tokio::test]
async fn lists_show_every_document_once_in_the_order_of_making() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let other = new_space(&store).await;
        make(other.documents(Collection::Goal), named("theirs")).await;
        make(space.documents(Collection::Trigger), named("of another collection")).await;
        let goals = space.documents(Collection::Goal);
        // Ids in another order than that of making.
        for (at, id) in ["e", "d", "c", "b", "a"].into_iter().enumerate() {
            let parent = if at % 2 == 0 { "even" } else { "odd" };
            let state = if at < 3 { "first" } else { "last" };
            make(goals, NewDocument { state: state.to_owned(), ..child(id, parent) }).await;
        }
        let filter = |parent: Option<&str>, state: Option<&str>| DocumentFilter {
            parent: parent.map(str::to_owned),
            state: state.map(str::to_owned),
            newest_first: false,
        };
        for (filter, expected) in [
            (filter(None, None), "edcba"),
            (filter(Some("even"), None), "eca"),
            (filter(None, Some("first")), "edc"),
            (filter(Some("even"), Some("last")), "a"),
            (filter(Some("nobody"), None), ""),
            (filter(None, Some("e\u{301}' OR 1=1 --")), ""),
        ] {
            assert_eq!(ids(goals, &filter).await.concat(), expected, "{filter:?}");
            let newest = DocumentFilter { newest_first: true, ..filter };
            let expected: String = expected.chars().rev().collect();
            assert_eq!(ids(goals, &newest).await.concat(), expected, "{newest:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let goals = space.documents(Collection::Goal);
        for id in ["a", "b"] {
            make(goals, named(id)).await;
        }
        let oldest = DocumentFilter::default();
        let newest = DocumentFilter { newest_first: true, ..DocumentFilter::default() };
        let page = PageRequest { limit: 1, after: None };
        let after = goals.list(&oldest, &page).await.unwrap().next;
        let page = PageRequest { limit: 1, after };
        assert_eq!(goals.list(&oldest, &page).await.unwrap().items[0].id, "b");
        let elsewhere = space.documents(Collection::Trigger).list(&oldest, &page).await;
        assert!(matches!(elsewhere, Err(Error::Invalid(_))));
        assert!(matches!(goals.list(&newest, &page).await, Err(Error::Invalid(_))));
        for wrong in ["", "%00", "a\0b", "' OR 1=1", &"A".repeat(100_000)] {
            let page = PageRequest { limit: 1, after: Some(wrong.to_owned()) };
            assert!(matches!(goals.list(&oldest, &page).await, Err(Error::Invalid(_))), "{wrong}");
        }
    })
    .await;
}

#[tokio::test]
async fn hostile_ids_find_nothing_and_are_kept_only_where_they_are_harmless() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let goals = space.documents(Collection::Goal);
        make(goals, named("here")).await;
        let long = "x".repeat(100_000);
        for hostile in ["", "a\0b", long.as_str()] {
            let found = goals.get(hostile).await;
            assert!(matches!(found, Err(Error::NotFound { .. } | Error::Invalid(_))), "{found:?}");
            let made = goals.create(named(hostile), None, t0()).await;
            assert!(matches!(made, Err(Error::Invalid(_))), "{made:?}");
            assert_eq!(store.webhook_space(hostile).await.unwrap(), None);
        }
        for odd in ["' OR 1=1 --", "../..", "%", "here ", "Here", "a|b", "\"]", "\u{202e}"] {
            assert!(matches!(goals.get(odd).await, Err(Error::NotFound { .. })), "{odd}");
            let made = make(goals, named(odd)).await;
            assert_eq!(goals.get(odd).await.unwrap(), made);
            assert_eq!(goals.delete(odd).await.unwrap(), made);
        }
        let state = NewDocument { state: "a\0b".to_owned(), ..named("x") };
        assert!(matches!(goals.create(state, None, t0()).await, Err(Error::Invalid(_))));
        let twice = goals.create(named("here"), None, t0()).await;
        assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
        // The longest words that are taken fit into every index.
        let word = "\u{10348}".repeat(128);
        let long = NewDocument { state: word.clone(), ..child(&word, &word) };
        assert_eq!(make(goals, long).await.id, word);
    })
    .await;
}

#[tokio::test]
async fn a_collection_is_asked_of_whom_it_belongs_to() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        for wrong in
            [space.documents(Collection::Service), store.documents(Collection::Association)]
        {
            let filter = DocumentFilter::default();
            assert!(matches!(wrong.get("x").await, Err(Error::Invalid(_))));
            assert!(matches!(wrong.delete("x").await, Err(Error::Invalid(_))));
            assert!(matches!(wrong.list(&filter, &all()).await, Err(Error::Invalid(_))));
            assert!(matches!(wrong.create(named("x"), None, t0()).await, Err(Error::Invalid(_))));
            let updated = wrong.update("x", t0(), |_| Ok(())).await;
            assert!(matches!(updated, Err(Error::Invalid(_))));
        }
    })
    .await;
}

#[tokio::test]
async fn a_child_needs_its_parent_and_goes_with_it_or_holds_it() {
    on_both(async |place| {
        let store = place.open().await;
        let spaces = [new_space(&store).await, new_space(&store).await];
        let services = store.documents(Collection::Service);
        make(services, named("github")).await;
        make(services, named("unused")).await;
        let [associations, others] =
            spaces.each_ref().map(|s| s.documents(Collection::Association));
        let [webhooks, _] = spaces.each_ref().map(|space| space.documents(Collection::Webhook));

        let orphan = associations.create(named("x"), None, t0()).await;
        assert!(matches!(orphan, Err(Error::Invalid(_))), "{orphan:?}");
        let unknown = associations.create(child("x", "gitlab"), None, t0()).await;
        assert!(matches!(unknown, Err(Error::NotFound { what: "service", .. })), "{unknown:?}");
        let built_in = NewDocument { built_in: &["aws"], ..child("cloud", "aws") };
        make(associations, built_in).await;
        make(associations, child("a", "github")).await;
        make(others, child("b", "github")).await;
        for id in ["hook-1", "hook-2", "hook-3"] {
            make(webhooks, child(id, "a")).await;
        }
        make(webhooks, child("hook-4", "cloud")).await;
        // The other space's association is none of this space's.
        let foreign = webhooks.create(child("x", "b"), None, t0()).await;
        assert!(matches!(foreign, Err(Error::NotFound { what: "association", .. })), "{foreign:?}");

        let told = |result: nightjar_store::Result<Document>| result.unwrap_err().to_string();
        let used = told(services.delete("github").await);
        assert_eq!(used, "2 associations use service `github`");
        others.delete("b").await.unwrap();
        let used = told(services.delete("github").await);
        assert_eq!(used, "1 association uses service `github`");
        services.delete("unused").await.unwrap();
        associations.delete("a").await.unwrap();
        assert_eq!(ids(webhooks, &DocumentFilter::default()).await, ["hook-4"]);
        services.delete("github").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_webhook_leads_to_its_space_and_to_no_other() {
    on_both(async |place| {
        let store = place.open().await;
        let spaces = [new_space(&store).await, new_space(&store).await];
        for space in &spaces {
            let new = NewDocument { built_in: &["events"], ..child("a", "events") };
            make(space.documents(Collection::Association), new).await;
        }
        let [webhooks, others] = spaces.each_ref().map(|s| s.documents(Collection::Webhook));
        make(webhooks, child("hook", "a")).await;
        assert_eq!(store.webhook_space("hook").await.unwrap().as_ref(), Some(spaces[0].id()));
        assert_eq!(store.webhook_space("a").await.unwrap(), None);
        let taken = others.create(child("hook", "a"), None, t0()).await;
        assert!(matches!(taken, Err(Error::Conflict(_))), "{taken:?}");
        spaces[0].delete(t0()).await.unwrap();
        assert_eq!(store.webhook_space("hook").await.unwrap(), None);
        assert!(matches!(webhooks.get("hook").await, Err(Error::Destroyed)));
        assert!(matches!(
            webhooks.list(&DocumentFilter::default(), &all()).await,
            Err(Error::Destroyed)
        ));
        make(others, child("hook", "a")).await;
    })
    .await;
}

#[tokio::test]
async fn the_same_request_again_makes_no_second_document() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let once = Once { caller: "me".into(), key: "k".into(), digest: Digest::of(b"a") };
        let goals = space.documents(Collection::Goal);
        let new = NewDocument { id: None, ..named("x") };
        let first = goals.create(new.clone(), Some(&once), t0()).await.unwrap();
        assert!(matches!(first, Created::New(_)));
        let again = goals.create(new.clone(), Some(&once), t0()).await.unwrap();
        assert!(matches!(again, Created::Again(_)));
        assert_eq!(first.into_inner(), again.into_inner());
        let other = Once { digest: Digest::of(b"b"), ..once };
        assert!(matches!(goals.create(new, Some(&other), t0()).await, Err(Error::KeyReused)));
        assert_eq!(ids(goals, &DocumentFilter::default()).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn concurrent_updates_lose_nothing() {
    on_both(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        let space = new_space(&one).await;
        let theirs = other.space(space.id()).await.unwrap();
        let made = make(space.documents(Collection::Goal), named("x")).await;
        let updates = (0..20).map(|n| {
            let space = if n % 2 == 0 { space.clone() } else { theirs.clone() };
            tokio::spawn(async move {
                let goals = space.documents(Collection::Goal);
                goals
                    .update("x", t0(), |document| {
                        let count = document.body["count"].as_u64().unwrap();
                        document.body["count"] = json!(count + 1);
                        Ok(())
                    })
                    .await
                    .unwrap();
            })
        });
        for update in updates.collect::<Vec<_>>() {
            update.await.unwrap();
        }
        let now = space.documents(Collection::Goal).get("x").await.unwrap();
        assert_eq!((&now.body["count"], now.version), (&json!(20), made.version + 20));
    })
    .await;
}

#[tokio::test]
async fn no_association_is_made_while_its_service_is_deleted() {
    on_both(async |place| {
        let (one, other) = (place.open().await, place.open().await);
        let space = new_space(&one).await;
        for round in 0..10 {
            let id = format!("s-{round}");
            make(one.documents(Collection::Service), named(&id)).await;
            let associations = space.documents(Collection::Association);
            let services = other.documents(Collection::Service);
            let (made, deleted) = futures::join!(
                associations.create(child(&id, &id), None, t0()),
                services.delete(&id)
            );
            match (made, deleted) {
                (Ok(_), Err(Error::Conflict(_))) | (Err(Error::NotFound { .. }), Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
}

/// Changes the tables behind the store's back.
async fn tamper(place: &Place, statement: &str) {
    let mut connection = AnyConnection::connect(&place.database).await.unwrap();
    let done = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await;
    assert!(done.unwrap().rows_affected() > 0, "{statement}");
    connection.close().await.unwrap();
}

async fn is_damaged(documents: Documents<'_>, id: &str) -> bool {
    let got = documents.get(id).await;
    let listed = documents.list(&DocumentFilter::default(), &all()).await;
    let updated = documents.update(id, t0(), |_| Ok(())).await;
    matches!(got, Err(Error::Damaged { .. }))
        && matches!(listed, Err(Error::Damaged { .. }))
        && matches!(updated, Err(Error::Damaged { .. }))
}

#[tokio::test]
async fn no_column_of_a_document_can_be_altered() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let bytes = if place.is_sqlite() { "x'0102'" } else { "'\\x0102'::bytea" };
        let changes = [
            ("number", "77"),
            ("id", "'x'"),
            ("parent", "'somebody'"),
            ("parent", "NULL"),
            ("state", "'paused'"),
            ("version", "5"),
            ("created_at", "created_at + 1"),
            ("updated_at", "updated_at + 1"),
            ("sealed", bytes),
        ];
        for documents in [space.documents(Collection::Goal), store.documents(Collection::Service)] {
            for (column, value) in changes {
                make(documents, child("x-1", "p")).await;
                documents.get("x-1").await.unwrap();
                tamper(place, &format!("UPDATE documents SET {column} = {value}")).await;
                let id = if column == "id" { "x" } else { "x-1" };
                assert!(is_damaged(documents, id).await, "{column} = {value}");
                tamper(place, "DELETE FROM documents").await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn no_two_documents_can_be_exchanged() {
    on_both(async |place| {
        let store = place.open().await;
        let (space, other) = (new_space(&store).await, new_space(&store).await);
        let goals = space.documents(Collection::Goal);
        // Into another space, into another collection, onto another id, to the installation.
        make(goals, named("a")).await;
        tamper(place, &format!("UPDATE documents SET scope = '{}'", other.id())).await;
        assert!(is_damaged(other.documents(Collection::Goal), "a").await);
        tamper(place, "UPDATE documents SET collection = 'service', scope = ''").await;
        assert!(is_damaged(store.documents(Collection::Service), "a").await);
        tamper(
            place,
            &format!("UPDATE documents SET collection = 'trigger', scope = '{}'", space.id()),
        )
        .await;
        assert!(is_damaged(space.documents(Collection::Trigger), "a").await);
        tamper(place, "DELETE FROM documents").await;

        make(goals, named("a")).await;
        make(goals, named("b")).await;
        tamper(
            place,
            "UPDATE documents SET sealed =
             (SELECT sealed FROM documents o WHERE o.id = 'b') WHERE id = 'a'",
        )
        .await;
        assert!(is_damaged(goals, "a").await);
        assert!(goals.get("b").await.is_ok());
    })
    .await;
}
