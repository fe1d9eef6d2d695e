"""A pretend Slack workspace, PagerDuty account and Alertmanager over real HTTP, with a page: for demo and tests.

Never kinder than the vendors. Knows nothing of the bridge; the two meet over HTTP only.
"""

from sandbox.server import Sandbox

__all__ = ["Sandbox"]
