"""The API of version 1: alerts and summaries to read, and what people do to alerts. For whoever holds a token."""

from api.v1.routes import blueprint

__all__ = ["blueprint"]
