"""Which file is read, and what is said when it can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import ConfigurationError, find, load


@pytest.mark.parametrize(
    ("argument", "environ", "found"),
    [
        (Path("a.yaml"), {"CONFIG_PATH": "b.yaml"}, "a.yaml"),
        (None, {"CONFIG_PATH": "b.yaml"}, "b.yaml"),
        (None, {"CONFIG_PATH": ""}, "config/config.yaml"),
        (None, {}, "config/config.yaml"),
    ],
)
def test_the_argument_goes_before_the_environment_before_the_default(
    argument: Path | None, environ: dict[str, str], found: str
) -> None:
    assert Path(found) == find(argument, environ)


def test_the_file_is_read(tmp_path: Path, slack: str) -> None:
    path = tmp_path / "bridge.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + slack.encode())
    assert load(path, {}).slack == load(None, {"CONFIG_PATH": str(path)}).slack


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing.yaml", "No such file"), (".", "Is a directory"), ("latin.yaml", "UTF-8 text: line 2")],
)
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: \xe9\n")
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path / name, {})
    (fault,) = raised.value.faults
    assert fault.path == str(tmp_path / name)
    assert words in fault.problem


def test_the_file_is_named_in_the_report(tmp_path: Path) -> None:
    path = tmp_path / "bridge.yaml"
    path.write_text("")
    with pytest.raises(ConfigurationError, match=r"bridge\.yaml: 1 fault"):
        load(path, {})
