"""`run`: receiver and worker as two processes of one command, which starts, watches and ends them."""

import http.client
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from cli import pretend
from cli.children import Child
from cli.places import INSTANCE, RUNTIME, NotHere, hold_database, runtime_folder
from config import load
from config.settings import Settings, StorageType

_START = 60.0
_LOOK = 0.1
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}

Afterwards = Callable[[str, str | None, Callable[[float], bool]], None]
"""What `demo` does once all runs: given the bridge's address, the sandbox's, and a wait that says whether to go on."""


class Stop:
    """SIGINT and SIGTERM, counted: the first asks for an orderly end, the second for an end."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take)

    def _take(self, _: int, __: FrameType | None) -> None:
        self.count += 1

    def __bool__(self) -> bool:
        return self.count > 0


def run(config: Path, afterwards: Afterwards | None = None) -> int:
    """The bridge with this configuration, until it is told to stop. The exit status."""
    settings = load(config, os.environ)
    with ExitStack() as stack:
        return _run(settings, config, None, stack, afterwards=afterwards)


def run_with_sandbox(afterwards: Afterwards | None = None) -> int:
    """The bridge and the sandbox, with a configuration of their own that is gone when they are."""
    with ExitStack() as stack:
        folder = stack.enter_context(_private_folder())
        port = pretend.free_port(8080)
        child = pretend.child(pretend.free_port(8090), f"http://127.0.0.1:{port}")
        stack.callback(child.end, 2.0)
        stack.callback(child.ask_to_end)
        url = pretend.start(child)
        config = pretend.write_configuration(folder, port, url)
        return _run(load(config, os.environ), config, url, stack, afterwards=afterwards, also=(child,))


def _run(
    settings: Settings,
    config: Path,
    sandbox: str | None,
    stack: ExitStack,
    *,
    afterwards: Afterwards | None,
    also: tuple[Child, ...] = (),
) -> int:
    stop = Stop()
    lock = hold_database(settings, alone=True)
    port = _port(settings)
    env = {"CONFIG_PATH": str(config.resolve()), **_environment(settings, stack)}
    keep = () if lock is None else (lock,)
    worker = Child("worker", ["cli", "worker"], env, keep)
    receiver = Child("receiver", ["cli", "api", "--port", str(port)], env, keep)
    children = [*also, worker, receiver]
    address = f"http://{_ANY.get(settings.server.host, settings.server.host)}:{port}"
    status = 1
    try:
        worker.start()
        receiver.start()
        if _wait_ready(settings, port, (worker, receiver), stop):
            _say(settings, address, sandbox)
            watch = _watcher(children, stop)
            if afterwards is not None:
                afterwards(address, sandbox, watch)
            while watch(1.0):
                pass
            status = 0
        elif stop:
            status = 0
    finally:
        clean = _end(settings, (receiver, worker), stop)
    return status if clean else 1


def _watcher(children: list[Child], stop: Stop) -> Callable[[float], bool]:
    def watch(seconds: float) -> bool:
        """Look after the children for so long; False once it is time to stop."""
        until = time.monotonic() + seconds
        while not stop and time.monotonic() < until:
            for child in children:
                if told := child.revive():
                    _err(told)
            time.sleep(_LOOK)
        return not stop

    return watch


def _wait_ready(settings: Settings, port: int, children: tuple[Child, ...], stop: Stop) -> bool:
    deadline = time.monotonic() + _START
    while not stop:
        for child in children:
            if child.ended is not None:
                _err(f"{child.name} did not start; what it said is above")
                return False
        if _ready(settings, port):
            return True
        if time.monotonic() > deadline:
            # A database that is not there yet is waited for, and is no reason to refuse to run.
            _err(f"not ready after {_START:.0f} s, and still trying: see http://127.0.0.1:{port}/ready")
            return True
        time.sleep(_LOOK / 2)
    return False


def _ready(settings: Settings, port: int) -> dict[str, Any] | None:
    host = _ANY.get(settings.server.host, settings.server.host)
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        body = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return body if answer.status == 200 else None


def _end(settings: Settings, children: tuple[Child, ...], stop: Stop) -> bool:
    """The receiver first, so that what it accepted is still hinted; then the worker. False: one had to be killed."""
    _out("stopping; what is not finished stays due")
    deadline = time.monotonic() + settings.server.shutdown_timeout.total_seconds()
    asked = stop.count
    clean = True
    for child in children:
        child.ask_to_end()
        while child.process is not None and child.ended is None and time.monotonic() < deadline:
            if stop.count > max(1, asked):
                break
            time.sleep(_LOOK / 2)
        if not child.end(0.0):
            _err(f"{child.name} was killed before it had finished")
            clean = False
    if clean:
        _out("stopped")
    return clean


def _environment(settings: Settings, stack: ExitStack) -> dict[str, str]:
    """What the children share: a folder of their own, fresh, and a name where there is only one of us."""
    if settings.storage.type is StorageType.SQLITE:
        folder = runtime_folder(settings).resolve()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    else:
        folder = stack.enter_context(_private_folder())
    counters = folder / "metrics"
    counters.mkdir()
    env = {RUNTIME: str(folder), "PROMETHEUS_MULTIPROC_DIR": str(counters)}
    if settings.storage.type is not StorageType.MYSQL:
        env[INSTANCE] = "run"
    return env


@contextmanager
def _private_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="alert-bridge-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _port(settings: Settings) -> int:
    """The port to listen on, known to be free a moment ago. Raises NotHere."""
    host, port = settings.server.host, settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotHere(
                f"cannot listen on {host}:{port}: {error.strerror}. Set server.port to another one"
            ) from None
        return int(probe.getsockname()[1])


def _say(settings: Settings, address: str, sandbox: str | None) -> None:
    storage = {
        StorageType.SQLITE: f"SQLite, {settings.storage.sqlite.path}",
        StorageType.MYSQL: "MySQL",
        StorageType.MEMORY: "memory: gone when this stops",
    }[settings.storage.type]
    told = [f"slack:{settings.slack.channel_id}"] if settings.slack else []
    told += ["pagerduty:default"] if settings.pagerduty else []
    open_door = "" if settings.alertmanager.authenticated else "   open to anybody who reaches it"
    lines = ["Alert Bridge is running. Ctrl-C stops it."]
    if sandbox:
        lines.append(f"  look here    {sandbox}/   a pretend Slack channel and PagerDuty account")
    lines += [
        f"  alerts go to {address}/alertmanager/webhook{open_door}",
        f"  it tells     {', '.join(told)}{' (pretend)' if sandbox else ''}",
        f"  it keeps     {storage}",
        f"  its health   {address}/ready, {address}/metrics",
    ]
    _out("\n".join(lines))


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _err(text: str) -> None:
    sys.stderr.write(f"alert-bridge: {text}\n")
    sys.stderr.flush()
