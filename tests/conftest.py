"""What holds for every test."""

from hypothesis import settings

# The same examples in every run, so that a red run is about the change and not about luck. To go hunting:
# pytest --hypothesis-profile=default
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")
