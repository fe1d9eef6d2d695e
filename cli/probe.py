"""Would the targets take calls? Asked without changing anything."""

from collections.abc import Callable

from cli.assemble import make_targets
from config.settings import Settings
from core.domain.errors import Verdict
from core.targets.slack import SlackTarget


def probe(settings: Settings, say: Callable[[str], object]) -> int:
    """Say how each target answers; 1 where one would not take calls."""
    bad = 0
    for name, target in make_targets(settings).items():
        try:
            target.probe()
        except Verdict as verdict:
            bad = 1
            say(f"{name}: {verdict}")
            continue
        blind = isinstance(target, SlackTarget) and target.can_read_history is False
        say(
            f"{name}: ok"
            + (", but it cannot read the channel: after a lost answer it posts again" if blind else "")
        )
    return bad
