//! Spaces, their tags, a service and its association.

use anyhow::{Context as _, ensure};
use aws_sdk_devopsagent::Client;
use aws_sdk_devopsagent::types::{
    EventChannelConfiguration, EventChannelDetails, EventChannelType,
    PostRegisterServiceSupportedService, ServiceConfiguration, ServiceDetails,
};

use crate::say;

/// Makes a space with all that belongs to it; gives its id.
pub(crate) async fn live(client: &Client) -> anyhow::Result<String> {
    let made = client
        .create_agent_space()
        .name("by the SDK")
        .description("strictly read")
        .tags("team", "payments")
        .client_token("once")
        .send()
        .await?;
    let space = made.agent_space().context("no space")?;
    let id = space.agent_space_id().to_owned();
    ensure!(space.created_at().secs() > 1_700_000_000, "made at {}", space.created_at());
    client.create_agent_space().name("another").send().await?;
    let pages = client.list_agent_spaces().into_paginator().page_size(1).items().send();
    let listed = pages.collect::<Result<Vec<_>, _>>().await?;
    ensure!(listed.iter().any(|one| one.agent_space_id() == id), "{id} isn't in {listed:?}");
    let got = client.get_agent_space().agent_space_id(&id).send().await?;
    ensure!(got.agent_space() == Some(space), "{got:?} isn't {space:?}");
    let updated = client.update_agent_space().agent_space_id(&id).name("renamed").send().await?;
    ensure!(updated.agent_space().is_some_and(|one| one.name() == "renamed"), "{updated:?}");
    tags(client, &id).await?;
    associate(client, &id).await?;
    say(&format!("the space {id} is made, listed, read, changed, tagged and associated"))?;
    Ok(id)
}

async fn tags(client: &Client, id: &str) -> anyhow::Result<()> {
    let resource = format!("arn:aws:aidevops:eu-central-1:000000000000:agentspace/{id}");
    client.tag_resource().resource_arn(&resource).tags("cost centre", "4711").send().await?;
    client.untag_resource().resource_arn(&resource).tag_keys("team").send().await?;
    let found = client.list_tags_for_resource().resource_arn(&resource).send().await?;
    let found: Vec<_> = found.tags().iter().collect();
    ensure!(found == [(&"cost centre".to_owned(), &"4711".to_owned())], "{found:?}");
    Ok(())
}

async fn associate(client: &Client, id: &str) -> anyhow::Result<()> {
    let details = EventChannelDetails::builder().r#type(EventChannelType::Webhook).build();
    let registered = client
        .register_service()
        .service(PostRegisterServiceSupportedService::Eventchannel)
        .service_details(ServiceDetails::EventChannel(details))
        .send()
        .await?;
    let service = registered.service_id().context("no service")?;
    let nothing = EventChannelConfiguration::builder().build();
    let associated = client
        .associate_service()
        .agent_space_id(id)
        .service_id(service)
        .configuration(ServiceConfiguration::EventChannel(nothing))
        .send()
        .await?;
    let webhook = associated.webhook().context("no webhook")?;
    ensure!(webhook.webhook_secret().is_some(), "{associated:?} has no secret");
    let association = associated.association().context("no association")?;
    let pages = client.list_associations().agent_space_id(id).into_paginator().items().send();
    let listed = pages.collect::<Result<Vec<_>, _>>().await?;
    ensure!(listed == [association.clone()], "{listed:?} isn't {association:?}");
    Ok(())
}

/// Deletes it; then there is none.
pub(crate) async fn end(client: &Client, id: &str) -> anyhow::Result<()> {
    client.delete_agent_space().agent_space_id(id).send().await?;
    let after = client.get_agent_space().agent_space_id(id).send().await;
    let error = after.err().context("it is still there")?.into_service_error();
    ensure!(error.is_resource_not_found_exception(), "{error:?}");
    say("the deleted space is gone")?;
    Ok(())
}
