"""A pretend PagerDuty account: Events API v2 and the part of the REST API the bridge uses, habits included."""
