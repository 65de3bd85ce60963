"""The words of a campaign as one value, and the ones that a new campaign starts with, in each of our languages."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import override

from surveys.campaigns.models import Wording


@dataclass(frozen=True)
class Texts:
    """Plain text with placeholders of core.placeholders; the field names are those of Wording."""

    subject: str
    intro: str
    question: str
    low_label: str
    high_label: str
    comment_prompt: str
    thanks_promoter: str
    thanks_passive: str
    thanks_detractor: str

    @classmethod
    def of(cls, wording: Wording) -> Self:
        return cls(**{each.name: getattr(wording, each.name) for each in fields(cls)})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Words(Texts):
    """All that a campaign says in one language: its texts, and those of the parts of its design by their keys."""

    prompts: dict[str, str] = field(default_factory=dict)
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    variants: dict[str, dict[str, str]] = field(default_factory=dict)
    reminders: list[dict[str, str]] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)  # of a translation: by place a digest of what it translates


def defaults(language: str = "en") -> Texts:
    """In any of core.languages.ALL."""
    with override(language):
        return _defaults()


def _defaults() -> Texts:
    return Texts(
        subject=_("How are we doing, {{ first_name|there }}?"),
        intro=_(
            "Hello {{ first_name|there }},\n\n"
            "one question, and one click is enough. Your answer goes straight to the people at {{ company }} who can "
            "act on it."
        ),
        question=_("How likely are you to recommend {{ company }} to a friend or colleague?"),
        low_label=_("Not at all likely"),
        high_label=_("Extremely likely"),
        comment_prompt=_("What is the main reason for your score?"),
        thanks_promoter=_("Thank you, {{ first_name|there }}! We are glad that you would recommend us."),
        thanks_passive=_("Thank you, {{ first_name|there }}. What would have made it a ten?"),
        thanks_detractor=_(
            "Thank you for being frank, {{ first_name|there }}. Somebody at {{ company }} will read every word."
        ),
    )


def default_prompts(language: str = "en") -> dict[str, str]:
    """Comment questions of their own, by category."""
    with override(language):
        return {
            "promoter": _("What do you like most?"),
            "passive": _("What could we do better?"),
            "detractor": _("What went wrong, and what should we mend first?"),
        }


def default_reminders(count: int, language: str = "en") -> list[dict[str, str]]:
    """The words of so many reminders; each answers the first mail, so it has no subject of its own."""
    with override(language):
        again = _(
            "Hello {{ first_name|there }},\n\n"
            "a few days ago we asked you one question. One click is still enough, and your answer helps us to get better."
        )
        last = _(
            "Hello {{ first_name|there }},\n\nthis is the last time that we ask: one click, and we know how we did."
        )
    intros = [again] * (count - 1) + [last] if count > 1 else [again] * count
    return [{"subject": "", "intro": intro} for intro in intros]
