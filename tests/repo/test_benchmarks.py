"""The benchmarks can be run: what they say is for people to read, and no test."""

import re
import subprocess
import sys

from tests.repo.tree import ROOT


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "benchmarks", *words]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_says_what_it_takes() -> None:
    """As `make bench ARGS=--help` shows it."""
    done = bench("--help")
    assert done.returncode == 0
    assert {"--quick", "--only", "--broker"} <= set(re.findall(r"--\w+", done.stdout))


def test_a_measurement_names_its_machine_and_yields_a_number() -> None:
    """The quickest of them, with its goal beside it."""
    done = bench("--quick", "--only", "ingest")
    assert (done.returncode, done.stderr) == (0, "")
    assert " cores, " in done.stdout
    (rate, ratio) = re.findall(r"([\d,]+) alerts/s .* (\d\.\d\d) +>= 0.2", done.stdout)[0]
    assert int(rate.replace(",", "")) > 0
    assert float(ratio) > 0


def test_an_unknown_measurement_is_refused() -> None:
    """With the names of those that exist."""
    done = bench("--only", "speed")
    assert done.returncode == 2
    assert "receiver, ingest, latency, memory" in done.stderr
