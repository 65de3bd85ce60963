"""The step "Message": the mail, who it is from, its variants and its reminders, as one set of forms."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Self

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts.forms import OneLineField
from surveys.campaigns import queries
from surveys.campaigns.actions.versions import Edit
from surveys.campaigns.design import WHOLE, Design, Variant
from surveys.campaigns.forms import NameForm, TextsForm, known_placeholders, refuse_rather_than_cut, single_line
from surveys.campaigns.models import Campaign, Wording
from surveys.core import placeholders

KEYS: Final = "ABCD"  # of variants; A has the words of the campaign
_PERCENT: Final = WHOLE // 100
_COLOUR: Final = RegexValidator(
    r"^#[0-9a-fA-F]{6}\Z", gettext_lazy("Write the colour as # and six hexadecimal digits, such as #0b6e66.")
)


def _subject(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Subject"),
        required=False,
        max_length=200,
        help_text=help_text,
        validators=[known_placeholders, single_line],
    )


def _intro(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Introduction"),
        required=False,
        max_length=2000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=[known_placeholders],
    )


class SenderForm(forms.Form):
    """What is empty is the organization's."""

    sender_name = OneLineField(label=gettext_lazy("Sender name"), max_length=100, required=False)
    reply_to = forms.EmailField(label=gettext_lazy("Reply-to address"), max_length=254, required=False)
    own_color = forms.BooleanField(label=gettext_lazy("A colour of its own"), required=False)
    brand_color = forms.CharField(
        label=gettext_lazy("Colour"),
        required=False,
        validators=[_COLOUR],
        widget=forms.TextInput(attrs={"type": "color"}),
    )

    def __init__(self, data: QueryDict | None, *, design: Design, campaign: Campaign) -> None:
        organization = campaign.organization
        initial = {
            "sender_name": design.sender_name,
            "reply_to": design.reply_to,
            "own_color": bool(design.brand_color),
            "brand_color": design.brand_color or organization.brand_color,
        }
        super().__init__(data, initial=initial, prefix="from")
        names = {
            "sender_name": organization.sender_name or organization.name,
            "reply_to": organization.reply_to or _("the sender address"),
        }
        for name, value in names.items():
            self.fields[name].help_text = _("Empty: %(value)s.") % {"value": value}

    @property
    def color(self) -> str:
        """As far as it was typed; nothing where the organization's holds."""
        typed = str(self["brand_color"].value() or "")
        return typed.lower() if self["own_color"].value() and _is_colour(typed) else ""

    def on(self, design: Design) -> Design:
        """The design with what was typed, whether valid or not."""
        return replace(
            design,
            sender_name=placeholders.single_line(str(self["sender_name"].value() or "")),
            reply_to="" if "reply_to" in self.errors else str(self["reply_to"].value() or "").strip(),
            brand_color=self.color,
        )


def _is_colour(text: str) -> bool:
    return bool(_COLOUR.regex.match(text))  # type: ignore[union-attr]


class VariantForm(forms.Form):
    """One way of asking. A has no words of its own: they are those of the campaign."""

    share = forms.IntegerField(label=gettext_lazy("Share in percent"), min_value=1, max_value=99)
    sender_name = OneLineField(
        label=gettext_lazy("Sender name"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Empty: that of the campaign."),
    )
    subject = _subject(gettext_lazy("Empty: as in A."))
    intro = _intro(gettext_lazy("Empty: as in A."))

    def __init__(self, data: QueryDict | None, *, key: str, variant: Variant | None, words: Mapping[str, str]) -> None:
        initial = {"share": variant.share // _PERCENT, "sender_name": variant.sender_name} if variant else {}
        super().__init__(data, initial=initial | dict(words), prefix=key)
        self.key = key
        if key == KEYS[0]:
            del self.fields["subject"], self.fields["intro"]
        for field in self.fields.values():
            refuse_rather_than_cut(field)

    @property
    def percent(self) -> int:
        value = str(self["share"].value() or "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 4 else 0

    def variant(self) -> Variant:
        """As far as it was typed."""
        name = placeholders.single_line(str(self["sender_name"].value() or ""))
        return Variant(self.key, self.percent * _PERCENT, name)

    def words(self) -> dict[str, str]:
        return _typed_words(self)


class ReminderForm(forms.Form):
    subject = _subject(gettext_lazy("Empty: “Re:” and the subject of the first mail, in whose thread it stands."))
    intro = _intro(gettext_lazy("Empty: as in the first mail."))

    def __init__(self, data: QueryDict | None, *, number: int, words: Mapping[str, str]) -> None:
        super().__init__(data, initial=dict(words), prefix=f"reminder-{number}")
        self.number = number
        for field in self.fields.values():
            refuse_rather_than_cut(field)

    def words(self) -> dict[str, str]:
        return _typed_words(self)


def _typed_words(form: forms.Form) -> dict[str, str]:
    """Subject and introduction as far as they were typed, without what is empty."""
    typed = {
        name: str(form[name].value() or "").replace("\x00", "") for name in ("subject", "intro") if name in form.fields
    }
    if "subject" in typed:
        typed["subject"] = placeholders.single_line(typed["subject"])
    return {name: text.strip() for name, text in typed.items() if text.strip()}


@dataclass
class MessageForms:
    """All forms of the step. `problem` is what is wrong with the variants together."""

    name: NameForm
    texts: TextsForm
    sender: SenderForm
    variants: list[VariantForm]
    reminders: list[ReminderForm]
    design: Design
    problem: str = ""

    @classmethod
    def of(cls, campaign: Campaign, data: QueryDict | None = None) -> Self:
        """As stored, or as typed, with what its button asks for ("variant:add", "variant:remove:B") carried out."""
        wording, design = queries.wording(campaign), queries.design(campaign)
        return cls(
            name=NameForm(data, instance=campaign),
            texts=TextsForm(data, instance=wording),
            sender=SenderForm(data, design=design, campaign=campaign),
            variants=_variant_forms(data, wording, design),
            reminders=[
                ReminderForm(data, number=number, words=_reminder(wording, number))
                for number in range(1, campaign.reminders + 1)
            ],
            design=design,
        )

    @property
    def may_add(self) -> bool:
        return len(self.variants) < len(KEYS)

    @cached_property
    def is_sound(self) -> bool:
        everything: list[forms.BaseForm] = [self.name, self.texts, self.sender, *self.variants, *self.reminders]
        valid = [form.is_valid() for form in everything]
        total = sum(form.percent for form in self.variants)
        if self.variants and all(valid) and total != 100:
            self.problem = _("The shares together are %(total)d %%. They have to be 100 %%.") % {"total": total}
        return all(valid) and not self.problem

    def typed_texts(self) -> dict[str, str]:
        return self.texts.draft_texts()

    def typed_design(self) -> Design:
        """Of a preview: whatever is still wrong with it."""
        return replace(self.sender.on(self.design), variants=tuple(form.variant() for form in self.variants))

    def typed_parts(self) -> dict[str, Any]:
        """What variants and reminders say, as Wording has it."""
        variants = {form.key: words for form in self.variants if (words := form.words())}
        return {"variants": variants, "reminders": [form.words() for form in self.reminders]}

    def apply(self, edit: Edit) -> None:
        """Into an edit of the campaign; they must be sound."""
        edit.name = self.name.cleaned_data["name"]
        wanted = self.typed_design()
        edit.design = replace(
            edit.design,
            sender_name=wanted.sender_name,
            reply_to=wanted.reply_to,
            brand_color=wanted.brand_color,
            variants=wanted.variants,
        )
        parts = self.typed_parts()
        edit.words[edit.main] = replace(edit.words[edit.main], **self.texts.cleaned_data, **parts)
        kept = {variant.key for variant in wanted.variants}
        for language, words in edit.words.items():
            left = {key: said for key, said in words.variants.items() if key in kept}
            edit.words[language] = replace(words, variants=left)


def _reminder(wording: Wording, number: int) -> dict[str, str]:
    written: list[dict[str, str]] = wording.reminders
    return written[number - 1] if number <= len(written) else {}


# ── Variants ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _variant_forms(data: QueryDict | None, wording: Wording, design: Design) -> list[VariantForm]:
    stored = {variant.key: variant for variant in design.variants}
    keys = [key for key in data.getlist("variant") if key in KEYS] if data is not None else list(stored)
    wanted = _after_act(keys, data.get("do", "") if data is not None else "")
    if wanted != keys:
        data = _evenly(data, wanted)
    return [VariantForm(data, key=key, variant=stored.get(key), words=wording.variants.get(key, {})) for key in wanted]


def _after_act(keys: list[str], act: str) -> list[str]:
    """A single variant is none."""
    if act == "variant:add":
        free = [key for key in KEYS if key not in keys]
        return sorted([*keys, *(free[:1] if keys else KEYS[:2])])
    if act.startswith("variant:remove:"):
        left = [key for key in keys if key != act[-1] or key == KEYS[0]]
        return left if len(left) > 1 else []
    return keys


def _evenly(data: QueryDict | None, keys: list[str]) -> QueryDict:
    """What was typed, with the same share for each of these variants."""
    even = data.copy() if data is not None else QueryDict(mutable=True)
    for place, key in enumerate(keys):
        even[f"{key}-share"] = str(100 // len(keys) + (place < 100 % len(keys)))
    return even
