"""alert -> provider: one file a target, each of which knows its payload and what its provider's errors mean."""
