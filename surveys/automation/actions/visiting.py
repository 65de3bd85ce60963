"""Links are followed, and people sign up by them. What is counted is counted once, whatever comes at the same time."""

from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F

from surveys.automation import tracked
from surveys.automation.link_queries import SIGNUP, VISIT
from surveys.automation.models import LinkKind, LinkVisit, TrackedLink
from surveys.outbox import actions as outbox
from surveys.responses.survey import Evidence


class NoSuchLink(LookupError):
    """There is none, or whose it was is gone."""


class CountedElsewhere(ValueError):
    """This sign-up was counted already, for another code."""


def standing(link_id: int) -> TrackedLink:
    """The link that counts: of who was two, that of the one who is left. Raises NoSuchLink."""
    links = TrackedLink.objects.select_related("site", "organization", "organization__referral_settings")
    found = links.filter(pk=link_id).first()
    while found is not None and found.merged_into_id is not None:
        found = links.filter(pk=found.merged_into_id).first()
    if found is None or found.ended_at is not None or found.organization.deletes_at is not None:
        raise NoSuchLink(link_id)
    return found


def leads_to(link: TrackedLink) -> str:
    """Only ever an address that an admin stored."""
    if link.kind == LinkKind.REVIEW:
        return link.site.url if link.site else link.target
    said = getattr(link.organization, "referral_settings", None)
    return tracked.landing((said.target if said else "") or link.target, link.pk)


# Counted together with the row that says so; one visitor's on one day are one row. Held, so that a link that ends meanwhile
# keeps nothing of who came.
_VISIT: Final = """
    WITH held AS (
        SELECT id, organization_id FROM surveys_trackedlink
        WHERE id = %(link)s AND ended_at IS NULL AND merged_into_id IS NULL FOR NO KEY UPDATE
    ), visit AS (
        INSERT INTO surveys_linkvisit (organization_id, link_id, what, key, is_robot, newcomer_id, at)
        SELECT organization_id, id, %(what)s, %(key)s, %(is_robot)s, %(newcomer)s, %(at)s FROM held
        ON CONFLICT DO NOTHING RETURNING id, link_id, is_robot
    )
    UPDATE surveys_trackedlink l
    SET visits = visits + (%(what)s = 'visit')::int, signups = signups + (%(what)s = 'signup')::int
    FROM visit WHERE l.id = visit.link_id AND NOT visit.is_robot RETURNING visit.id
"""


def visit(*, link: TrackedLink, evidence: Evidence, at: datetime) -> bool:
    """Whether it counts: a robot's does not, nor the same visitor's a second time on a day."""
    day = at.astimezone(ZoneInfo(link.organization.time_zone)).date()
    key = tracked.visitor(link.pk, evidence, day)
    with transaction.atomic():
        counted = _count(link, VISIT, key, at, is_robot=tracked.is_robot(evidence))
        if counted is not None:
            kind = "review.visited" if link.kind == LinkKind.REVIEW else "referral.visited"
            outbox.publish(kind, link, at=at, visit=counted, customer=link.customer_id, site=link.site_id)
    return counted is not None


def tell_signup(*, organization_id: int, code: str, key: str, at: datetime) -> bool:
    """A company's server says that somebody signed up. `key` is its own word for that sign-up: told twice, it counts once,
    which False says. Raises NoSuchLink for codes of others, too, and CountedElsewhere."""
    link = referral(organization_id, code)
    return sign_up(link=link, key=f"told:{sha256(key.encode()).hexdigest()}", newcomer=None, at=at)


def referral(organization_id: int, code: str) -> TrackedLink:
    """Raises NoSuchLink."""
    link_id = tracked.link_of(code)
    if link_id is None:
        raise NoSuchLink(code)
    found = standing(link_id)
    if found.organization_id != organization_id or found.kind != LinkKind.REFERRAL:
        raise NoSuchLink(code)
    return found


def by_hand(newcomer: int) -> str:
    """The key of a sign-up that a colleague tells of: a customer comes once."""
    return f"hand:{newcomer}"


def sign_up(*, link: TrackedLink, key: str, newcomer: int | None, by: int | None = None, at: datetime) -> bool:
    """`by` is the colleague who says so. Raises NoSuchLink when the link ended meanwhile, and CountedElsewhere."""
    with transaction.atomic():
        counted = _count(link, SIGNUP, key, at, newcomer=newcomer)
        if counted is not None:
            told = {"signup": counted, "customer": link.customer_id, "newcomer": newcomer, "by": by}
            outbox.publish("referral.signed_up", link, at=at, **told)
            return True
    there = LinkVisit.objects.filter(organization=link.organization_id, what=SIGNUP, key=key).first()
    if there is None:
        raise NoSuchLink(link.pk)
    if there.link_id != link.pk:
        raise CountedElsewhere(there.link_id)
    return False


def uncount(signup: LinkVisit, *, by: int | None, at: datetime) -> None:
    """It is taken back. The transaction holds it."""
    TrackedLink.objects.filter(pk=signup.link_id).update(signups=F("signups") - 1)
    outbox.publish("referral.taken_back", signup.link, at=at, signup=signup.pk, customer=signup.link.customer_id, by=by)
    signup.delete()


def _count(
    link: TrackedLink, what: str, key: str, at: datetime, *, is_robot: bool = False, newcomer: int | None = None
) -> int | None:
    """The id of what was counted; None when nothing was."""
    params: dict[str, Any] = {
        "link": link.pk,
        "what": what,
        "key": key,
        "is_robot": is_robot,
        "newcomer": newcomer,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_VISIT, params)
        found = cursor.fetchone()
    return found[0] if found else None
