"""Makes the pictures in docs/images/ anew, from the real bridge with the sandbox: .venv/bin/python scripts/pictures.py

It needs chromium (scripts/test-tools gets it).
"""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from cli.stage import Stage, incident_of, message_of, shows, thread_of  # noqa: E402
from sandbox.credentials import ADA, BRUNO, CHIDI  # noqa: E402

IMAGES = ROOT / "docs" / "images"
CPU, DISK = "HighCPU on web-1", "DiskWillFill on db-1"
CERTIFICATE, PAYMENTS = "CertificateExpiresSoon on shop-1", "PaymentErrors on payments-1"


@contextmanager
def running() -> Iterator[str]:
    """The bridge with a sandbox of its own; the address of the page."""
    command = [sys.executable, "-m", "cli", "run", "--sandbox"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as bridge:
        try:
            lines = iter(bridge.stdout or ())
            found = (re.match(r" +look here +(\S+)/ ", line) for line in lines)
            yield next(one for one in found if one)[1]
        finally:
            bridge.send_signal(signal.SIGINT)


def acknowledged(stage: Stage) -> None:
    """Ada has acknowledged in Slack, Bruno has added a note."""
    stage.do("fire", kind="critical")
    stage.see("a link to the incident", lambda state: shows(message_of(state, CPU), "PagerDuty #"))
    stage.press(CPU, "Acknowledge", ADA)
    stage.see("her name", lambda state: ADA.name in incident_of(state, CPU)["acknowledged_by"])
    stage.press(CPU, "Add note", BRUNO)
    stage.write("The autoscaler is at its maximum; I am adding four hosts.", BRUNO)
    stage.see("the note", lambda state: incident_of(state, CPU)["notes"] and len(thread_of(state, CPU)) > 1)


def the_rest(stage: Stage) -> None:
    """Another one is acknowledged in PagerDuty, one is over, one fires."""
    stage.do("fire", kind="warning")
    stage.see("an incident", lambda state: message_of(state, DISK) and incident_of(state, DISK))
    stage.act(DISK, "acknowledge", CHIDI)
    stage.see("his name", lambda state: shows(message_of(state, DISK), f"<@{CHIDI.slack_id}>"))
    stage.do("fire", kind="info")
    stage.see("a link to the incident", lambda state: shows(message_of(state, CERTIFICATE), "PagerDuty #"))
    soon = stage.see("what fires", lambda state: state["firing"])[-1]
    stage.do("resolve", fingerprint=soon["fingerprint"])
    stage.see("its end", lambda state: shows(message_of(state, CERTIFICATE), "RESOLVED"))
    stage.do("fire", kind="error")
    stage.see("a link to the incident", lambda state: shows(message_of(state, PAYMENTS), "PagerDuty #"))


def silenced(stage: Stage) -> None:
    """The last of them, by Ada."""
    stage.press(PAYMENTS, "4 h", ADA)
    stage.see("her silence", lambda state: shows(message_of(state, PAYMENTS), "Silenced by"))
    stage.see("a line of it", lambda state: thread_of(state, DISK) and thread_of(state, PAYMENTS))


def previewed(seen: Page) -> None:
    """The window in which a silence is confirmed."""
    seen.locator(".message", has_text="DiskWillFill").locator("select").first.select_option("Silence more…")
    dialog = seen.locator("dialog[open]")
    dialog.get_by_label('instance="db-1:9100"').uncheck()
    dialog.locator("textarea").first.fill('instance=~"db-.+"')
    dialog.get_by_label("Reason").fill("moving the logs to the new disk")
    dialog.get_by_role("button", name="Preview").click()
    expect(seen.locator("dialog[open]")).to_contain_text("This hides")


def noted(seen: Page) -> None:
    """The window for a note, with one in it."""
    seen.locator(".message", has_text="HighCPU").get_by_label("More actions").click()
    seen.locator("details.menu[open]").get_by_text("Add note").click()
    seen.locator("dialog[open] textarea").fill("The four hosts are in; the load falls.")


def message(seen: Page, name: str, words: str) -> None:
    """One message as it stands, without its thread."""
    found = seen.locator(".message", has_text=words).first
    found.locator(".thread").evaluate_all("nodes => nodes.forEach((node) => { node.hidden = true; })")
    found.screenshot(path=IMAGES / f"message-{name}.png")


@contextmanager
def page(browser: Browser, url: str, height: int) -> Iterator[Page]:
    """Looked at once it has come to rest, with the story of the first alert folded out in both places."""
    look = {"viewport": {"width": 1320, "height": height}, "reduced_motion": "reduce", "locale": "en-GB"}
    opened = browser.new_page(**look)
    opened.goto(url)
    expect(opened.locator("#connection")).to_have_text("live")
    opened.locator(".message", has_text="HighCPU").locator(".thread summary").click()
    opened.locator(".incident-title", has_text="HighCPU").click()
    opened.locator("#slack-scroll").evaluate("node => { node.scrollTop = 0; }")
    opened.locator(".pagerduty .scroll").evaluate("node => { node.scrollTop = 0; }")
    opened.mouse.move(0, 0)
    yield opened
    opened.close()


def main() -> None:
    with running() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        stage = Stage(url, lambda seconds: time.sleep(seconds) is None)
        acknowledged(stage)
        with page(browser, url, 760) as seen:
            seen.locator(".log, .alertmanager").evaluate_all(
                "nodes => nodes.forEach((node) => { node.hidden = true; })"
            )
            seen.locator("main").screenshot(path=IMAGES / "acknowledged.png")
        the_rest(stage)
        with page(browser, url, 1236) as seen:
            message(seen, "firing", "PaymentErrors")
            message(seen, "acknowledged", "HighCPU")
            message(seen, "resolved", "CertificateExpiresSoon")
            noted(seen)
            seen.locator("dialog[open]").screenshot(path=IMAGES / "note.png")
            # The pretend Slack would show it on the next page too.
            seen.keyboard.press("Escape")
            expect(seen.locator("dialog[open]")).to_have_count(0)
        silenced(stage)
        with page(browser, url, 1236) as seen:
            seen.locator(".incident", has_text="HighCPU").screenshot(path=IMAGES / "incident.png")
            message(seen, "silenced", "PaymentErrors")
        with page(browser, url, 1236) as seen:
            seen.screenshot(path=IMAGES / "sandbox.png", full_page=True)
        with page(browser, url, 1236) as seen:
            previewed(seen)
            seen.locator("dialog[open]").screenshot(path=IMAGES / "silence.png")
        browser.close()


if __name__ == "__main__":
    main()
