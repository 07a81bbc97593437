"""A bare server around `broadcast` of the library websockets: a client's first message is its channel."""

import asyncio
import json
import os
import resource
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main() -> None:
    """Serve; for each question publish one message to each channel named, or to all."""
    loop = asyncio.get_running_loop()
    templates = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    members: dict[str, set[ServerConnection]] = {channel: set() for channel in templates}

    async def keep(client: ServerConnection) -> None:
        channel = str(await client.recv())
        await client.send("{}")
        members[channel].add(client)
        await client.wait_closed()
        members[channel].discard(client)

    async with serve(keep, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(json.dumps({"port": port, "pid": os.getpid()}), flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            asked = json.loads(line)
            for channel in asked["channels"] or templates:
                message = templates[channel].replace("@", str(asked["revision"]))
                broadcast(members[channel], message)
            print("true", flush=True)


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
uvloop.run(main())
