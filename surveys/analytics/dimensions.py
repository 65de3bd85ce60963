"""What responses can be told apart by."""

from collections.abc import Iterable
from dataclasses import dataclass

from surveys.core import readable
from surveys.core.filters import PROPERTY_PREFIX


@dataclass(frozen=True)
class Dimension:
    """Something a segment table can be made by: `name` as in addresses, `label` for people, `kind` of its values."""

    name: str
    label: str
    kind: str = "text"

    @property
    def is_property(self) -> bool:
        return self.name.startswith(PROPERTY_PREFIX)

    def value(self, text: str) -> str:
        return readable.dimension_value(self.name, text, self.kind)

    def said(self, values: Iterable[str]) -> str:
        return f"{self.label}: {', '.join(map(self.value, values))}"
