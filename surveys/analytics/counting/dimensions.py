"""What responses can be told apart by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from surveys.core.filters import PROPERTY_PREFIX
from surveys.responses import filter_words


@dataclass(frozen=True)
class Dimension:
    """Something a segment table can be made by: `name` as in addresses, `label` for people, `kind` of its values.

    `names` are those of values that are keys: of themes and tags.
    """

    name: str
    label: str
    kind: str = "text"
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_property(self) -> bool:
        return self.name.startswith(PROPERTY_PREFIX)

    def value(self, text: str) -> str:
        return self.names.get(text) or filter_words.value(self.name, text, self.kind)

    def said(self, values: Iterable[str]) -> str:
        return f"{self.label}: {', '.join(map(self.value, values))}"
