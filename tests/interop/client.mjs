// Microsoft's JavaScript client, for the tests of tests/it/interop.rs.
//
//     client.mjs produce HUB PARTITION RUN COUNT      publishes COUNT records of a run, numbered from 0
//     client.mjs consume HUB GROUP RUN SINCE COUNT    prints COUNT events of a run, as one JSON array
//                                                     a line: partition, sequence number, body; looks
//                                                     from SINCE on, in milliseconds since 1970
//
// The connection string is in EVENTHUB_CONNECTION_STRING, the directory of the packages in PACKAGES.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/package.json`);
const { EventHubConsumerClient, EventHubProducerClient } = require("@azure/event-hubs");

const connection = process.env.EVENTHUB_CONNECTION_STRING;

// A sign-in as Entra writes it; `id` tells it from all others.
const record = (id) => ({
  time: "2026-01-05T10:00:00Z",
  category: "SignInLogs",
  properties: { id, createdDateTime: "2026-01-05T10:00:00Z" },
});

async function produce(hub, partition, run, count) {
  const producer = new EventHubProducerClient(connection, hub);
  if (!(await producer.getPartitionIds()).includes(partition)) {
    throw new Error(`no partition ${partition}`);
  }
  let batch = await producer.createBatch({ partitionId: partition });
  for (let number = 0; number < Number(count); number++) {
    const event = { body: { records: [record(`${run}-javascript-${partition}-${number}`)] } };
    if (!batch.tryAdd(event)) {
      await producer.sendBatch(batch);
      batch = await producer.createBatch({ partitionId: partition });
      batch.tryAdd(event);
    }
  }
  await producer.sendBatch(batch);
  const properties = await producer.getPartitionProperties(partition);
  console.log(JSON.stringify([partition, properties.lastEnqueuedSequenceNumber]));
  await producer.close();
}

async function consume(hub, group, run, since, count) {
  const consumer = new EventHubConsumerClient(group, connection, hub);
  let left = Number(count);
  await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`${left} events did not come`)), 60_000).unref();
    const processEvents = async (events, context) => {
      for (const event of events) {
        const body = Buffer.isBuffer(event.body) ? event.body.toString() : JSON.stringify(event.body);
        if (!body.includes(`${run}-`)) continue;
        console.log(JSON.stringify([context.partitionId, event.sequenceNumber, body]));
        left -= 1;
      }
      // Nothing more is to come then: an event that came twice would come in this second.
      if (left <= 0) setTimeout(resolve, 1000);
    };
    const processError = async (error) => reject(error);
    const startPosition = { enqueuedOn: new Date(Number(since)) };
    consumer.subscribe({ processEvents, processError }, { startPosition });
  });
  await consumer.close();
}

const [command, ...rest] = process.argv.slice(2);
await (command === "produce" ? produce(...rest) : consume(...rest));
process.exit(0);
