"""The bridge's image without an engine: the same packages and the same wheel in a folder, and a container around it
that the kernel makes for anybody: process 1, a read-only root, a user that is nobody, no capabilities.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.cli.command import children
from tests.deploy.dockerfile import bridge, context
from tests.repo.test_lock import locked
from tests.repo.tree import ROOT
from tests.servers import Process
from tests.servers.server import data_folder

VENV = "opt/alert-bridge"
# As compose and Helm start it: only the volume and /tmp can be written to.
_CONTAINER = (
    'mount --bind "$1" "$1"; mount -t tmpfs tmpfs "$2"; mount -o remount,bind,ro /; shift 2; exec "$@"'
)
_AS_ROOT = [
    "unshare",
    "--user",
    "--map-root-user",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
]
_AS_NOBODY = ["unshare", "--user", "--map-user=10001", "--map-group=10001"]


class Image:
    """`root` stands for / of a container."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.contained = _allowed()
        self.data, self.tmp = root / "data", root / "tmp"
        for folder in (self.data, self.tmp, root / "config"):
            folder.mkdir()

    def build(self) -> None:
        """What the lines of the Dockerfile do, with packages that are on this machine already."""
        venv = self.root / VENV
        run(sys.executable, "-m", "venv", "--without-pip", venv)
        (packages,) = venv.glob("lib/python*/site-packages")
        for wanted in locked("deploy/bridge.lock"):
            if wanted.name != "setuptools" and (wanted.marker is None or wanted.marker.evaluate()):
                install(wanted, packages)
        source, wheels = self.root / "build", self.root / "wheels"
        for path in context():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, source / path)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        run(*pip, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", wheels, source)
        (wheel,) = wheels.iterdir()
        run(*pip, "--python", venv / "bin" / "python", "install", "--no-deps", "--no-index", wheel)
        shutil.rmtree(source)

    def environment(self) -> dict[str, str | None]:
        """Of the image, with its folders here; of the tests' nothing that the bridge would read."""
        told = {
            name: value.replace("/opt/", f"{self.root}/opt/").replace("$PATH", "/usr/bin:/bin")
            for name, value in bridge().environment.items()
        }
        here = {
            "CONFIG_PATH": f"{self.root}{told['CONFIG_PATH']}",
            "TMPDIR": str(self.tmp),
            "HOME": str(self.tmp),
        }
        return {**told, **here, "PYTHONPATH": None, "LOG_LEVEL": None}

    def start(self, *command: str) -> Process:
        """In a container where the kernel makes one, else as it is. The command is looked up in the image."""
        there = [self.root / VENV / "bin" / command[0], *command[1:]]
        wrap = [*_AS_ROOT, "sh", "-ec", _CONTAINER, "sh", self.data, self.tmp, *_AS_NOBODY]
        return Process([*(wrap if self.contained else ()), *there], cwd=self.root, env=self.environment())

    def first(self, process: Process) -> int:
        """Process 1 of this container, by the number that it has outside."""
        return children(process.pid)[0] if self.contained else process.pid

    def files(self) -> set[str]:
        """All there are, but for the temporary ones."""
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return {str(path) for path in found if path.parts[0] != "tmp"}


@contextmanager
def built() -> Iterator[Image]:
    with data_folder() as folder:
        image = Image(folder)
        image.build()
        yield image


def _allowed() -> bool:
    """Whether the kernel lets us: not where namespaces are forbidden, as inside some containers."""
    words = [*_AS_ROOT, "sh", "-ec", "mount -t tmpfs tmpfs /tmp; mount -o remount,bind,ro /", "sh"]
    return subprocess.run(words, capture_output=True, check=False, timeout=20).returncode == 0


def install(wanted: Requirement, packages: Path) -> None:
    """Copy one installed package, its programs left out; with its times, or what is compiled would be out of date."""
    there = distribution(wanted.name)
    assert wanted.specifier.contains(there.version), f"{wanted} but {there.version} is installed"
    for file in there.files or ():
        if ".." not in file.parts:
            (packages / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(there.locate_file(file), packages / file)  # type: ignore[arg-type]


def run(*words: str | Path) -> None:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
