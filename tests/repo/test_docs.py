"""What the documentation says can be typed or opened exists."""

import os
import re
from pathlib import Path
from urllib.parse import unquote

from tests.repo.tree import ROOT, files, matches, text

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


def paths(page: Path) -> set[str]:
    """What stands as code and begins with a folder of ours; a name with a place left open is no path."""
    folders = {path.parts[0] for path in files() if len(path.parts) > 1}
    spans = re.findall(r"`([a-z.]+/[^`\s<>*{}]*)`", FENCE.sub("", text(page)))
    return {span.partition("::")[0] for span in spans if span.partition("/")[0] in folders}


def test_every_path_of_ours_that_is_named_exists() -> None:
    """Where a contributor is sent; what only a checkout in use has is git's to ignore."""
    assert "core/domain/reduce.py" in paths(Path("docs/architecture.md"))
    mine = {"config/config.yaml"}
    gone = [
        f"{page}: {path}"
        for page in matches(".md")
        for path in sorted(paths(page) - mine)
        if not (ROOT / path).exists()
    ]
    assert gone == []
