"""What stands in the way of a launch, and what its author should know before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts import access
from surveys.campaigns import languages, queries
from surveys.campaigns.models import Campaign, Kind, Trigger
from surveys.campaigns.starts import LINKS_ONLY
from surveys.core import languages as ours
from surveys.customers.queries.events import event_catalogue


@dataclass(frozen=True)
class Concern:
    """`step` is where it is mended. What is blocking has to be, before the launch."""

    campaign: Campaign
    title: str
    text: str
    step: str
    is_blocking: bool = False

    @property
    def url(self) -> str:
        return access.url(self.campaign.organization, f"campaigns:{self.step}", pk=self.campaign.pk)


def is_links_only(campaign: Campaign) -> bool:
    return campaign.trigger == Trigger.EVENT and campaign.event_kind == LINKS_ONLY


def concerns(campaign: Campaign, *, at: datetime) -> list[Concern]:
    """The blocking ones first."""
    found = [*_people(campaign), *_trigger(campaign), *_times(campaign, at), *_words(campaign), *_languages(campaign)]
    return sorted(found, key=lambda concern: not concern.is_blocking)


def blocking(campaign: Campaign, *, at: datetime) -> list[Concern]:
    return [concern for concern in concerns(campaign, at=at) if concern.is_blocking]


def _people(campaign: Campaign) -> Iterator[Concern]:
    known = queries.customer_catalogue(campaign.organization)
    for title, found in (
        (_("The audience cannot be understood any more"), queries.audience(campaign, known)),
        (_("Who is left out cannot be understood any more"), queries.exclusions(campaign, known)),
    ):
        if found.problems:
            yield Concern(campaign, title, " ".join(found.problems), "audience", is_blocking=True)


def _trigger(campaign: Campaign) -> Iterator[Concern]:
    if campaign.kind == Kind.RECURRING:
        yield from _interval(campaign)
    if campaign.kind != Kind.TRIGGERED:
        return
    yield from _date(campaign) if campaign.trigger == Trigger.DATE else _event(campaign)


def _interval(campaign: Campaign) -> Iterator[Concern]:
    gap, every = campaign.organization.throttle_days, campaign.every_days or 0
    if every < gap:
        text = _("It wants to ask every %(every)d days, and your organization leaves people alone for %(gap)d.")
        yield Concern(
            campaign, _("It asks more often than people may be asked"), text % {"every": every, "gap": gap}, "when"
        )


def _date(campaign: Campaign) -> Iterator[Concern]:
    if campaign.date_property not in dict(queries.date_properties(campaign.organization)):
        text = _("There is no date property “%(key)s”. Choose another one, or declare it among your properties.")
        words = text % {"key": campaign.date_property}
        yield Concern(campaign, _("Its date is not known"), words, "when", is_blocking=True)


def _event(campaign: Campaign) -> Iterator[Concern]:
    if not is_links_only(campaign) and campaign.event_kind not in queries.event_kinds(campaign.organization):
        text = _(
            "Nothing called “%(event)s” was ever told here. That is fine if your systems will; check the spelling."
        )
        yield Concern(campaign, _("No such event so far"), text % {"event": campaign.event_kind}, "when")
    known = event_catalogue(campaign.organization, campaign.event_kind)
    found = queries.who(campaign.event_conditions, known)
    if found.problems:
        title = _("Its conditions on events cannot be understood")
        yield Concern(campaign, title, " ".join(found.problems), "when", is_blocking=True)


def _times(campaign: Campaign, at: datetime) -> Iterator[Concern]:
    begins_at = max(at, campaign.begins_at or at)
    if campaign.ends_at and campaign.ends_at <= begins_at:
        text = _("Its end has come already, so nothing would be sent. Choose a later one, or none.")
        yield Concern(campaign, _("It ends before it begins"), text, "when", is_blocking=True)


def _words(campaign: Campaign) -> Iterator[Concern]:
    words, design = queries.wording(campaign), queries.design(campaign)
    for variant in design.variants[1:]:
        if not words.variants.get(variant.key) and variant.sender_name == design.variants[0].sender_name:
            text = _("Variant %(key)s says the same as A: comparing them would show nothing.") % {"key": variant.key}
            yield Concern(campaign, _("Two variants are alike"), text, "message")


def _languages(campaign: Campaign) -> Iterator[Concern]:
    words, design = queries.words(campaign), queries.design(campaign)
    main = next(iter(words))
    for language, said in words.items():
        missing = len(languages.missing(words[main], said, design))
        if missing:
            title = _("%(language)s is not complete") % {"language": ours.name(language)}
            text = ngettext(
                "%(count)d text is missing in it. Until then, whoever speaks it gets %(main)s.",
                "%(count)d texts are missing in it. Until then, whoever speaks it gets %(main)s.",
                missing,
            )
            yield Concern(campaign, title, text % {"count": missing, "main": ours.name(main)}, "languages")
        if language != main and (outdated := len(languages.outdated(words[main], said, design))):
            title = _("%(language)s may be outdated") % {"language": ours.name(language)}
            text = ngettext(
                "%(main)s was changed after %(count)d text was translated. It is used as it is.",
                "%(main)s was changed after %(count)d texts were translated. They are used as they are.",
                outdated,
            )
            yield Concern(campaign, title, text % {"count": outdated, "main": ours.name(main)}, "languages")
