"""What colleagues type about responses."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.responses.actions.acts import Change
from surveys.responses.actions.marking import LONGEST_NOTE
from surveys.responses.actions.marking_slices import Junk
from surveys.responses.models import JunkReason, MarkKind, Tag


class TagNameField(forms.CharField):
    """One line, spaces as one; empty is refused."""

    def __init__(self, **options: Any) -> None:
        longest = Tag._meta.get_field("name").max_length
        super().__init__(**{"label": _("Name of the tag"), "max_length": longest, **options})

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class TagForm(forms.Form):
    name = TagNameField()


class JunkForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why"), choices=JunkReason)
    note = forms.CharField(label=_("In your words"), required=False, max_length=LONGEST_NOTE)

    @property
    def junk(self) -> Junk:
        return Junk(self.cleaned_data["reason"], " ".join(self.cleaned_data["note"].split()))


class ActForm(forms.Form):
    """One act on many responses; `change()` after it was found valid."""

    kind: MarkKind

    def change(self, tag: Tag | None = None) -> Change:
        return Change(self.kind, tag)


class PutTagForm(ActForm):
    kind = MarkKind.TAG
    name = TagNameField(help_text=_("One that is there, or a new one."))


class TakeTagForm(ActForm):
    kind = MarkKind.UNTAG
    tag = forms.ChoiceField(label=_("Tag"))

    def __init__(self, on_them: list[tuple[Tag, int]], data: Any = None) -> None:
        super().__init__(data)
        choices = [(str(tag.pk), f"{tag} ({count})") for tag, count in on_them]
        self.fields["tag"].choices = choices  # type: ignore[attr-defined]


class ExcludeForm(ActForm, JunkForm):
    kind = MarkKind.EXCLUDE

    def change(self, tag: Tag | None = None) -> Change:
        return Change(self.kind, None, self.junk)


class IncludeForm(ActForm):
    kind = MarkKind.INCLUDE
