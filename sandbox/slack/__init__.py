"""A pretend Slack workspace: the Web API methods the bridge uses, as strict as the real one."""
