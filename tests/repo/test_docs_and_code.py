"""What the documentation tells of commands, addresses and numbers is what the code has: no more and no less.

The keys of the configuration are held to their page in tests/config/test_reference.py.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import flask
import pytest
from prometheus_client import Metric
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from api.app import Parts, create_app
from api.authentication import Authentication
from api.intake import Intake
from benchmarks import __main__ as benchmarks
from cli.main import main
from config.reference import entries
from core import metrics
from core.store import leases, tables
from core.store.clock import system_clock
from core.store.engine import Store, open_sqlite
from core.store.replica import Replica
from tests.repo.tree import matches, text

README, OPERATION = Path("README.md"), Path("docs/operation.md")
PAGES = pytest.mark.parametrize("page", [README, OPERATION], ids=str)
CODE = re.compile(r"`([^`]+)`")
KEY = re.compile(rf"(?:{'|'.join(sorted({path.partition('.')[0] for path in entries()}))})(?:\.[a-z_]+)+")

Labels = dict[str, tuple[str, ...]]


def rows(page: Path, head: str) -> list[list[str]]:
    """The rows below every table head that begins with this cell, as cells."""
    found: list[list[str]] = []
    inside = False
    for line in text(page).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == head:
            inside = True
        elif inside and not set(line) <= set("|-: "):
            found.append(cells)
    return found


def options(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


def told_commands(page: Path) -> dict[str, str]:
    """Those in its table, each with its whole row; what `make` does is another program's."""
    found = {}
    for row in rows(page, "Command"):
        if named := re.fullmatch(r"`alert-bridge ([a-z-]+)`", row[0]):
            found[named[1]] = " ".join(row)
    return found


def told_addresses(page: Path) -> set[tuple[str, str]]:
    """Method and path. A path alone is taken by the method that its row begins with."""
    found = set()
    for row in rows(page, "Endpoint"):
        method = ""
        for span in CODE.findall(" ".join(row)):
            if told := re.fullmatch(r"(?:([A-Z]+) )?(/\S*)", span):
                method = told[1] or method
                found.add((method, told[2]))
    return found


def told_metrics(kind: str) -> Labels:
    """Names with their labels; the values that a label may have follow a colon."""
    found = {}
    for name, labels, *_ in rows(OPERATION, kind):
        found[name.strip("`")] = tuple(CODE.findall(labels.partition(":")[0]))
    return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """With one target in it and a replica beside it, so that every gauge has a sample."""
    store = open_sqlite(str(tmp_path / "bridge.db"))
    store = replace(store, replica=Replica(store.reader, store.reader))
    tables.metadata.create_all(store.writer)
    with store.begin() as connection:
        leases.ensure_target(connection, "slack:C1")
    yield store
    store.close()


@pytest.fixture
def app(store: Store) -> Iterator[flask.Flask]:
    intake = Intake(store, system_clock, lambda _: None)
    yield create_app(
        Parts(
            intake=intake,
            store=store,
            clock=system_clock,
            authentication=Authentication(),
            max_body_bytes=1024,
            migrated=lambda: True,
            reconciled=("default",),
            hinted=lambda: True,
        )
    )
    intake.stop()


@pytest.fixture
def gauges(app: flask.Flask) -> dict[str, Metric]:
    """Those of ours that /metrics answers, as Prometheus reads them; not when each counter began."""
    page = app.test_client().get("/metrics").get_data(as_text=True)
    return {
        family.name: family
        for family in text_string_to_metric_families(page)
        if family.type == "gauge"
        and family.name.startswith("alert_bridge_")
        and not family.name.endswith("_created")
    }


def counted(kind: str) -> Labels:
    """What core.metrics holds of this kind, by the name under which Prometheus finds it."""
    found = {}
    for one in vars(metrics).values():
        if isinstance(one, MetricWrapperBase) and one._type == kind:
            found[one._name + ("_total" if kind == "counter" else "")] = tuple(one._labelnames)
    return found


@PAGES
def test_every_command_is_told_and_no_other(page: Path) -> None:
    """In the README for who comes, in the pages of operation for who stays."""
    assert set(main.commands) == set(told_commands(page))


@PAGES
def test_every_option_that_is_told_of_a_command_exists(page: Path) -> None:
    """In its row of the table."""
    told = [(name, option) for name, row in told_commands(page).items() for option in named_options(row)]
    assert [(name, option) for name, option in told if option not in options(main.commands[name])] == []


def typed() -> list[tuple[Path, str, str]]:
    """Every command that some page shows as it is typed: the page, its name, and the rest of it."""
    shown = re.compile(r"(?:^|[`/ ])alert-bridge ([a-z][a-z-]*)([^`\n|]*)", re.MULTILINE)
    return [(page, name, rest) for page in matches(".md") for name, rest in shown.findall(text(page))]


def test_every_command_that_can_be_typed_exists_on_every_page() -> None:
    """With the options that stand behind it."""
    assert {Path("docs/slack.md"), Path("docs/record.md")} <= {page for page, _, _ in typed()}
    unknown = [f"{page}: {name}" for page, name, _ in typed() if name not in main.commands]
    assert unknown == []
    unknown = [
        f"{page}: {name} {option}"
        for page, name, rest in typed()
        for option in named_options(rest)
        if option not in options(main.commands[name])
    ]
    assert unknown == []


def named_options(words: str) -> list[str]:
    return re.findall(r"(?<![\w-])--[a-z][a-z-]*", words)


OTHERS = re.compile(
    r"(?:^|`) *(?:amtool|docker|git|helm|kubectl|mkdir|mysqldump|openssl|sudo)(?:[^`\n\\]|\\\n?)*",
    re.MULTILINE,
)


def test_every_option_of_the_pages_is_one_of_some_command() -> None:
    """Also where no command is named beside it; those of `make bench` are its own, and so are other programs'."""
    of_bench = {name for action in benchmarks.parser()._actions for name in action.option_strings}
    known = set().union(*map(options, main.commands.values()), of_bench) | {"--help", "--version"}
    pages = [README, *(page for page in matches(".md") if page.is_relative_to("docs"))]
    unknown = [
        f"{page}: {option}"
        for page in pages
        for option in named_options(OTHERS.sub("", text(page)))
        if option not in known
    ]
    assert unknown == []


def test_all_commands_take_a_configuration() -> None:
    """As both pages say."""
    assert [name for name, command in main.commands.items() if "--config" not in options(command)] == []


@PAGES
def test_every_address_is_told_and_no_other(app: flask.Flask, page: Path) -> None:
    """Aliases too; with the method that it takes."""
    taken = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert taken == told_addresses(page)


@pytest.mark.parametrize("kind", ["counter", "histogram"])
def test_every_counter_and_histogram_is_told_with_its_labels(kind: str) -> None:
    """In the table of its kind, under the name that a query needs."""
    assert counted(kind) == told_metrics(kind.title())


def test_nothing_else_is_counted() -> None:
    """A kind that has no table would pass unseen."""
    held = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    assert len(held) == len(counted("counter")) + len(counted("histogram"))


def test_every_gauge_is_told_with_its_labels(gauges: dict[str, Metric]) -> None:
    """And with the values of those whose values are few."""
    assert {name: labels_of(gauge) for name, gauge in gauges.items()} == told_metrics("Gauge")
    for name, labels, *_ in rows(OPERATION, "Gauge"):
        if values := CODE.findall(labels.partition(":")[2]):
            samples = gauges[name.strip("`")].samples
            assert {value for sample in samples for value in sample.labels.values()} == set(values)


def labels_of(metric: Metric) -> tuple[str, ...]:
    assert metric.samples, metric.name
    return tuple(metric.samples[0].labels)


def test_every_metric_that_is_mentioned_exists(gauges: dict[str, Metric]) -> None:
    """In rules for Prometheus above all: one that names nothing never fires."""
    known = {*gauges, *counted("counter"), *counted("histogram")}
    unknown = [
        f"{page}: {name}"
        for page in matches(".md")
        for name in re.findall(r"\balert_bridge_[a-z_]+", text(page))
        if name not in known and re.sub(r"_(bucket|sum|count)$", "", name) not in counted("histogram")
    ]
    assert unknown == []


def test_every_key_that_is_mentioned_exists() -> None:
    """Also where no table holds it; a name of a block stands for what is in it."""
    known = {*entries(), *(path.rpartition(".")[0] for path in entries())}
    unknown = [
        f"{page}: {span}"
        for page in matches(".md")
        for span in CODE.findall(text(page))
        if KEY.fullmatch(span) and span.removesuffix("_file") not in known
    ]
    assert unknown == []


def test_every_line_of_the_log_that_is_explained_is_logged() -> None:
    """Word for word, as one searches for it; what stands behind an ellipsis is how several of them end."""
    code = "".join(
        text(path) for path in matches(".py") if path.parts[0] in {"api", "cli", "core", "workers"}
    )
    told = [span for row in rows(OPERATION, "Event") for span in CODE.findall(row[0])]
    assert len(told) > 20
    assert [span for span in told if f'{span.removeprefix("… ")}"' not in code] == []
