"""A bare relay: aiokafka in and out, values padded to the size of our predictions, sends not awaited."""

import asyncio
import gc
import json
import sys

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def relay(bootstrap: str, source: str, target: str, size: int) -> None:
    consumer = AIOKafkaConsumer(source, bootstrap_servers=bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    async with consumer, producer:
        await consumer.seek_to_end()
        for partition in consumer.assignment():
            await consumer.position(partition)
        # The same settings of the collector as the worker's.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000)
        print(json.dumps({"ready": True}), flush=True)
        async for record in consumer:
            await producer.send(target, record.value.ljust(size, b"\0"), key=record.key)


async def main() -> None:
    loop = asyncio.get_running_loop()
    wanted = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    relaying = asyncio.create_task(relay(**wanted))
    ended = loop.run_in_executor(None, sys.stdin.readline)
    await asyncio.wait({relaying, ended}, return_when=asyncio.FIRST_COMPLETED)
    if relaying.done():
        relaying.result()
    relaying.cancel()
    await asyncio.gather(relaying, return_exceptions=True)


uvloop.run(main())
