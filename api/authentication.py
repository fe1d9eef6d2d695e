"""Whether a request is Alertmanager's: bearer token, basic authentication, or a signature over the raw body.

Every candidate is compared, in constant time and as bytes, whatever the outcome of those before it. A header, however
odd, leads to Refused and never to another exception: what is not authenticated must not even cost a stack trace.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass

from werkzeug.datastructures import Headers

from api.signatures import Refused, is_signed, raw, v1

SIGNATURE = "X-Alertmanager-Signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What is accepted. Any one kind that is satisfied is enough; with none configured everything is.

    `source_tokens` are (name, token): the name is the source of what comes with that token.
    """

    tokens: tuple[str, ...] = ()
    source_tokens: tuple[tuple[str, str], ...] = ()
    basic: tuple[str, str] | None = None
    webhook_secrets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        secrets = [*self.tokens, *(token for _, token in self.source_tokens), *self.webhook_secrets]
        if self.basic:
            secrets.append(self.basic[1])
        if not all(secrets):
            raise ValueError("an empty secret would let everybody in")

    @property
    def configured(self) -> bool:
        return bool(self.tokens or self.source_tokens or self.basic or self.webhook_secrets)

    def needs_body(self, headers: Headers) -> bool:
        """Whether the body has to be read to decide; where it need not be, a stranger's is never read."""
        return bool(self.webhook_secrets) and SIGNATURE in headers

    def check(self, headers: Headers, body: bytes) -> str | None:
        """The source that the credentials name, if they name one. Raises Refused."""
        if not self.configured:
            return None
        scheme, _, credentials = raw(headers, "Authorization").strip().partition(b" ")
        named, bearer = self._bearer(scheme.lower(), credentials.strip())
        basic = self._basic(scheme.lower(), credentials.strip())
        signed = is_signed(self.webhook_secrets, b"", body, v1(raw(headers, SIGNATURE)))
        if bearer or basic or signed:
            return named
        given = "Authorization" in headers or SIGNATURE in headers
        raise Refused("The credentials are wrong." if given else "Credentials are missing.")

    def _bearer(self, scheme: bytes, given: bytes) -> tuple[str | None, bool]:
        named: str | None = None
        found = False
        for token in self.tokens:
            found |= hmac.compare_digest(token.encode(), given)
        for name, token in self.source_tokens:
            if hmac.compare_digest(token.encode(), given):
                named, found = name, True
        return (named, found) if scheme == b"bearer" else (None, False)

    def _basic(self, scheme: bytes, given: bytes) -> bool:
        if self.basic is None or scheme != b"basic":
            return False
        try:
            decoded = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(":".join(self.basic).encode(), decoded)
