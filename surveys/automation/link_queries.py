"""Reads about review sites, referrals, and who followed their links."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Lower, Trim, TruncMonth

from surveys.accounts.models import Organization
from surveys.automation import tracked
from surveys.automation.models import LinkKind, LinkVisit, ReferralSettings, ReviewSite, TrackedLink
from surveys.core import nps
from surveys.customers.models import Customer

PAGE: Final = 50
VISIT: Final = "visit"
SIGNUP: Final = "signup"

# Of somebody, also when they are gone by now; not what belongs to nobody known, nor to somebody who is another by now.
OF_PEOPLE: Final = Q(merged_into=None) & (Q(customer__isnull=False) | Q(ended_at__isnull=False))


# ── Review sites ─────────────────────────────────────────────────────────────────────────────────────────────────────


def sites(organization_id: int) -> QuerySet[ReviewSite]:
    """Those in use, in their order."""
    return ReviewSite.objects.filter(organization=organization_id, archived_at=None).order_by("position", "pk")


def is_for(site: ReviewSite, score: int | None) -> bool:
    """For people with this score: for everybody, unless somebody narrowed it."""
    return not site.categories or (score is not None and nps.classify(score).value in site.categories)


def archived_site(organization: Organization, said: str) -> ReviewSite | None:
    """The one with the number that an address says."""
    found = ReviewSite.objects.filter(organization=organization, archived_at__isnull=False)
    return found.filter(pk=int(said)).first() if said.isascii() and said.isdigit() and len(said) < 19 else None


@dataclass(frozen=True)
class SiteFigures:
    """`offered`: people who have a link to it, on their page or in a mail; `followed`: those of them who went there;
    `visits`: of theirs, and of people who are not known."""

    site: ReviewSite
    offered: int = 0
    followed: int = 0
    visits: int = 0

    @property
    def share(self) -> int | None:
        """In percent; None where nobody has a link."""
        return round(100 * self.followed / self.offered) if self.offered else None


def site_figures(organization: Organization, *, archived: bool = False) -> list[SiteFigures]:
    """Two statements."""
    found = ReviewSite.objects.filter(organization=organization, archived_at__isnull=not archived)
    links = TrackedLink.objects.filter(organization=organization, kind=LinkKind.REVIEW)
    rows = (
        links.values_list("site")
        .annotate(
            offered=Count("pk", filter=OF_PEOPLE),
            followed=Count("pk", filter=OF_PEOPLE & Q(visits__gt=0)),
            all=Sum("visits"),
        )
        .order_by()
    )
    counted = {site: figures for site, *figures in rows}
    return [SiteFigures(site, *counted.get(site.pk, ())) for site in found.order_by("position", "pk")]


@dataclass(frozen=True)
class Month:
    """Of one site; of all referrals together. `people`: those whose links were followed, as far as they are known."""

    begins: datetime
    site: str
    visits: int
    people: int
    signups: int


def months(organization: Organization, kind: LinkKind, at: datetime) -> list[Month]:
    """Of a year, by the organization's months, the newest first; without those in which nothing was."""
    first = at.astimezone(ZoneInfo(organization.time_zone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since = first.replace(year=first.year - 1)
    visits = LinkVisit.objects.filter(organization=organization, link__kind=kind, is_robot=False, at__gte=since)
    is_known = Q(link__customer__isnull=False) | Q(link__ended_at__isnull=False)
    rows = (
        visits.annotate(month=TruncMonth("at", tzinfo=ZoneInfo(organization.time_zone)))
        .values_list("month", "link__site__name")
        .annotate(
            visits=Count("pk", filter=Q(what=VISIT)),
            people=Count("link", filter=Q(what=VISIT) & is_known, distinct=True),
            signups=Count("pk", filter=Q(what=SIGNUP)),
        )
        .order_by("-month", "link__site__position", "link__site")
    )
    return [Month(begins, site or "", *figures) for begins, site, *figures in rows]


# ── Referrals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def referral_settings(organization: Organization) -> ReferralSettings | None:
    return ReferralSettings.objects.filter(organization=organization).first()


def referral_target(organization_id: int) -> str:
    """Where friends land; "" while there are no referrals."""
    found = ReferralSettings.objects.filter(organization=organization_id, is_on=True).values_list("target", flat=True)
    return found.first() or ""


def _referrals(organization: Organization) -> QuerySet[TrackedLink]:
    return TrackedLink.objects.filter(organization=organization, kind=LinkKind.REFERRAL, merged_into=None)


@dataclass(frozen=True)
class Totals:
    """`followed`: people whose link somebody followed; `recruited`: people by whose link somebody signed up."""

    people: int
    followed: int
    recruited: int
    visits: int
    signups: int


def totals(organization: Organization) -> Totals:
    found: dict[str, Any] = _referrals(organization).aggregate(
        people=Count("pk"),
        followed=Count("pk", filter=Q(visits__gt=0)),
        recruited=Count("pk", filter=Q(signups__gt=0)),
        all_visits=Coalesce(Sum("visits"), 0),
        all_signups=Coalesce(Sum("signups"), 0),
    )
    return Totals(found["people"], found["followed"], found["recruited"], found["all_visits"], found["all_signups"])


def promoters(organization: Organization, after: str = "") -> tuple[list[TrackedLink], str]:
    """A page of those who have a link, who brought most first, and the place behind it ("" on the last)."""
    found = _referrals(organization).select_related("customer")
    place = _place(after)
    if place is not None:
        signups, visits, pk = place
        same = Q(signups=signups) & (Q(visits__lt=visits) | Q(visits=visits, pk__lt=pk))
        found = found.filter(Q(signups__lte=signups), Q(signups__lt=signups) | same)
    rows = list(found.order_by("-signups", "-visits", "-pk")[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return rows[:PAGE], f"{last.signups}_{last.visits}_{last.pk}" if last else ""


def _place(text: str) -> tuple[int, int, int] | None:
    parts = text.split("_")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])


def all_promoters(organization: Organization) -> Iterator[list[object]]:
    """For a file, read as it is written."""
    rows = _referrals(organization).select_related("customer").order_by("-signups", "-visits", "-pk")
    for link in rows.iterator(chunk_size=1000):
        they = link.customer
        who = [they.name, they.email or "", they.external_id or ""] if they else ["", "", ""]
        shown = "" if link.ended_at else tracked.address(link.pk)
        yield [*who, shown, link.visits, link.signups, link.created_at.isoformat()]


def signups_by_hand(organization: Organization) -> list[tuple[LinkVisit, Customer | None]]:
    """The newest that colleagues told of, with who came; they can be taken back."""
    told = LinkVisit.objects.filter(organization=organization, what=SIGNUP, newcomer_id__isnull=False)
    found = list(told.select_related("link__customer").order_by("-pk")[:10])
    people = Customer.objects.filter(organization=organization).in_bulk([each.newcomer_id for each in found])
    return [(each, people.get(each.newcomer_id or 0)) for each in found]


def named(organization: Organization, words: str) -> Customer | None:
    """The customer with this address or external ID."""
    exactly = Q(email_key=Lower(Trim(Value(words)))) | Q(external_id=words)
    return Customer.objects.filter(exactly, organization=organization).order_by("pk").first()
