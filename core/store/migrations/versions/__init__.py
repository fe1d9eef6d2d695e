"""One module a step. Each spells its tables out: what the code calls them today may have changed since."""
