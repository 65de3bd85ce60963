"""Forms of a list of suppressions: a file or pasted lines, and why, where a line does not say it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.customers.import_forms import PasteForm, UploadForm
from surveys.customers.models import SuppressionReason

MOST_BYTES: Final = 96 * 1024**2  # a million long lines
# What a person may say of others; that somebody was erased, only erasing says.
_REASONS: Final = [choice for choice in SuppressionReason.choices if choice[0] != SuppressionReason.ERASED]


# As mail programs copy people: "Doe, Ada" <ada@example.com>.
_WITH_NAME: Final = re.compile(r'(?:"[^"]*"|[^,;<>"])*<([^<>\s]+@[^<>\s]+)>')


class _WithReason(forms.Form):
    default_reason = forms.ChoiceField(
        label=_("Reason of lines that do not say one"), choices=_REASONS, initial=SuppressionReason.BLOCKED
    )

    def reason(self) -> SuppressionReason:
        return SuppressionReason(self.cleaned_data["default_reason"])


class SuppressionUploadForm(UploadForm, _WithReason):
    SOURCE: Final = "file"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.fields["file"].widget.attrs |= {"accept": ".csv,.tsv,.txt,text/csv", "data-most-bytes": MOST_BYTES}

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(gettext("This file is larger than 96 MB. Split it into several files."))
        return file

    def name(self) -> str:
        return self.upload.name or ""

    def pieces(self, size: int) -> Iterable[bytes]:
        return self.upload.chunks(size)


class SuppressionPasteForm(PasteForm, _WithReason):
    SOURCE: Final = "text"

    def name(self) -> str:
        return gettext("Pasted lines")

    def pieces(self, _size: int) -> Iterable[bytes]:
        return ["\n".join(_one_by_one(self.cleaned_data["text"])).encode()]


def _one_by_one(text: str) -> Iterator[str]:
    """Addresses without the names around them, several of one line on lines of their own."""
    for line in text.splitlines():
        plain = _WITH_NAME.sub(r"\1", line)
        yield from re.split(r"[,;\s]+", plain.strip()) if plain.count("@") > 1 else [plain]
