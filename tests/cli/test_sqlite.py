"""One SQLite file: whose it is, what lies beside it, what happens when the disk says no, and its backup."""

import itertools
import resource
import signal
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.cli.command import Answer, Home, alert, children
from tests.servers import Process, wait_until

API_TOKEN = "an-api-token-of-the-tests-that-is-long"
READERS = 100
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A bridge that runs, whose API somebody may use."""
    with Sandbox(rate_limits=False) as sandbox:
        home = Home(tmp_path_factory.mktemp("running"))
        home.configure(sandbox, api={"tokens": {"night-shift": API_TOKEN}})
        with home.command("run") as run:
            home.wait_ready(run)
            yield home


def listed(home: Home) -> Answer:
    return home.ask("/api/v1/alerts?limit=200", token=API_TOKEN)


def names(home: Home) -> set[str]:
    return {one["name"] for one in listed(home).json["alerts"]}


def at(home: Home, sandbox: Sandbox, path: Path) -> None:
    home.configure(sandbox, storage={"type": "sqlite", "sqlite": {"path": str(path)}})


@pytest.mark.parametrize("command", ["run", "api", "worker", "migrate"])
def test_a_second_bridge_on_the_same_file_is_refused(
    home: Home, sandbox: Sandbox, running: Home, command: str
) -> None:
    at(home, sandbox, running.database)
    said = home.say(command, status=1)
    assert f"another alert-bridge uses {running.database} already: stop it, or give this one another" in said
    assert len(said.splitlines()) == 1
    assert running.is_ready()


@pytest.mark.parametrize("link", ["of the file", "of the folder"])
def test_a_link_leads_to_the_same_file(home: Home, sandbox: Sandbox, running: Home, link: str) -> None:
    path = home.folder / "link"
    path.symlink_to(running.database if link == "of the file" else running.database.parent)
    at(home, sandbox, path if link == "of the file" else path / running.database.name)
    assert f"another alert-bridge uses {running.database} already" in home.say("run", status=1)


def test_a_folder_is_no_file(home: Home) -> None:
    home.database.mkdir(parents=True)
    assert f"storage.sqlite.path {home.database} is a folder: name a file in it" in home.say("run", status=1)


def test_a_folder_that_cannot_be_written_is_told(home: Home, sandbox: Sandbox) -> None:
    """Not even by root."""
    at(home, sandbox, Path("/sys/bridge.db"))
    assert "storage.sqlite.path /sys/bridge.db cannot be used: " in home.say("run", status=1)


@pytest.mark.parametrize("command", ["run", "migrate", "prune", "backup"])
def test_the_database_of_another_program_is_left_as_it_is(home: Home, command: str) -> None:
    """To the byte: no table is added, and no mode changed."""
    home.database.parent.mkdir()
    with closing(sqlite3.connect(home.database)) as connection, connection:
        connection.execute("CREATE TABLE letters (text)")
    before = home.database.read_bytes()
    arguments = [command, "copy.db"] if command == "backup" else [command]
    assert "is the database of another program" in home.say(*arguments, status=1)
    assert home.database.read_bytes() == before


@pytest.mark.parametrize("command", ["run", "api", "worker"])
def test_what_ends_in_order_leaves_one_file(home: Home, command: str) -> None:
    """With all that was written: nothing of it lies in a second file that could be forgotten in a copy."""
    home.say("migrate")
    with home.command(command) as process:
        if command == "worker":
            process.wait_until(lambda: "worker started" in process.output(), 30)
        else:
            home.wait_ready(process)
            home.post(alert("Written"))
        process.signal(signal.SIGTERM)
        process.wait(20)
    parts = home.database.parent.glob("bridge.db-*")
    assert [part.name for part in parts if part.stat().st_size] == []
    if command != "worker":
        with closing(sqlite3.connect(f"file:{home.database}?immutable=1", uri=True)) as connection:
            assert connection.execute("SELECT COUNT(*) FROM inbox").fetchone() == (1,)


def test_a_hundred_read_at_once_while_others_write(running: Home) -> None:
    """Each gets its answer, and what was written before is in it."""
    running.post(alert("Before"))
    wait_until(lambda: "Before" in names(running), 20, "stored")
    posts = [alert(f"During{number}") for number in range(20)]
    with ThreadPoolExecutor(READERS + 1) as pool:
        writing = pool.submit(list, map(running.post, posts))
        reading = [pool.submit(lambda: [listed(running) for _ in range(3)]) for _ in range(READERS)]
        answers = list(itertools.chain.from_iterable(one.result(120) for one in reading))
        writing.result(60)
    assert [answer.text for answer in answers if answer.status != 200] == []
    assert all("Before" in answer.text for answer in answers)
    wait_until(lambda: {f"During{number}" for number in range(20)} <= names(running), 20, "all stored")


def test_a_full_disk_loses_nothing_that_was_accepted(home: Home, sandbox: Sandbox) -> None:
    """503, so that Alertmanager sends it again; and all goes on by itself once there is room."""
    home.configure(sandbox, api={"tokens": {"night-shift": API_TOKEN}})
    with home.command("run") as run:
        home.wait_ready(run)
        limit(run, (1024 * 1024, resource.RLIM_INFINITY))
        statuses = {name: home.ask("/alertmanager/webhook", alert(name)).status for name in until_full(home)}
        assert set(statuses.values()) == {202, 503}
        limit(run, NO_LIMIT)
        home.post(alert("Room"))
        accepted = {name for name, status in statuses.items() if status == 202} | {"Room"}
        # What a worker had in its hands when it failed is taken up when its claim runs out, after a minute.
        wait_until(lambda: accepted <= names(home), 90, "all ingested")
        wait_until(lambda: accepted <= shown(sandbox), 20, "all shown")
        assert run.running


def until_full(home: Home) -> Iterator[str]:
    """Names for alerts, until one of them is refused."""
    for number in range(500):
        yield f"Fills{number}"
        if home.ask("/alertmanager/webhook", alert("Probe")).status == 503:
            yield "TooMuch"
            return


def shown(sandbox: Sandbox) -> set[str]:
    return {word.rstrip(":") for one in sandbox.slack.messages for word in one.text.split()}


def limit(run: Process, files: tuple[int, int]) -> None:
    """How large a file may grow: beyond that the disk is full for it."""
    for pid in [run.pid, *children(run.pid)]:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, files)


def test_a_backup_is_made_while_the_bridge_runs_and_can_be_put_in_its_place(
    running: Home, home: Home
) -> None:
    running.post(alert("Kept"))
    wait_until(lambda: "Kept" in names(running), 20, "stored")
    running.say("backup", str(home.folder / "copy.db"))
    assert stat.S_IMODE((home.folder / "copy.db").stat().st_mode) == 0o600
    home.database.parent.mkdir()
    (home.folder / "copy.db").rename(home.database)
    assert "as before" in home.say("migrate")
    with closing(sqlite3.connect(home.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT COUNT(*) FROM alerts WHERE name = 'Kept'").fetchone() == (1,)


def test_a_backup_never_takes_the_place_of_a_file(home: Home) -> None:
    home.say("migrate")
    (home.folder / "copy.db").write_text("the last one")
    assert "copy.db is there already" in home.say("backup", "copy.db", status=1)
    assert (home.folder / "copy.db").read_text() == "the last one"


def test_a_backup_that_fails_leaves_nothing(home: Home) -> None:
    home.say("migrate")
    assert "no backup was made: " in home.say("backup", "nowhere/copy.db", status=1)
    size = f"--fsize={home.database.stat().st_size // 2}"
    with home.command("backup", "copy.db", wrapped=["prlimit", size]) as command:
        assert command.wait(30) == 1
        assert "no backup was made: " in command.output()
    assert list(home.folder.glob("copy.db*")) == []
