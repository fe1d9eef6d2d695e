"""The configuration: one YAML file, read whole at start, all faults told at once. Imports nothing of ours."""

from config.faults import ConfigurationError, Fault, Remark
from config.loading import find, load, parse
from config.secret import Secret
from config.settings import Settings

__all__ = ["ConfigurationError", "Fault", "Remark", "Secret", "Settings", "find", "load", "parse"]
