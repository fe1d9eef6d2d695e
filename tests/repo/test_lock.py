"""requirements.lock is complete, exact, and says nothing about where packages come from."""

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


def entries() -> list[str]:
    """The lock file cut where a line starts at the margin."""
    return re.split(r"\n(?=\S)", text(Path("requirements.lock")).strip())


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


def test_every_package_is_pinned_with_hashes_and_nothing_else_is_said() -> None:
    """No URL, no index, no option: each line belongs to a package, its version and its hashes."""
    assert [entry.splitlines()[0] for entry in entries() if not ENTRY.match(entry)] == []


@pytest.mark.parametrize("requirement", wanted())
def test_what_the_project_asks_for_is_pinned_within_its_bounds(requirement: str) -> None:
    """pyproject.toml and the lock agree, the build requirement included: make lock brings them together."""
    asked = Requirement(requirement)
    version = pinned().get(canonicalize_name(asked.name))
    assert version is not None, f"{asked.name} is not in requirements.lock: make lock"
    assert asked.specifier.contains(version, prereleases=True), (
        f"{requirement} but the lock has {version}: make lock"
    )
