"""Reads about campaigns."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from surveys.accounts.models import AuditEntry, Organization
from surveys.campaigns import languages
from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, CampaignVersion, Kind, Status, Trigger, Wording
from surveys.campaigns.rules import Rules
from surveys.campaigns.texts import Words
from surveys.core.conditions.catalogue import Catalogue
from surveys.core.conditions.tree import All, Group, NoneOf
from surveys.customers.models import EventKind, Property, PropertyType
from surveys.customers.queries import segments as customers
from surveys.customers.queries.events import event_catalogue
from surveys.customers.queries.segments import Size, Who, customer_catalogue, who

MOST_EDITS = 200  # of which languages there are; who removed one and comes back later finds it in the history


def wording(campaign: Campaign) -> Wording:
    """The words of its current version in its main language, the one it was written in first."""
    return wordings(campaign)[0]


def wordings(campaign: Campaign) -> QuerySet[Wording]:
    """The words of its current version, its main language first."""
    return Wording.objects.filter(
        organization_id=campaign.organization_id, campaign=campaign, version=campaign.version
    ).order_by("id")


def design(campaign: Campaign, version: int | None = None) -> Design:
    """Of that version, or of its current one."""
    found = CampaignVersion.objects.filter(
        organization_id=campaign.organization_id, campaign=campaign, number=version or campaign.version
    )
    return Design.read(found.values_list("design", flat=True).first() or {})


def words(campaign: Campaign) -> dict[str, Words]:
    """What its current version says, by language, the main one first."""
    return {each.language: Words.of(each) for each in wordings(campaign)}


def usable_languages(campaign: Campaign) -> list[str]:
    """In which its current version can be sent, the main one first."""
    return languages.usable(words(campaign), design(campaign))


def usable_wordings(versions: Collection[tuple[int, int]]) -> list[Wording]:
    """Of these versions, each a campaign and its number: the words in which they can be sent, the main ones first.

    A language that lacks a text which the main one has is left out.
    """
    wanted = [Q(campaign=campaign, version=version) for campaign, version in versions]
    found: dict[tuple[int, int], list[Wording]] = defaultdict(list)
    for each in Wording.objects.filter(_any(wanted)).order_by("pk") if wanted else ():
        found[each.campaign_id, each.version].append(each)
    designs = _designs([version for version, words in found.items() if len(words) > 1])
    return [each for version, words in found.items() for each in _usable(words, designs.get(version, Design()))]


def _usable(found: list[Wording], design: Design) -> list[Wording]:
    if len(found) == 1:
        return found
    usable = languages.usable({each.language: Words.of(each) for each in found}, design)
    return [each for each in found if each.language in usable]


def _designs(versions: Collection[tuple[int, int]]) -> dict[tuple[int, int], Design]:
    wanted = [Q(campaign=campaign, number=number) for campaign, number in versions]
    rows = CampaignVersion.objects.filter(_any(wanted)) if wanted else ()
    return {(row.campaign_id, row.number): Design.read(row.design) for row in rows}


def _any(conditions: list[Q]) -> Q:
    return reduce(or_, conditions, Q())


def part_keys(campaign: Campaign) -> set[str]:
    """Of all questions and links that any of its versions ever had."""
    versions = CampaignVersion.objects.filter(organization_id=campaign.organization_id, campaign=campaign)
    designs = [Design.read(stored) for stored in versions.values_list("design", flat=True)]
    questions = {question.key for design in designs for question in design.questions}
    return questions | {link.key for design in designs for link in design.links}


# ── Who is asked ─────────────────────────────────────────────────────────────────────────────────────────────────────


def audience(campaign: Campaign, known: Catalogue | None = None) -> Who:
    """Whom it is for. Raises nothing: an audience that lost its property says so in `problems`."""
    return who(campaign.audience, known or customer_catalogue(campaign.organization))


def exclusions(campaign: Campaign, known: Catalogue | None = None) -> Who:
    """Who of the audience is left out; without conditions it is nobody."""
    return who(campaign.exclusions, known or customer_catalogue(campaign.organization))


def about_events(organization: Organization, rules: Rules) -> str:
    """Which events of their kind it asks about, as a sentence; nothing for all of them."""
    if not rules.event_conditions:
        return ""
    return who(rules.event_conditions, event_catalogue(organization, rules.event_kind)).sentence


def without(audience: Group, exclusions: Group) -> Group:
    """The audience less who is excluded, as one condition."""
    if not exclusions.parts:
        return audience
    return All((*((audience,) if audience.parts else ()), NoneOf((exclusions,))))


def reach(organization: Organization, rules: Rules, *, at: datetime) -> Size | None:
    """Of how many people the audience consists now, less the excluded; None when it cannot be understood any more."""
    known = customer_catalogue(organization)
    inside, outside = who(rules.audience, known), who(rules.exclusions, known)
    if inside.tree is None or outside.tree is None:
        return None
    return customers.size(organization, without(inside.tree, outside.tree), known, at=at)


# ── What can set it off ──────────────────────────────────────────────────────────────────────────────────────────────


def date_properties(organization: Organization) -> list[tuple[str, str]]:
    """Keys and labels."""
    dates = Property.objects.filter(organization=organization, type=PropertyType.DATE)
    return list(dates.order_by("position", "id").values_list("key", "label"))


def event_kinds(organization: Organization) -> list[str]:
    """Those that were told at least once, by name."""
    return list(EventKind.objects.filter(organization=organization).order_by("name").values_list("name", flat=True))


def campaigns_by_id(organization: Organization, ids: list[int]) -> dict[int, Campaign]:
    found = Campaign.objects.filter(organization=organization, pk__in=ids).select_related("organization")
    return {campaign.pk: campaign for campaign in found}


def speakers(campaign: Campaign, *, at: datetime) -> dict[str, int] | None:
    """How many of the audience with an address speak which language, "" is not known; None when it cannot be read."""
    known = customer_catalogue(campaign.organization)
    inside, outside = audience(campaign, known), exclusions(campaign, known)
    if inside.tree is None or outside.tree is None:
        return None
    return customers.spoken(campaign.organization, without(inside.tree, outside.tree), known, at=at)


def by_event_kind(organization: Organization) -> dict[str, list[Campaign]]:
    """The campaigns that are set off by events and not over, by the kind of event."""
    found: dict[str, list[Campaign]] = {}
    over = (Status.ENDED, Status.ARCHIVED)
    triggered = Campaign.objects.filter(organization=organization, kind=Kind.TRIGGERED, trigger=Trigger.EVENT)
    for campaign in triggered.exclude(status__in=over).select_related("organization").order_by("name", "pk"):
        found.setdefault(campaign.event_kind, []).append(campaign)
    return found


# ── What happened ────────────────────────────────────────────────────────────────────────────────────────────────────


def history(campaign: Campaign, limit: int = 20) -> list[AuditEntry]:
    """Who did what to it, newest first."""
    entries = AuditEntry.objects.filter(
        organization_id=campaign.organization_id, target_type="campaign", target_id=campaign.pk
    )
    return list(entries.order_by("-at", "-id")[:limit])


def removed_language(campaign: Campaign, language: str) -> Words | None:
    """What the language said when it was removed last; None when it never was."""
    edits = AuditEntry.objects.filter(
        organization_id=campaign.organization_id,
        target_type="campaign",
        target_id=campaign.pk,
        action="campaign.edited",
        details__changed__has_key="languages",
    )
    for changed in edits.order_by("-at", "-id").values_list("details__changed", flat=True)[:MOST_EDITS]:
        before, after = changed["languages"]
        if language in before and language not in after:
            said = {name: changed.get(f"{name} ({language})", [None])[0] for name in Words.__dataclass_fields__}
            return Words(**{name: value for name, value in said.items() if value is not None})
    return None


def versions(campaign: Campaign, limit: int = 20) -> list[CampaignVersion]:
    """The latest ones, newest first."""
    mine = CampaignVersion.objects.filter(organization_id=campaign.organization_id, campaign=campaign)
    return list(mine.order_by("-number")[:limit])


def edits_after_launch(campaign: Campaign, limit: int = 20) -> list[AuditEntry]:
    """Those that made a version, newest first."""
    entries = AuditEntry.objects.filter(
        organization_id=campaign.organization_id,
        target_type="campaign",
        target_id=campaign.pk,
        action="campaign.edited",
        details__has_key="version",
    )
    return list(entries.order_by("-at", "-id")[:limit])


def mail_stop(organization: Organization) -> str:
    """Why mail of the organization was stopped for its rates; nothing while it may be sent. Delivery writes that row."""
    stopped = Organization.objects.filter(pk=organization.pk, mail_health__stopped_at__isnull=False)
    return stopped.values_list("mail_health__reason", flat=True).first() or ""


def deletion(organization: Organization, pk: int) -> AuditEntry | None:
    """How the draft of this number was deleted last; None when it is there or never was this organization's."""
    deleted = AuditEntry.objects.filter(
        organization=organization, target_type="campaign", target_id=pk, action="campaign.deleted"
    )
    is_there = Campaign.objects.filter(organization=organization, pk=pk).exists()
    return None if is_there else deleted.order_by("-at", "-id").first()
