"""What a new campaign can begin with: common ways of asking, each with rules and words that fit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import time
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from surveys.campaigns.models import ALL_DAYS, Kind, Priority, Trigger
from surveys.campaigns.rules import Rules
from surveys.campaigns.texts import Texts, default_prompts, default_reminders, defaults

_HOUR, _DAY = 60, 24 * 60  # minutes
_WORKDAYS: Final = 0b0011111


@dataclass(frozen=True)
class Start:
    """`dates` are keys that the date property of this start often has; `words` are what its texts say otherwise."""

    key: str
    name: str | Promise
    about: str | Promise
    rules: Rules
    words: Callable[[], dict[str, str]]
    dates: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return str(Kind(self.rules.kind).label)

    def rules_with(self, dates: Iterable[str]) -> Rules:
        """About the one of these date properties that fits; else about one that is still to be chosen."""
        if not self.dates:
            return self.rules
        fitting = [key for key in dates if key in self.dates]
        return replace(self.rules, date_property=fitting[0] if fitting else self.dates[0])

    def texts(self, language: str) -> Texts:
        """In the language of the campaign."""
        with override(language):
            return replace(defaults(language), **self.words())


def _hours(since: int, until: int, days: int = _WORKDAYS) -> dict[str, Any]:
    return {"send_from": time(since), "send_until": time(until), "send_days": days}


def _after(event: str, delay: int, late: int, **more: Any) -> Rules:
    rules = Rules(kind=Kind.TRIGGERED, trigger=Trigger.EVENT, event_kind=event, delay_minutes=delay, late_days=late)
    return replace(rules, **more)


def _around(days: int, late: int, **more: Any) -> Rules:
    rules = Rules(kind=Kind.TRIGGERED, trigger=Trigger.DATE, delay_minutes=days * _DAY, late_days=late)
    return replace(rules, **more)


# ── Their words ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _as_usual() -> dict[str, str]:
    return {}


def _support() -> dict[str, str]:
    return {
        "subject": _("Did we help you, {{ first_name|there }}?"),
        "intro": _(
            "Hello {{ first_name|there }},\n\n"
            "you were in touch with our support. One click tells us how that left you; whoever helped you reads it."
        ),
        "question": _("After this contact, how likely are you to recommend {{ company }} to a friend or colleague?"),
    }


def _purchase() -> dict[str, str]:
    return {
        "subject": _("How was your order, {{ first_name|there }}?"),
        "intro": _(
            "Hello {{ first_name|there }},\n\n"
            "your order has been with you for a few days. One question, and one click is enough."
        ),
        "question": _("After this purchase, how likely are you to recommend {{ company }} to a friend or colleague?"),
    }


def _onboarding() -> dict[str, str]:
    return {
        "subject": _("Your first weeks with us, {{ first_name|there }}"),
        "intro": _(
            "Hello {{ first_name|there }},\n\n"
            "you have been with {{ company }} for a few weeks. What you think now helps us to start better with the "
            "next ones: one question, one click."
        ),
        "comment_prompt": _("What went well at the start, and what did not?"),
    }


def _trial() -> dict[str, str]:
    return {
        "subject": _("Before your trial ends, {{ first_name|there }}"),
        "intro": _(
            "Hello {{ first_name|there }},\n\n"
            "your trial of {{ company }} ends soon. Whatever you decide: one click tells us what you made of it."
        ),
        "comment_prompt": _("What would make you stay, or what is missing?"),
    }


def _churn() -> dict[str, str]:
    return {
        "subject": _("One last question, {{ first_name|there }}"),
        "intro": _(
            "Hello {{ first_name|there }},\n\n"
            "you have cancelled, and that is fine. One click helps us to do better, and nobody will call you."
        ),
        "comment_prompt": _("What was the main reason to leave?"),
        "thanks_passive": _("Thank you, {{ first_name|there }}. All the best to you."),
        "thanks_detractor": _(
            "Thank you for being frank, {{ first_name|there }}. We are sorry that it did not work out."
        ),
    }


BLANK: Final = "blank"
LINKS_ONLY: Final = "links.only"  # an event that nobody tells: a campaign that waits for it sends nothing by itself
_STARTS: Final = (
    Start(
        BLANK,
        gettext_lazy("A single wave"),
        gettext_lazy("Everyone in the audience once, as soon as you launch it."),
        Rules(),
        _as_usual,
    ),
    Start(
        "relationship",
        gettext_lazy("Relationship"),
        gettext_lazy("Everyone once every 90 days, some each working day: the pulse that never stops."),
        Rules(kind=Kind.RECURRING, every_days=90, reminders=1, **_hours(9, 17)),
        _as_usual,
    ),
    Start(
        "support",
        gettext_lazy("After support"),
        gettext_lazy("A few hours after a ticket was closed, while it is fresh."),
        _after("ticket.closed", 4 * _HOUR, 3, priority=Priority.HIGH.value, **_hours(8, 20)),
        _support,
    ),
    Start(
        "purchase",
        gettext_lazy("After a purchase"),
        gettext_lazy("Three days after an order was delivered, any day of the week."),
        _after("order.delivered", 3 * _DAY, 7, reminders=1, **_hours(9, 19, ALL_DAYS)),
        _purchase,
    ),
    Start(
        "onboarding",
        gettext_lazy("Onboarding"),
        gettext_lazy("30 days after somebody signed up, by a date that you know of each customer."),
        _around(30, 14, reminders=1, **_hours(9, 17)),
        _onboarding,
        ("signed_up", "signup_date", "signed_up_on", "customer_since", "onboarded", "start_date"),
    ),
    Start(
        "trial",
        gettext_lazy("End of a trial"),
        gettext_lazy("Two days before a trial ends, when the decision is near."),
        _around(-2, 2, priority=Priority.HIGH.value, **_hours(9, 17, ALL_DAYS)),
        _trial,
        ("trial_end", "trial_ends", "trial_ends_on", "trial_until"),
    ),
    Start(
        "churn",
        gettext_lazy("After a cancellation"),
        gettext_lazy("A day after somebody cancelled: why they leave, without a sales call."),
        _after("subscription.cancelled", _DAY, 7, priority=Priority.HIGH.value, **_hours(9, 17)),
        _churn,
    ),
    Start(
        "links",
        gettext_lazy("Links only"),
        gettext_lazy("Sends nothing by itself: you ask with links and rating rows in mails and pages of your own."),
        _after(LINKS_ONLY, 0, 1),
        _as_usual,
    ),
)
STARTS: Final = {start.key: start for start in _STARTS}


def counterparts(written_in: str, language: str) -> dict[str, str]:
    """Each text that a campaign may begin with, and what it is in another of core.languages.ALL."""
    return dict(zip(_everything(written_in), _everything(language), strict=True))


def _everything(language: str) -> list[str]:
    starts = [text for start in _STARTS for text in start.texts(language).as_dict().values()]
    reminders = [reminder["intro"] for reminder in default_reminders(2, language)]
    return [*starts, *default_prompts(language).values(), *reminders]
