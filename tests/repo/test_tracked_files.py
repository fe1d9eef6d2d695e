"""What may not stand in any file of the repository."""

import re

import pytest

from tests.repo.tree import files, text

# Put together here, so that this file does not hold what it forbids.
REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.",
    "proxy." + "golang.org",
    "crates" + ".io",
]
INSTALLER_OPTIONS = ["--" + "index-url", "--" + "extra-index-url", "--" + "find-links", "--" + "trusted-host"]
HOMES = re.compile(
    r"(?<![\w.~<$}/-])/(?:" + "|".join(["ro" + "ot", "ho" + "me", "Us" + "ers", "wo" + "rk"]) + r")/[\w.]"
)


@pytest.mark.parametrize("word", [*REGISTRIES, *INSTALLER_OPTIONS])
def test_no_file_says_where_packages_come_from(word: str) -> None:
    """That is the machine's own business; hashes say what they must be."""
    assert [str(path) for path in files() if word in text(path)] == []


def test_no_file_names_a_place_of_one_machine() -> None:
    """A home folder or a working folder in a file works for one person only."""
    found = [
        f"{path}: {line.strip()}"
        for path in files()
        for line in text(path).splitlines()
        if HOMES.search(line)
    ]
    assert found == []


def test_text_files_end_with_a_newline_and_hold_no_carriage_return() -> None:
    """What .editorconfig and .gitattributes ask for, also of editors that do not read them."""
    texts = {path: text(path) for path in files()}
    assert [str(path) for path, said in texts.items() if said and not said.endswith("\n")] == []
    assert [str(path) for path, said in texts.items() if "\r" in said] == []
