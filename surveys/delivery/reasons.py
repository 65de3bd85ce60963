"""Decisions in words: why somebody gets it or not, before a launch and after it. Pure."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.delivery.models import Reason


class Sense(Enum):
    """Whether the decision would be made, or was."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Facts:
    """What a sentence can name, as people read it; what is not known is left out.

    `until` is the day on which it is decided anew, `campaign` the one that asked or asks instead, `days` how long ago.
    """

    until: str = ""
    campaign: str = ""
    days: int | None = None


@dataclass(frozen=True)
class Sentence:
    """A text with named gaps, and what stands in them."""

    text: str
    parts: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.parts

    def linked(self, **urls: str) -> SafeString:
        """As HTML, in which a part with an address is a link."""
        parts = {name: _linked(part, urls.get(name, "")) for name, part in self.parts.items()}
        return mark_safe(str(conditional_escape(self.text)) % parts)


def _linked(part: str, url: str) -> str:
    text = f"<bdi>{conditional_escape(part)}</bdi>"
    return f'<a href="{conditional_escape(url)}">{text}</a>' if url else text


_WHY: Final[dict[Reason, str | Promise]] = {
    Reason.UNSUBSCRIBED: gettext_lazy("unsubscribed"),
    Reason.BOUNCED: gettext_lazy("an earlier mail to this address came back"),
    Reason.COMPLAINED: gettext_lazy("reported an earlier mail as spam"),
    Reason.BLOCKED: gettext_lazy("a colleague of yours said not to mail this address"),
    Reason.ERASED: gettext_lazy("erased on request"),
    Reason.NO_ADDRESS: gettext_lazy("there is no email address"),
    Reason.RESTING: gettext_lazy("asked on their preference page to be left alone"),
    Reason.NOT_SAMPLED: gettext_lazy("not in the sample that was drawn"),
    Reason.EXCLUDED: gettext_lazy("excluded by the campaign's own conditions"),
    Reason.OVER_CAP: gettext_lazy("the campaign asks no more people than its limit"),
    Reason.LEFT: gettext_lazy("not in the audience any more"),
    Reason.TOO_LATE: gettext_lazy("what it is about is too long ago"),
    Reason.ENDED: gettext_lazy("the campaign ended first"),
    Reason.WAITING: gettext_lazy("waiting for the right time"),
}
_UNTIL: Final[dict[Reason, str | Promise]] = {
    Reason.WAITING: gettext_lazy("which is %(until)s"),
    Reason.RESTING: gettext_lazy("free on %(until)s"),
    Reason.THROTTLED: gettext_lazy("free on %(until)s"),
    Reason.COMPANY: gettext_lazy("free on %(until)s"),
    Reason.OUTRANKED: gettext_lazy("decided again on %(until)s"),
}


def sentence(reason: Reason, sense: Sense, facts: Facts = Facts()) -> Sentence:
    """ "Not asked yet: asked 12 days ago by Onboarding, free on 3 March." The gaps are `until` and `campaign`."""
    parts = {"until": facts.until, "campaign": facts.campaign}
    if reason is Reason.INVITED:
        return Sentence(_invited(sense, facts), parts)
    why = _why(reason, facts)
    if facts.until:
        why = _("%(why)s, %(until)s") % {"why": why, "until": str(_UNTIL.get(reason, _("decided again on %(until)s")))}
    return Sentence(f"{_lead(sense, bool(facts.until))}: {why}.", parts)


def _lead(sense: Sense, is_deferred: bool) -> str:
    if sense is Sense.BEFORE:
        return _("Gets it later") if is_deferred else _("Does not get it")
    return _("Not asked yet") if is_deferred else _("Not asked")


def _invited(sense: Sense, facts: Facts) -> str:
    if sense is Sense.BEFORE:
        return _("Gets it on %(until)s.") if facts.until else _("Gets it.")
    return _("Is asked on %(until)s.") if facts.until else _("Was asked.")


def _why(reason: Reason, facts: Facts) -> str:
    """Percent signs that are no gaps do not occur in these."""
    if reason is Reason.THROTTLED:
        return _asked(facts)
    if reason is Reason.COMPANY:
        return _("somebody of the same company was asked by %(campaign)s") if facts.campaign else _company()
    if reason is Reason.OUTRANKED:
        return _("%(campaign)s, of higher priority, asks first") if facts.campaign else _higher()
    return str(_WHY[reason])


def _company() -> str:
    return _("somebody of the same company was asked recently")


def _higher() -> str:
    return _("a campaign of higher priority asks first")


def _asked(facts: Facts) -> str:
    """By whom, and how long ago, as far as that is known."""
    if facts.days is None:
        return _("asked recently by %(campaign)s") if facts.campaign else _("asked recently")
    if facts.days == 0:
        return _("asked today by %(campaign)s") if facts.campaign else _("asked today")
    if facts.campaign:
        text = ngettext("asked %(n)s day ago by %(campaign)s", "asked %(n)s days ago by %(campaign)s", facts.days)
    else:
        text = ngettext("asked %(n)s day ago", "asked %(n)s days ago", facts.days)
    return text.replace("%(n)s", str(facts.days))


# What people can do about it, or what it means, for lists by reason.
MEANINGS: Final[dict[Reason, str | Promise]] = {
    Reason.UNSUBSCRIBED: gettext_lazy("They asked not to be mailed."),
    Reason.BOUNCED: gettext_lazy("An earlier mail to their address came back."),
    Reason.COMPLAINED: gettext_lazy("They reported an earlier mail as spam."),
    Reason.BLOCKED: gettext_lazy("A colleague said not to mail them. The same page lifts it."),
    Reason.ERASED: gettext_lazy("They asked to be forgotten."),
    Reason.THROTTLED: gettext_lazy("They get it later, when they are free again, if the campaign still runs."),
    Reason.RESTING: gettext_lazy(
        "They chose to be asked less often, or made a pause. They get it when that is over, if the campaign still runs."
    ),
    Reason.COMPANY: gettext_lazy("They get it later, when their company is free again, if the campaign still runs."),
    Reason.OUTRANKED: gettext_lazy("Another campaign is about to ask them; this one tries again every day."),
    Reason.WAITING: gettext_lazy("The time after what set it off is not over yet."),
    Reason.NO_ADDRESS: gettext_lazy("Add an address and they can be asked."),
    Reason.NOT_SAMPLED: gettext_lazy("The campaign asks a share of its audience, always the same people."),
    Reason.EXCLUDED: gettext_lazy("The campaign's exclusions leave them out."),
    Reason.OVER_CAP: gettext_lazy("The campaign's limit of people is reached."),
    Reason.LEFT: gettext_lazy("They were in the audience, and are not any more."),
    Reason.TOO_LATE: gettext_lazy("It could not be asked in time; later it would make no sense."),
    Reason.ENDED: gettext_lazy("They were to be asked later, and the campaign ended before."),
}
