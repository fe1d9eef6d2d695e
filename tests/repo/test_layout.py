"""Packages, licence and what core may read from its surroundings."""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from tests.repo.tree import ROOT, matches, pyproject, text

NOT_INSTALLED = {"benchmarks", "docs", "scripts", "tests"}


def folders_of_code() -> set[Path]:
    return {path.parent for path in matches(".py") if path.parts[0] not in NOT_INSTALLED}


def test_every_package_folder_is_installed_and_no_other() -> None:
    """A folder missing in [tool.setuptools] works here and is absent wherever the project is installed."""
    listed = set(pyproject()["tool"]["setuptools"]["packages"])
    assert listed == {".".join(folder.parts) for folder in folders_of_code()}


def test_every_package_folder_is_a_regular_package() -> None:
    """Without __init__.py import contracts and mypy pass over it in silence."""
    escaping = [str(folder) for folder in folders_of_code() if not (ROOT / folder / "__init__.py").is_file()]
    assert sorted(escaping) == []


def test_the_licence_is_apache_2() -> None:
    """The official text, to the byte."""
    official = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    assert official == hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert pyproject()["project"]["license"] == "Apache-2.0"


def names_used(path: Path) -> Iterator[str]:
    """Each `module.attribute` and each `from module import attribute` of a file, as module.attribute."""
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def users(folder: str, forbidden: set[str]) -> list[str]:
    inside = [path for path in matches(".py") if path.is_relative_to(folder)]
    return [f"{path}: {name}" for path in inside for name in names_used(path) if name in forbidden]


def test_core_does_not_read_the_environment() -> None:
    """Config does; core takes plain values."""
    assert users("core", {"os.environ", "os.environb", "os.getenv"}) == []


def test_the_domain_is_told_the_time() -> None:
    """The clock is an argument: the same input gives the same answer."""
    clocks = {"datetime.now", "datetime.today", "date.today", "time.time", "time.time_ns", "time.monotonic"}
    assert users("core/domain", clocks) == []


def test_files_of_one_target_import_none_of_another() -> None:
    """slack_post and pagerduty_event never meet; target.py and what is named after no target is shared."""
    targets = {path.stem for path in matches(".py") if path.parent == Path("core/targets")}
    families = {"slack", "pagerduty", "alertmanager"} & targets

    def family(module: str) -> str | None:
        return next((name for name in families if module == name or module.startswith(f"{name}_")), None)

    crossings = []
    for importer in sorted(targets):
        for node in ast.walk(ast.parse(text(Path("core/targets", f"{importer}.py")))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("core.targets"):
                last = node.module.removeprefix("core.targets").lstrip(".")
                imported = [last] if last else [alias.name for alias in node.names]
                crossings += [
                    f"{importer} imports {name}"
                    for name in imported
                    if family(importer) and family(name) and family(importer) != family(name)
                ]
    assert crossings == []
