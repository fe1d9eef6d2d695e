"""`python -m sandbox`: the sandbox as a process of its own, until it is told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from sandbox.server import Sandbox

TOKEN = "SANDBOX_BRIDGE_TOKEN"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, default=0, help="0 takes a free one; the first line printed says which"
    )
    parser.add_argument("--bridge-url", help="where the page's alerts go, such as http://127.0.0.1:8080")
    parser.add_argument(
        "--bridge-token",
        default=os.environ.get(TOKEN),
        help=f"sent as a bearer token with them; else {TOKEN}",
    )
    parser.add_argument("--public-url", help="where people reach it, if not where it listens; for its links")
    parser.add_argument(
        "--rate-limits",
        type=float,
        default=1.0,
        metavar="SCALE",
        help="10 allows ten times what the vendors do, 0 switches limits off",
    )
    options = parser.parse_args()

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sandbox = Sandbox(
        options.host,
        options.port,
        options.bridge_url,
        bridge_token=options.bridge_token,
        public_url=options.public_url,
        rate_limits=options.rate_limits,
    )
    try:
        sandbox.start()
    except OSError as error:
        sys.stderr.write(f"cannot listen on {options.host}:{options.port}: {error.strerror}\n")
        return 1
    sys.stdout.write(f"{sandbox.url}\n")
    sys.stdout.flush()
    stop.wait()
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
