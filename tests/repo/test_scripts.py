"""The shell scripts and the Makefile."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.repo.tree import ROOT, files, text

SCRIPTS = [path for path in files() if re.match(r"#!.*\b(?:ba)?sh\b", text(path))]


def test_the_scripts_are_found() -> None:
    """The tests below would pass on an empty list."""
    assert {Path(".ci/run"), Path("scripts/bootstrap"), Path("scripts/test")} <= set(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_a_script_can_be_run_and_stops_at_its_first_fault(script: Path) -> None:
    """It is executable, bash understands it, and unset variables and failed pipes count."""
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", ROOT / script], check=True, capture_output=True)
    assert re.search(r"^set -(?:e?uo|euo) pipefail$", text(script), re.MULTILINE)


def test_make_help_lists_every_target_and_fits_a_screen() -> None:
    """80 columns and 24 lines, however many options there are."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    said = subprocess.run(["make"], cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout
    assert set(text(Path("Makefile")).partition(".PHONY:")[2].splitlines()[0].split()) == set(
        re.findall(r"^  make ([a-z]+) ", said, re.MULTILINE)
    )
    assert len(said.splitlines()) <= 24
    assert max(map(len, said.splitlines())) <= 80


def test_ci_runs_what_people_run() -> None:
    """.ci/run ends in make test, with nothing of its own in between."""
    assert "make test" in text(Path(".ci/run")).splitlines()[-1]
