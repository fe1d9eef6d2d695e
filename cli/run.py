"""`run`: receiver and worker as two processes of one command, which starts, watches and ends them."""

import http.client
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

from cli.children import Child, bury
from cli.listen import Address, claim
from cli.places import INSTANCE, RUNTIME, hold_database, runtime_folder, tidy_database
from cli.terminal import err, out
from config import load
from config.settings import Settings, StorageType

_START = 60.0
_LOOK = 0.1

Afterwards = Callable[[str, str | None, Callable[[float], bool]], None]
"""What `demo` does once all runs: given the bridge's address, the sandbox's, and a wait that says whether to go on."""


class Stop:
    """SIGINT, SIGTERM and a terminal that closes, counted: the first asks for an orderly end, the second for an end."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup a terminal that closes means nothing.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
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
    """The bridge and the sandbox, with a configuration of their own that is gone when they are.

    Who tells a story in the terminal is not talked over: then only errors are logged.
    """
    from cli import pretend  # noqa: PLC0415 (who has a Slack does without it)

    with ExitStack() as stack:
        folder = stack.enter_context(_private_folder())
        port = pretend.free_port(8080)
        child = pretend.child(pretend.free_port(8090), f"http://127.0.0.1:{port}")
        stack.callback(child.end, 2.0)
        stack.callback(child.ask_to_end)
        url = pretend.start(child)
        config = pretend.write_configuration(folder, port, url, "error" if afterwards else "info")
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
    stack.callback(tidy_database, settings)
    address = claim(settings.server)
    env = _environment(settings, config, stack)
    keep = () if lock is None else (lock,)
    worker = Child("worker", ["cli", "worker"], env, keep)
    receiver = Child("receiver", ["cli", "api", "--port", str(address.port)], env, keep)
    children = [*also, worker, receiver]
    status = 1
    try:
        worker.start()
        receiver.start()
        if _wait_ready(address, (worker, receiver), stop):
            _say(settings, address.url, sandbox)
            watch = _watcher(children, stop)
            if afterwards is not None:
                afterwards(address.url, sandbox, watch)
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
                    err(told)
            bury(children)
            time.sleep(_LOOK)
        return not stop

    return watch


def _wait_ready(address: Address, children: tuple[Child, ...], stop: Stop) -> bool:
    deadline = time.monotonic() + _START
    while not stop:
        for child in children:
            if child.ended is not None:
                err(f"{child.name} did not start; what it said is above")
                return False
        if _ready(address):
            return True
        if time.monotonic() > deadline:
            # A database that is not there yet is waited for, and is no reason to refuse to run.
            err(f"not ready after {_START:.0f} s, and still trying: see {address.url}/ready")
            return True
        time.sleep(_LOOK / 2)
    return False


def _ready(address: Address) -> bool:
    connection = http.client.HTTPConnection(address.nearby, address.port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(settings: Settings, children: tuple[Child, ...], stop: Stop) -> bool:
    """The receiver first, so that what it accepted is still hinted; then the worker. False: one had to be killed."""
    out("stopping; what is not finished stays due")
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
            err(f"{child.name} was killed before it had finished")
            clean = False
    if clean:
        out("stopped")
    return clean


def _environment(settings: Settings, config: Path, stack: ExitStack) -> dict[str, str]:
    """What the children share: a folder of their own, fresh, and a name where there is only one of us.

    In it lies the configuration as it is now: a child that is started again shall not read another one than its
    brother, who may then be writing to another database.
    """
    if settings.storage.type is StorageType.SQLITE:
        folder = runtime_folder(settings).resolve()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    else:
        folder = stack.enter_context(_private_folder())
    counters = folder / "metrics"
    counters.mkdir()
    ours = folder / "config.yaml"
    shutil.copyfile(config, ours)
    env = {RUNTIME: str(folder), "CONFIG_PATH": str(ours), "PROMETHEUS_MULTIPROC_DIR": str(counters)}
    if settings.storage.type is not StorageType.MYSQL:
        env[INSTANCE] = "run"
    return env


@contextmanager
def _private_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="alert-bridge-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _command() -> str:
    """This command as it can be typed: `make install` puts it into .venv, which need not be on the PATH."""
    beside = Path(sys.executable).with_name("alert-bridge")
    if shutil.which("alert-bridge") or not beside.exists():
        return "alert-bridge"
    with suppress(ValueError):
        return str(beside.relative_to(Path.cwd()))
    return str(beside)


def _mysql(settings: Settings) -> str:
    if settings.storage.mysql is None:
        return "MySQL"
    primary = settings.storage.mysql.primary
    return f"MySQL, {primary.database} on {primary.host}:{primary.port}"


def _say(settings: Settings, address: str, sandbox: str | None) -> None:
    storage = {
        StorageType.SQLITE: f"SQLite, {settings.storage.sqlite.path}",
        StorageType.MYSQL: _mysql(settings),
        StorageType.MEMORY: "memory: gone when this stops",
    }[settings.storage.type]
    open_door = "" if settings.alertmanager.authenticated else "   open to anybody who reaches it"
    lines = ["Alert Bridge is running. Ctrl-C stops it."]
    if sandbox:
        lines.append(
            f"  look here    {sandbox}/   a pretend Slack channel, PagerDuty account and Alertmanager"
        )
    lines += [
        f"  alerts go to {address}/alertmanager/webhook{open_door}",
        f"  it tells     {', '.join(settings.far_sides)}{' (pretend)' if sandbox else ''}",
        f"  it keeps     {storage}",
        f"  its health   {address}/ready, {address}/metrics",
    ]
    if sandbox:
        from cli.pretend import API_TOKEN  # noqa: PLC0415 (who has a Slack does without it)

        lines.append(f"  ask it       ALERT_BRIDGE_TOKEN={API_TOKEN} {_command()} alerts --url {address}")
    out("\n".join(lines))
