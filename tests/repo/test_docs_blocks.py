"""The blocks of the documentation that are read by a program are read by that program here.

Those for a shell are run in tests/cli/test_documented.py.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from sqlalchemy import make_url

from config import parse
from config.reference import entries
from core.store.engine import open_mysql, open_sqlite
from core.store.migrate import migrate
from tests.repo.blocks import Block, blocks
from tests.repo.tree import ROOT, text
from tests.servers import MariaDB, mariadb_server

Said = tuple[int, str]

OURS = {path.partition(".")[0] for path in entries()}
# What a part of the configuration has to stand on: both targets, and a MySQL.
BASE = """
slack: {enabled: true, signing_secret: made-up, channel_id: C0123456789}
alertmanager: {url: "http://alertmanager:9093", bearer_token: a-made-up-bearer-token}
storage: {mysql: {primary: {host: db, database: bridge, username: bridge, password: made-up}}}
"""
# Any value will do but where a key has a form of its own.
VALUES = {
    "SLACK_BOT_TOKEN": "xoxb-made-up",
    "SLACK_CHANNEL_ID": "C0123456789",
    "PAGERDUTY_ROUTING_KEY": "0" * 32,
}


class Environment(dict[str, str]):
    """Has every variable that a page may name."""

    def __missing__(self, name: str) -> str:
        return VALUES.get(name, f"the-made-up-value-of-{name.lower()}")

    def get(self, name: str, _: str | None = None) -> str:  # type: ignore[override]
        return self[name]

    def __contains__(self, _: object) -> bool:
        return True


def over(below: Any, above: Any) -> Any:
    """`above` laid over `below`, block by block."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: over(below.get(key), value) for key, value in above.items()}}


def ran(*argv: str) -> Said:
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def by_the_bridge(tree: Any, folder: Path) -> Said:
    base = yaml.safe_load(BASE)
    token = folder / "token"
    token.write_text("xoxb-made-up\n", encoding="utf-8")
    if "bot_token_file" in tree.get("slack", {}):
        tree = over(tree, {"slack": {"bot_token_file": str(token)}})
    else:
        base["slack"]["bot_token"] = "xoxb-made-up"
    if "mysql" in tree.get("storage", {}):
        base["storage"]["type"] = "mysql"
    settings = parse(yaml.safe_dump(over(base, tree)), Environment())
    return 0, str(settings.remarks)


def by_alertmanager(tree: Any, folder: Path) -> Said:
    route = {"receiver": tree["receivers"][0]["name"]}
    (folder / "alertmanager.yml").write_text(yaml.safe_dump({"route": route, **tree}), encoding="utf-8")
    return ran("amtool", "check-config", str(folder / "alertmanager.yml"))


def by_prometheus(tree: Any, folder: Path) -> Said:
    groups = {"groups": [{"name": "a-page", "rules": tree}]}
    (folder / "rules.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    return ran("promtool", "check", "rules", str(folder / "rules.yml"))


def by_compose(tree: Any, folder: Path) -> Said:
    (folder / "override.yml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    files = ("-f", "docker-compose.yml", "-f", str(folder / "override.yml"))
    return ran("docker-compose", "--env-file", ".env.example", *files, "config", "--quiet")


def by_kubernetes(tree: Any, _: Path) -> Said:
    kubernetes_validate.validate(tree, kubernetes_validate.latest_version(), strict=True)
    return 0, ""


def by_a_pod(tree: Any, folder: Path) -> Said:
    container = {"name": "bridge", "image": "alert-bridge:local", **tree}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bridge"},
        "spec": {"containers": [container]},
    }
    return by_kubernetes(pod, folder)


def by_the_chart(tree: Any, _: Path) -> Said:
    values = over(yaml.safe_load(text(Path("helm/values.yaml"))), tree)
    jsonschema.validate(values, json.loads(text(Path("helm/values.schema.json"))))
    return 0, ""


READERS: list[tuple[Callable[[Any], bool], Callable[[Any, Path], Said]]] = [
    (lambda tree: isinstance(tree, list), by_prometheus),
    (lambda tree: "receivers" in tree, by_alertmanager),
    (lambda tree: "services" in tree, by_compose),
    (lambda tree: "kind" in tree, by_kubernetes),
    (lambda tree: "lifecycle" in tree, by_a_pod),
    (lambda tree: "image" in tree, by_the_chart),
    (lambda tree: set(tree) <= OURS, by_the_bridge),
]


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_a_block_of_yaml_is_accepted_by_the_program_that_it_is_for(block: Block, tmp_path: Path) -> None:
    """One that is for none of them is a new kind, and needs its reader here."""
    tree = yaml.safe_load(block.text)
    reader = next(read for is_for, read in READERS if is_for(tree))
    status, said = reader(tree, tmp_path)
    assert status == 0, said


def test_a_block_with_a_slip_in_it_would_be_found(tmp_path: Path) -> None:
    """By each reader that only answers with a status."""
    for reader, slip in (
        (by_alertmanager, {"receivers": [{"name": "a", "webhook_configs": [{"url": "http://b", "max": 1}]}]}),
        (by_prometheus, [{"alert": "A", "expr": "increase(b[10m]"}]),
        (by_compose, {"services": {"api": {"commands": []}}}),
    ):
        assert reader(slip, tmp_path)[0] != 0


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    with mariadb_server() as server:
        yield server


def statements(block: Block) -> list[str]:
    """Without what a page says behind them."""
    bare = re.sub(r"--.*$", "", block.text, flags=re.MULTILINE)
    return [one.strip() for one in bare.split(";") if one.strip()]


def test_every_block_of_sql_runs_as_it_stands(mariadb: MariaDB, tmp_path: Path) -> None:
    """On MariaDB, as the users that the first of them makes; where it says PRAGMA, on SQLite."""
    told = blocks("sql")
    first = next(block for block in told if "CREATE DATABASE" in block.text)
    mariadb.execute(*statements(first))
    (name, password) = re.findall(r"CREATE USER '(\w+)'@'%' IDENTIFIED BY '([^']+)'", first.text)[0]
    database = re.findall(r"CREATE DATABASE (\w+)", first.text)[0]
    url = f"mysql+pymysql://{name}:{password}@127.0.0.1:{mariadb.port}/{database}?charset=utf8mb4"
    mysql, sqlite = open_mysql(make_url(url)), open_sqlite(str(tmp_path / "bridge.db"))
    for store in (mysql, sqlite):
        migrate(store)
    for block in told:
        if block is not first:
            store = sqlite if "PRAGMA" in block.text else mysql
            with store.writer.begin() as connection:
                for statement in statements(block):
                    connection.exec_driver_sql(statement.replace("%", "%%"))
    mysql.close()
    sqlite.close()
    assert len(told) >= 5
