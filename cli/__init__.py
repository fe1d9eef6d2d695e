"""The `alert-bridge` command: composition roots, and what people type."""

import os
import signal
import sys

if os.getpid() == 1:
    # The first process of a container ignores SIGTERM until somebody handles it, and a command takes its time to start.
    # Those that end in order put their own in its place.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
