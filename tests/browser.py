"""A real browser on the sandbox's page.

It is started by the fixture `browser` alone: playwright bears one of itself per process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from sandbox import Sandbox

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
]  # fmt: skip
expect.set_options(timeout=15_000)  # bounds a hang; a busy machine is no failure


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield started
        started.close()


def opened(browser: Browser, sandbox: Sandbox, refusals: int = 0, **look: Any) -> Iterator[Page]:
    """A page that fails its test when it reports an error, other than so many refusals of its own buttons (409)."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", **look)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    page.goto(sandbox.url)
    expect(page.locator("#connection")).to_have_text("live")
    yield page
    context.close()
    assert len([one for one in troubles if "409" in one]) == refusals
    assert [one for one in troubles if "409" not in one] == []
