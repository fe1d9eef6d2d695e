"""Text of a request that a function of the domain reads; what that calls malformed is the field's fault."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from core.domain.errors import Malformed


class Reads(fields.String, ABC):
    """A kind of text names its reader."""

    @staticmethod
    @abstractmethod
    def reader(text: str) -> Any:
        """What the text means. Raises Malformed."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return self.reader(text)
        except Malformed as malformed:
            raise ValidationError(str(malformed)) from None
