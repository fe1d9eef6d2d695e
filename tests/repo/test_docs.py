"""What the documentation says can be typed or opened exists."""

import os
import re
from pathlib import Path
from urllib.parse import unquote

from tests.repo.tree import ROOT, matches, text

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)[^)]*\)|(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
MAKE = re.compile(r"(?:^|`|\$ |&& )make ([a-z][a-z-]*)", re.MULTILINE)


def targets_of_make() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", text(Path("Makefile")), re.MULTILINE))


def links(page: Path) -> set[str]:
    found = LINK.findall(FENCE.sub("", text(page)))
    return {markdown or html for markdown, html in found}


def test_there_is_a_readme_that_names_the_two_commands() -> None:
    """From nothing to running, and from nothing to tested."""
    assert {"run", "test"} <= set(MAKE.findall(text(Path("README.md"))))


def test_every_make_command_in_the_documentation_exists() -> None:
    """In the README and on every other page."""
    known = targets_of_make()
    unknown = [
        f"{page}: make {name}"
        for page in matches(".md")
        for name in MAKE.findall(text(page))
        if name not in known
    ]
    assert unknown == []


def test_every_link_to_a_file_of_ours_leads_somewhere() -> None:
    """Links of another scheme are other people's."""
    dead = []
    for page in matches(".md"):
        for link in sorted(links(page)):
            path = unquote(link.partition("#")[0])
            if path and not re.match(r"[a-z]+:", path) and not (ROOT / page.parent / path).exists():
                dead.append(f"{page}: {link}")
    assert dead == []


def anchors(page: Path) -> set[str]:
    """Where a `#` can lead on this page: its headings, as GitHub names them."""
    headings = HEADING.findall(FENCE.sub("", text(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_into_a_page_of_ours_leads_to_a_heading() -> None:
    """A page opened at its top, with nothing said, is the usual end of a renamed heading."""
    dead = []
    for page in matches(".md"):
        for link in sorted(links(page)):
            path, _, anchor = unquote(link).partition("#")
            there = Path(os.path.normpath(page.parent / path)) if path else page
            if anchor and there in matches(".md") and anchor not in anchors(there):
                dead.append(f"{page}: {link}")
    assert dead == []
