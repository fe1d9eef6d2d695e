"""scripts/helm-tool finds a helm that suits, or says what is missing."""

import os
import subprocess
from pathlib import Path

from tests.repo.tree import ROOT


def program(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="ascii")
    path.chmod(0o755)


def helm_tool(checkout: Path, tools: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """In a checkout of its own, in which nothing was built, with these programs first on PATH."""
    script = checkout / "scripts/helm-tool"
    script.parent.mkdir()
    script.write_bytes((ROOT / "scripts/helm-tool").read_bytes())
    env = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(["bash", script, *words], env=env, capture_output=True, text=True, check=False)


def test_the_helm_on_path_is_taken(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    program(tools, "helm", "v3.15.2")
    assert f"{tools}/helm\n" == helm_tool(tmp_path, tools).stdout


def test_one_that_is_too_old_is_not(tmp_path: Path) -> None:
    """And what is missing is told in sentences, on the error output alone."""
    tools = tmp_path / "bin"
    tools.mkdir()
    program(tools, "helm", "v3.9.0")
    done = helm_tool(tmp_path, tools, "--no-build")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no helm 3.14 or newer" in done.stderr
    assert "Install helm, or Go 1.21 or newer" in done.stderr


def test_a_go_that_is_too_old_to_build_one_is_named(tmp_path: Path) -> None:
    """As Debian 12 has it."""
    tools = tmp_path / "bin"
    tools.mkdir()
    program(tools, "helm", "v2.17.0")
    program(tools, "go", "go1.19.8")
    done = helm_tool(tmp_path, tools)
    assert (done.returncode, done.stdout) == (1, "")
    assert "go1.19.8 is too old" in done.stderr
    assert not (tmp_path / ".tools").exists()
