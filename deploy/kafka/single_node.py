"""The command for one real Kafka node: `python -m deploy.kafka.single_node run|start|stop|status`."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.kafka.jars import PROJECT, KafkaUnavailableError, fetch_jars, missing_tools
from deploy.kafka.node import SingleNode, answers, free_port

__all__ = [
    "KafkaUnavailableError",
    "SingleNode",
    "answers",
    "fetch_jars",
    "free_port",
    "main",
    "missing_tools",
]


def run(node: SingleNode) -> int:
    """Run in the foreground until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with node:
            print(f"Kafka answers at {node.bootstrap}; its log is {node.log}; Ctrl-C ends it", flush=True)
            return 1 if node.wait() else 0
    except KeyboardInterrupt:
        return 0


def start(node: SingleNode) -> int:
    """Start in the background and return when it answers."""
    node.start()
    print(f"Kafka answers at {node.bootstrap}; process {node.pid}, log {node.log}")
    return 0


def stop(node: SingleNode) -> int:
    """Stop what runs on the folder."""
    was = node.pid
    node.stop()
    print(f"stopped process {was}" if was else f"nothing runs on {node.folder}")
    return 0


def status(node: SingleNode) -> int:
    """Exit status 0 when the node runs and answers, 1 when it does not."""
    if node.pid is None:
        print(f"nothing runs on {node.folder}")
        return 1
    up = answers(node.bootstrap, timeout=2)
    print(f"process {node.pid} {'answers' if up else 'does not answer'} at {node.bootstrap}")
    return 0 if up else 1


COMMANDS: dict[str, Callable[[SingleNode], int]] = {
    "run": run,
    "start": start,
    "stop": stop,
    "status": status,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 (failed, and says why) or 2 (called wrongly)."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.kafka.single_node",
        description="A real single-node Apache Kafka on 127.0.0.1 for tests and development.",
        epilog="example: python -m deploy.kafka.single_node start --port 9092 --dir .kafka/node",
    )
    parser.add_argument("command", choices=COMMANDS, help="run stays in the foreground, start does not")
    parser.add_argument("--port", type=int, default=9092, help="the clients' port (default 9092)")
    parser.add_argument(
        "--dir", type=Path, default=PROJECT / ".kafka" / "node", help="settings, data and log"
    )
    options = parser.parse_args(arguments)
    try:
        return COMMANDS[options.command](SingleNode(options.dir, port=options.port))
    except KafkaUnavailableError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
