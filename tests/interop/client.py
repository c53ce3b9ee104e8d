"""Microsoft's Python client, for the tests of tests/it/interop.rs.

    client.py produce HUB PARTITION RUN COUNT      publishes COUNT records of a run, numbered from 0
    client.py consume HUB GROUP RUN SINCE COUNT    prints COUNT events of a run, as one JSON array a
                                                   line: partition, sequence number, body; looks
                                                   from SINCE on, in milliseconds since 1970

The connection string is in EVENTHUB_CONNECTION_STRING.
"""

import asyncio
import json
import os
import sys
from datetime import datetime, timezone

from azure.eventhub import EventData, EventHubProducerClient
from azure.eventhub.aio import EventHubConsumerClient

CONNECTION = os.environ["EVENTHUB_CONNECTION_STRING"]


def record(id):
    """A sign-in as Entra writes it; `id` tells it from all others."""
    return {
        "time": "2026-01-05T10:00:00Z",
        "category": "SignInLogs",
        "properties": {"id": id, "createdDateTime": "2026-01-05T10:00:00Z"},
    }


def produce(hub, partition, run, count):
    with EventHubProducerClient.from_connection_string(CONNECTION, eventhub_name=hub) as producer:
        assert partition in producer.get_partition_ids()
        batch = producer.create_batch(partition_id=partition)
        for number in range(int(count)):
            body = {"records": [record(f"{run}-python-{partition}-{number}")]}
            event = EventData(json.dumps(body))
            try:
                batch.add(event)
            except ValueError:
                # It is full.
                producer.send_batch(batch)
                batch = producer.create_batch(partition_id=partition)
                batch.add(event)
        producer.send_batch(batch)
        properties = producer.get_partition_properties(partition)
        print(json.dumps([partition, properties["last_enqueued_sequence_number"]]))


async def consume(hub, group, run, since, count):
    consumer = EventHubConsumerClient.from_connection_string(
        CONNECTION, consumer_group=group, eventhub_name=hub
    )
    left = int(count)
    done = asyncio.Event()

    async def on_event(context, event):
        nonlocal left
        body = event.body_as_str()
        if f"{run}-" in body:
            print(json.dumps([context.partition_id, event.sequence_number, body]), flush=True)
            left -= 1
        if left <= 0:
            done.set()

    since = datetime.fromtimestamp(int(since) / 1000, timezone.utc)
    async with consumer:
        receiving = asyncio.ensure_future(
            consumer.receive(on_event=on_event, starting_position=since)
        )
        await asyncio.wait_for(done.wait(), 60)
        # Nothing more is to come: an event that came twice would come now.
        await asyncio.sleep(1)
        receiving.cancel()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "produce":
        produce(*arguments)
    else:
        asyncio.run(consume(*arguments))
