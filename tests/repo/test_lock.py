"""The locks are complete, exact, and say nothing about where packages come from."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.repo.tree import pyproject, text

# One package: name==version, perhaps a marker, then a line for each hash.
ENTRY = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; [^\n\\]+)?(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)$"
)


ALL, IMAGES = "requirements.lock", ("deploy/bridge.lock", "deploy/flower.lock")


def entries(lock: str = ALL) -> list[str]:
    """The lock file cut where a line starts at the margin."""
    return re.split(r"\n(?=\S)", text(Path(lock)).strip())


def locked(lock: str) -> list[Requirement]:
    """What it asks for, without the hashes."""
    return [Requirement(entry.partition(" \\\n")[0]) for entry in entries(lock)]


def pinned() -> dict[str, Version]:
    found = (ENTRY.match(entry) for entry in entries())
    return {canonicalize_name(pin["name"]): Version(pin["version"]) for pin in found if pin}


def wanted() -> list[str]:
    project = pyproject()
    return [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]


@pytest.mark.parametrize("lock", [ALL, *IMAGES])
def test_every_package_is_pinned_with_hashes_and_nothing_else_is_said(lock: str) -> None:
    """No URL, no index, no option: each line belongs to a package, its version and its hashes."""
    assert [entry.splitlines()[0] for entry in entries(lock) if not ENTRY.match(entry)] == []


@pytest.mark.parametrize("lock", IMAGES)
def test_an_image_holds_what_the_tests_have(lock: str) -> None:
    """The same versions with the same hashes: make lock brings them together."""
    assert {str(one).partition(";")[0].strip() for one in locked(lock)} <= {
        str(one).partition(";")[0].strip() for one in locked(ALL)
    }
    hashes = {name: set(rest) for name, *rest in map(str.split, entries())}
    assert [name for name, *rest in map(str.split, entries(lock)) if not set(rest) >= hashes[name]] == []


def test_the_image_holds_nothing_for_developers() -> None:
    """But what builds the bridge, which the Dockerfile takes out again."""
    dev = {canonicalize_name(Requirement(one).name) for one in pyproject()["dependency-groups"]["dev"]}
    held = {canonicalize_name(one.name) for one in locked("deploy/bridge.lock")}
    assert dev & held == {"setuptools", "packaging"}


@pytest.mark.parametrize("requirement", wanted())
def test_what_the_project_asks_for_is_pinned_within_its_bounds(requirement: str) -> None:
    """pyproject.toml and the lock agree, the build requirement included: make lock brings them together."""
    asked = Requirement(requirement)
    version = pinned().get(canonicalize_name(asked.name))
    assert version is not None, f"{asked.name} is not in requirements.lock: make lock"
    assert asked.specifier.contains(version, prereleases=True), (
        f"{requirement} but the lock has {version}: make lock"
    )
