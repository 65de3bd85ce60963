"""The figures of a dashboard: a fixed, small number of statements, whatever the number of responses."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.db.models import Exists, Q
from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.analytics.campaigns.planner import Asks
from surveys.analytics.campaigns.planner_words import planner
from surveys.analytics.campaigns.summaries import Summary, summaries
from surveys.analytics.campaigns.variant_words import Card
from surveys.analytics.campaigns.variant_words import card as variants_card
from surveys.analytics.campaigns.variants import sent_by_version, variants
from surveys.analytics.counting import counts, funnels, scanning
from surveys.analytics.counting.counts import Question
from surveys.analytics.counting.dimensions import Dimension
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.look import Look
from surveys.analytics.models import Digest, FigureExport, JobStatus, ShareLink
from surveys.analytics.spoken import spoken
from surveys.analytics.upkeep.under_way import past_of
from surveys.campaigns.models import Campaign, Status
from surveys.core import contributions
from surveys.core.filters import Filters
from surveys.core.nps import Difference, Split, Verdict
from surveys.core.periods import Bucket, Period
from surveys.customers.models import Customer
from surveys.delivery.models import Invitation
from surveys.responses import queries as responses
from surveys.responses.models import Response
from surveys.responses.queries import Doubts

NEWEST_COMMENTS = 5

# Read here by pages of other domains.
__all__ = [
    "Asks",
    "Card",
    "Summary",
    "past_of",
    "planner",
    "sent_by_version",
    "spoken",
    "summaries",
    "variants",
    "variants_card",
]


@dataclass(frozen=True)
class Result:
    """Counted responses of one period, and of each piece of it: those with a score that passes.

    `among` says of each piece how many there are with any score.
    """

    buckets: list[Bucket]
    by_bucket: list[list[int]]
    among: list[int]

    @cached_property
    def counts(self) -> list[int]:
        return [sum(column) for column in zip(*self.by_bucket, strict=True)]

    @property
    def split(self) -> Split:
        return Split.of_scores(self.counts)


def result(organization: Organization, look: Look) -> Result:
    """The period of the look, cut by its unit; one statement."""
    buckets = look.period.buckets(look.unit, organization.week_start)
    starts = tuple(bucket.first for bucket in buckets)
    cells = counts.scores(Question(organization, look.period, look.filters.of_any_score, starts))
    found = [cells.get((index, ""), [0] * 11) for index in range(len(buckets))]
    return Result(buckets, [look.filters.only_allowed(given) for given in found], [sum(given) for given in found])


def split(organization: Organization, period: Period, filters: Filters) -> Split:
    """Counted responses of a period by category; one statement."""
    cells = counts.scores(Question(organization, period, filters))
    return Split.of_scores(cells.get((0, ""), [0] * 11))


@dataclass(frozen=True)
class Segment:
    """`split` has the responses with a score that passes, `among` is how many the segment has with any score.

    `share` is of all responses of the table, 0…1.
    """

    value: str
    split: Split
    among: int
    share: float
    before: Split = field(default_factory=Split)
    verdict: Verdict = Verdict.TOO_FEW

    @property
    def change(self) -> Difference:
        return Difference(self.split, self.before)


def segments(organization: Organization, look: Look, dimension: str) -> list[Segment]:
    """One row per value that has responses, the largest first; "" is those without a value. Two statements.

    The verdicts on what changed since the period before are corrected for there being several rows.
    """
    earlier = counts.scores(Question(organization, look.compared, look.filters, by=dimension))
    before = {value: Split.of_scores(found) for (_bucket, value), found in earlier.items()}
    cells = counts.scores(Question(organization, look.period, look.filters.of_any_score, by=dimension))
    splits = {value: Split.of_scores(look.filters.only_allowed(found)) for (_bucket, value), found in cells.items()}
    total = sum(found.responses for found in splits.values()) or 1
    rows = [
        Segment(value, splits[value], sum(found), splits[value].responses / total, before.get(value, Split()))
        for (_bucket, value), found in cells.items()
    ]
    verdicts = contributions.verdicts(row.change for row in rows)
    rows = [replace(row, verdict=verdict) for row, verdict in zip(rows, verdicts, strict=True)]
    return sorted(rows, key=lambda row: (-row.split.responses, row.value))


@dataclass(frozen=True)
class Figures:
    """All that one dashboard shows; `funnel` is None where a response rate makes no sense."""

    result: Result
    before: Split
    segmented_by: Dimension
    segments: list[Segment]
    funnel: Funnel | None
    funnel_before: Funnel | None
    newest: list[Response]
    doubts: Doubts

    @property
    def change(self) -> Difference:
        return Difference(self.result.split, self.before)

    @property
    def is_empty(self) -> bool:
        return not any(self.result.among) and not self.before.responses


def figures(organization: Organization, look: Look, by: list[Dimension]) -> Figures:
    """Eight statements at most, however many responses there are (more where they are counted one by one).

    The look has only what the organization has (see `choices`). Raises Unfinished.
    """
    chosen = next((dimension for dimension in by if dimension.name == look.by), by[0])
    now, before, parts, funnel, funnel_before = scanning.together(
        lambda: result(organization, look),
        lambda: split(organization, look.compared, look.filters),
        lambda: segments(organization, look, chosen.name),
        lambda: funnels.funnel(organization, look.period, look.filters),
        lambda: funnels.funnel(organization, look.compared, look.filters),
    )
    return Figures(
        result=now,
        before=before,
        segmented_by=chosen,
        segments=parts,
        funnel=funnel,
        funnel_before=funnel_before,
        newest=newest_comments(organization, look, among=now.split.responses),
        doubts=responses.doubts(organization, look.answers),
    )


@dataclass(frozen=True)
class Beginning:
    """Facts of an organization that has just begun; each is a step that is done or not."""

    has_customers: bool
    has_campaign: bool
    has_launched: bool
    has_response: bool


def is_untouched(organization: Organization) -> bool:
    """Nobody was ever asked, and nobody answered: one statement."""
    asked = Invitation.objects.filter(organization=organization)
    answered = Response.objects.filter(organization=organization)
    found = Organization.objects.filter(Exists(asked) | Exists(answered), pk=organization.pk)
    return not found.exists()


def beginning(organization: Organization) -> Beginning:
    """One statement."""
    campaigns = Campaign.objects.filter(organization=organization)
    facts = Organization.objects.filter(pk=organization.pk).values_list(
        Exists(Customer.objects.filter(organization=organization)),
        Exists(campaigns),
        Exists(campaigns.exclude(status=Status.DRAFT)),
        Exists(Response.objects.filter(organization=organization)),
    )
    return Beginning(*facts[0])


def newest_comments(organization: Organization, look: Look, *, among: int = 0) -> list[Response]:
    """With their customers and campaigns; one statement (none where comments are filtered out).

    `among`: so many responses pass the look, as far as it is known.
    """
    if look.filters.has_comment is False:
        return []
    commented = look.answers.narrowed(has_comment=True)
    found = responses.newest(organization, commented, are_many=among > responses.MOST_COUNTED)
    rows = found.filter(responded_at__range=counts.around(look.period)).select_related("customer", "campaign")
    return list(rows[:NEWEST_COMMENTS])


def organizations(slugs: list[str]) -> list[Organization]:
    """Those named, or all. Raises UnknownOrganization."""
    found = list(Organization.objects.order_by("id").filter(**({"slug__in": slugs} if slugs else {})))
    unknown = set(slugs) - {organization.slug for organization in found}
    if unknown:
        raise UnknownOrganization(", ".join(sorted(unknown)))
    return found


class UnknownOrganization(LookupError):
    """No organization has this address."""


def leaning_on(organization: Organization, views: Sequence[int]) -> dict[int, list[str]]:
    """What ends with each of these saved views, in words. Two statements."""
    found: dict[int, list[str]] = {}
    digests = Digest.objects.filter(organization=organization, view__in=views).select_related("user").order_by("pk")
    for digest in digests:
        said = _("mail to %(who)s (%(frequency)s)") % {"who": digest.user, "frequency": digest.get_frequency_display()}
        found.setdefault(digest.view_id or 0, []).append(said)
    links = ShareLink.objects.filter(organization=organization, view__in=views, revoked_at=None).order_by("pk")
    for link in links:
        found.setdefault(link.view_id, []).append(_("link “%(label)s”") % {"label": link.label or link.pk})
    return found


def response_exports(organization: Organization, limit: int = 25) -> list[FigureExport]:
    """Newest first, with who asked for them; stopped ones are not told of."""
    found = FigureExport.objects.filter(organization=organization).exclude(status=JobStatus.CANCELLED)
    return list(found.select_related("created_by", "organization").order_by("-pk")[:limit])


def digests_of(by: Membership) -> list[Digest]:
    """One's own, oldest first, each with the view that it shows."""
    found = Digest.objects.filter(organization=by.organization, user=by.user).select_related("view")
    return list(found.order_by("pk"))


def digests_of_others(by: Membership) -> list[Digest]:
    """What colleagues get of the overview and of shared views, by their names: for who may show figures to others."""
    if not access.can(by, Permission.SHARE_FIGURES):
        return []
    found = Digest.objects.filter(Q(view=None) | Q(view__is_shared=True), organization=by.organization)
    found = found.exclude(user=by.user).select_related("view", "user")
    return list(found.order_by("user__name", "pk")[:100])


def members(organization: Organization) -> set[int]:
    """Keys of those who belong to it now; one statement."""
    return set(Membership.objects.filter(organization=organization).values_list("user", flat=True))


def share_links(organization: Organization) -> list[ShareLink]:
    """Newest first, those that do not work any more included."""
    found = ShareLink.objects.filter(organization=organization).select_related("view", "created_by")
    return list(found.order_by("-pk")[:100])
