"""A pretend Alertmanager: fires at the bridge, and keeps silences behind its API v2, as strict as the real one."""
