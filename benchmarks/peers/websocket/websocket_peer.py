"""The end of a bare relay: what aiokafka reads goes as it is to WebSocket clients; answers with its port."""

import asyncio
import gc
import json
import sys

import uvloop
from aiokafka import AIOKafkaConsumer
from websockets.asyncio.server import ServerConnection, serve


async def relay(bootstrap: str, topic: str) -> None:
    clients: set[ServerConnection] = set()

    async def keep(client: ServerConnection) -> None:
        clients.add(client)
        await client.wait_closed()
        clients.discard(client)

    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap)
    async with consumer, serve(keep, "127.0.0.1", 0, compression=None) as server:
        await consumer.seek_to_end()
        for partition in consumer.assignment():
            await consumer.position(partition)
        # The same settings of the collector as the worker's.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000)
        print(json.dumps({"port": next(iter(server.sockets)).getsockname()[1]}), flush=True)
        async for record in consumer:
            for client in tuple(clients):
                await client.send(record.value)


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
