"""The commands on a MariaDB: how the storage block becomes a store, and several that start at once."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.pool import QueuePool

from cli.database import access, open_store
from cli.places import NotHere
from config import parse
from config.settings import Settings
from core.store.mysql import Access, Pool
from sandbox import Sandbox
from tests.cli.command import Home, alert, shows
from tests.servers import MariaDB, free_port, mariadb_server, wait_until

TOLD = """
alertmanager: {url: "http://am", bearer_token: a-made-up-bearer-token}
slack: {enabled: true, bot_token: xoxb-1, signing_secret: s, channel_id: C0123456}
storage:
  type: mysql
  mysql:
    primary: {host: db.example.org, database: b, username: u, password: p}
"""


def settings(*lines: str) -> Settings:
    return parse(TOLD + "".join(f"    {line}\n" for line in lines), {})


def accessed(*lines: str) -> Access:
    mysql = settings(*lines).storage.mysql
    assert mysql is not None
    return access(mysql)


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDB]:
    with mariadb_server() as started:
        yield started


def storage(server: MariaDB, database: str, **more: Any) -> dict[str, Any]:
    primary = {"host": "127.0.0.1", "port": server.port, "database": database, "username": server.user}
    return {"type": "mysql", "mysql": {"primary": {**primary, "password": server.password}, **more}}


def test_every_key_of_the_pool_has_its_effect() -> None:
    assert accessed() == Access(Pool(25, 5, 180.0, 60.0), 5.0, None)
    pool = "pool: {max_open_conns: 9, max_idle_conns: 0, conn_max_lifetime: 0, conn_max_idle_time: 90s}"
    assert accessed(pool, "timeout: 250ms") == Access(Pool(9, 0, 0.0, 90.0), 0.25, None)


def test_readers_and_writers_share_one_pool_and_the_replica_has_its_own() -> None:
    store = open_store(settings("replica: {host: other.example.org, username: looker}"))
    assert store.reader.pool is store.writer.pool
    assert store.replica is not None
    pool, other = store.reader.pool, store.replica.engine.pool
    assert isinstance(pool, QueuePool)
    assert (pool.size(), pool is other) == (5, False)
    url = store.replica.engine.url
    assert (url.host, url.username, url.database) == ("other.example.org", "looker", "b")
    assert open_store(settings("replica: {enabled: false, host: other.example.org}")).replica is None


@pytest.mark.parametrize("file", ["ca", "cert"])
def test_a_file_of_tls_that_cannot_be_used_is_told(tmp_path: Path, file: str) -> None:
    with pytest.raises(NotHere, match=rf"storage\.mysql\.tls\.{file}: .*none\.pem is not there"):
        accessed(f"tls: {{{file}: {tmp_path / 'none.pem'}}}")
    (tmp_path / "letter.pem").write_text("somebody's letter")
    with pytest.raises(NotHere, match=r"storage\.mysql\.tls cannot be used"):
        accessed(f"tls: {{{file}: {tmp_path / 'letter.pem'}}}")


def test_three_that_migrate_at_once_do_it_once(tmp_path: Path, sandbox: Sandbox, server: MariaDB) -> None:
    database = server.new_database()
    with ExitStack() as stack:
        commands = []
        for number in range(3):
            home = Home(tmp_path / str(number))
            home.folder.mkdir()
            home.configure(sandbox, storage=storage(server, database))
            commands.append(stack.enter_context(home.command("migrate")))
        assert [command.wait(60) for command in commands] == [0, 0, 0]
        said = sorted(command.output().strip().endswith("as before") for command in commands)
    assert said == [False, True, True]


def test_three_that_start_at_once_on_an_empty_database_become_one_bridge(
    tmp_path: Path, sandbox: Sandbox, server: MariaDB
) -> None:
    """Receiver and worker each, without a broker; what one takes is told once."""
    database = server.new_database()
    homes = []
    with ExitStack() as stack:
        running = []
        for number in range(3):
            home = Home(tmp_path / str(number))
            home.folder.mkdir()
            home.configure(sandbox, storage=storage(server, database))
            homes.append(home)
            running.append(stack.enter_context(home.command("run")))
        for home, command in zip(homes, running, strict=True):
            command.wait_until(home.is_ready, 60)
        for number, home in enumerate(homes):
            home.post(alert(f"Alert{number}"))
        for number in range(3):
            wait_until(lambda name=f"Alert{number}": shows(sandbox, name), 30)  # type: ignore[misc]
        messages = [one.text for one in sandbox.slack.messages]
        assert [sum(f"Alert{number}" in text for text in messages) for number in range(3)] == [1, 1, 1]


def test_a_probe_says_of_mysql_whether_it_would_do(home: Home, sandbox: Sandbox, server: MariaDB) -> None:
    database = server.new_database()
    home.configure(sandbox, storage=storage(server, database))
    assert "mysql: ok\n" in home.say("check-config", "--probe")
    nowhere = {"host": "127.0.0.1", "port": free_port()}
    home.configure(sandbox, storage=storage(server, database, replica=nowhere))
    assert "mysql: ok, but the replica is not used: " in home.say("check-config", "--probe")
    server.execute(f"REVOKE CREATE ON {database}.* FROM '{server.user}'@'%'")
    said = home.say("check-config", "--probe", status=1)
    assert f"mysql: the user lacks rights on {database}: GRANT CREATE ON {database}.* to it" in said


def test_who_may_only_read_is_not_ready_and_never_runs(home: Home, sandbox: Sandbox, server: MariaDB) -> None:
    """Though the tables are there: whoever balances loads must not send it what it cannot store."""
    database = server.new_database()
    broker = {"url": f"redis://127.0.0.1:{free_port()}"}
    home.configure(sandbox, storage=storage(server, database), broker=broker)
    home.say("migrate")
    server.execute(f"REVOKE INSERT, UPDATE, DELETE ON {database}.* FROM '{server.user}'@'%'")
    with home.command("api") as api:
        api.wait_until(lambda: home.ask("/health").status == 200, 30)
        ready = wait_until(lambda: home.ask("/ready"), 30)
        assert (ready.status, ready.json["database"].split(":")[0]) == (503, "not fit")
        assert home.ask("/ready").json["migrations"] == "current"
        assert f"GRANT INSERT, UPDATE, DELETE ON {database}.*" in api.output()
    with home.command("run") as run:
        assert run.wait(60) == 1
        assert "worker did not start; what it said is above" in run.output()


@pytest.mark.parametrize("command", ["migrate", "worker"])
def test_a_server_that_will_not_do_is_refused_at_the_start(
    home: Home, sandbox: Sandbox, server: MariaDB, command: str
) -> None:
    """In one sentence, before anything is changed."""
    database = server.new_database()
    server.execute(f"REVOKE INDEX ON {database}.* FROM '{server.user}'@'%'")
    broker = {"url": f"redis://127.0.0.1:{free_port()}"}
    home.configure(sandbox, storage=storage(server, database), broker=broker)
    assert f"the user lacks rights on {database}: GRANT INDEX" in home.say(command, status=1)
    assert server.ask(f"SHOW TABLES IN {database}") == []


def test_a_server_that_takes_no_writes_is_waited_for_and_told(
    tmp_path: Path, sandbox: Sandbox, server: MariaDB
) -> None:
    """As in the middle of a fail-over; whoever starts then starts once it is over."""
    home = Home(tmp_path)
    home.configure(
        sandbox, storage=storage(server, server.new_database()), broker={"url": "redis://127.0.0.1:1/0"}
    )
    home.say("migrate")
    server.execute("SET GLOBAL read_only = ON")
    try:
        with home.command("api") as api, home.command("worker") as worker:
            api.wait_until(lambda: home.ask("/ready").json["database"].startswith("read-only"), 60)
            assert home.ask("/ready").status == 503
            worker.wait_until(lambda: "waiting for the database" in worker.output(), 60)
            told = home.say("check-config", "--probe", status=1)
            assert "mysql: read-only" in told
            assert "broker: cannot be reached" in told
            server.execute("SET GLOBAL read_only = OFF")
            worker.wait_until(lambda: "worker started" in worker.output(), 60)
            api.wait_until(home.is_ready, 60)
            assert "Traceback" not in worker.output()
    finally:
        server.execute("SET GLOBAL read_only = OFF")
