"""A pretend Slack workspace and PagerDuty account over real HTTP, with a page: for the demo and for the tests.

Never kinder than the vendors. Knows nothing of the bridge; the two meet over HTTP only.
"""

from sandbox.server import Sandbox

__all__ = ["Sandbox"]
