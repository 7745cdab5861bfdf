"""The life of a space with nothing but boto3: made, filled, asked, watched at work, and deleted.

Each part is a file of its own beside this one; this is their order.
"""

import associations
import goals
import journal
import operator_app
import reach
import services
import spaces
import tags
import tasks
import triggers
import usage


def main():
    client = reach.client()
    space = spaces.create(client)
    spaces.list_and_update(client, space)
    registered = services.register(client)
    services.list_and_read(client, registered)
    associated = associations.associate(client, space, registered)
    associations.list_and_update(client, space, associated, registered)
    tags.of_a_space_and_a_service(client, space, registered)
    operator_app.enable_and_disable(client, space)
    first = tasks.investigate(client, space, associated)
    journal.read(client, space, first)
    tasks.run_again(client, space, first)
    tasks.cancel(client, space, first)
    tasks.list_every_way(client, space)
    goals.goals(client, space)
    goals.recommendations(client, space)
    triggers.live(client, space)
    usage.read(client)
    associations.end(client, space, associated, registered)
    services.end(client, registered)
    spaces.end(client, space)
    print("all is well")


if __name__ == "__main__":
    main()
