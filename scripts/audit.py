"""Whether a locked package has a known vulnerability: `make audit`.

pip-audit lives for as long as this does, in a folder of its own: it is no part of what it looks at. Where the
advisories cannot be reached that is said, and is no failure: such a machine has to be able to run the tests.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
_PATIENCE = 60
_PIP = ("--quiet", "--no-input", "--disable-pip-version-check", "--timeout", "10", "--retries", "1")


def main() -> int:
    try:
        found = _asked()
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        lines, status = [f"{LOCK.name} could not be audited: {type(error).__name__}"], 0
    else:
        lines, status = verdict(found)
    print("\n".join(f"audit: {line}" for line in lines))
    return status


def verdict(found: Any) -> tuple[list[str], int]:
    """What is to be said about pip-audit's JSON, and the exit status."""
    packages = found["dependencies"]
    skipped = [each for each in packages if "skip_reason" in each]
    bad = [_line(each, fault) for each in packages for fault in each.get("vulns", ())]
    if bad:
        return [*bad, f"{len(bad)} known vulnerabilities in {LOCK.name}"], 1
    if len(skipped) == len(packages):
        return [f"{LOCK.name} could not be audited: the advisories cannot be reached"], 0
    asked = len(packages) - len(skipped)
    return [f"no known vulnerability in {asked} packages; {len(skipped)} could not be audited"], 0


def _line(package: Any, fault: Any) -> str:
    mended = ", ".join(fault.get("fix_versions") or ()) or "no version yet"
    return f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}"


def _asked() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        tools = Path(folder) / "bin"
        _run(tools / "python", "-m", "pip", "install", *_PIP, "pip-audit")
        return json.loads(
            _run(
                tools / "pip-audit",
                *("--requirement", str(LOCK), "--disable-pip", "--require-hashes"),
                *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
            )
        )


def _run(*command: str | Path) -> str:
    """What it says, whatever its status: with 1 pip-audit says that it has found something. Raises SubprocessError."""
    return subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False).stdout


if __name__ == "__main__":
    sys.exit(main())
