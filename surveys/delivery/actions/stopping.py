"""Mail of an organization stops by itself where its bounces or complaints would cost it, and its neighbours, the mailboxes.

docs/deliverability.md says at which rates and why. Campaigns are paused with the reason; a colleague has to look into it
before they can go on, and what was counted until then does not stop anything again. What is counted from then on does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, Role
from surveys.accounts.permissions import Permission
from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Campaign
from surveys.core.periods import Period, local_day
from surveys.delivery.actions.enqueue import enqueue_system
from surveys.delivery.deliverability import queries, rates, words
from surveys.delivery.deliverability.rates import Tally
from surveys.delivery.models import MailHealth

TOLD: Final = (Role.OWNER, Role.ADMIN)


class NotStopped(Exception):
    """Nothing is stopped: somebody else has looked into it, or nothing ever was."""


# Who is sending, and is stopped already or has rates over a limit, surely or not: few, and these are looked at closely.
_SUSPECTS: Final = """
    SELECT o.id FROM surveys_organization o LEFT JOIN surveys_mailhealth h ON h.organization_id = o.id
    WHERE EXISTS (SELECT 1 FROM surveys_campaign c WHERE c.organization_id = o.id AND c.status = 'live')
      AND (h.stopped_at IS NOT NULL OR EXISTS (
          SELECT FROM (
              SELECT (%(at)s AT TIME ZONE o.time_zone)::date AS today,
                     CASE WHEN h.counted_from BETWEEN (%(at)s AT TIME ZONE o.time_zone)::date - %(days)s + 1
                          AND (%(at)s AT TIME ZONE o.time_zone)::date THEN h.counted_from END AS from_day) j
          CROSS JOIN LATERAL (
              SELECT sum(m.sent) - CASE WHEN j.from_day IS NULL THEN 0 ELSE h.had_sent END AS sent,
                     sum(m.bounced) - CASE WHEN j.from_day IS NULL THEN 0 ELSE h.had_bounced END AS bounced,
                     sum(m.complained) - CASE WHEN j.from_day IS NULL THEN 0 ELSE h.had_complained END AS complained
              FROM surveys_maildomainday m
              WHERE m.organization_id = o.id
                AND m.day >= least(greatest(j.today - %(days)s + 1, h.counted_from), j.today)) n
          WHERE n.sent >= %(fewest)s
            AND (n.bounced > %(bounces)s * n.sent OR n.complained > %(complaints)s * (n.sent - n.bounced))))
    ORDER BY o.id
"""


def stop_the_bad(*, at: datetime) -> int:
    """Judge every organization that is sending; returns how many were stopped. Run by beat, safe to run many times."""
    limits = {"bounces": rates.BOUNCES.stop, "complaints": rates.COMPLAINTS.stop}
    with connection.cursor() as cursor:
        cursor.execute(_SUSPECTS, {"at": at, "days": rates.DAYS, "fewest": rates.FEWEST, **limits})
        ids = [pk for (pk,) in cursor.fetchall()]
    return sum(judge(organization=organization, at=at) for organization in Organization.objects.filter(pk__in=ids))


def judge(*, organization: Organization, at: datetime) -> bool:
    """Stop the organization's mail if its rates are surely over a limit. True for the one who stops it."""
    with transaction.atomic():
        MailHealth.objects.bulk_create([MailHealth(organization=organization)], ignore_conflicts=True)
        health = MailHealth.objects.select_for_update(of=("self",)).get(organization=organization)
        if health.stopped_at:  # what has been started since is paused with the others
            _pause(organization, health.reason, at)
            return False
        reason = _too_much(queries.judged(health, at=at))
        if not reason:
            return False
        MailHealth.objects.filter(pk=health.pk).update(stopped_at=at, reason=reason)
        paused = _pause(organization, reason, at)
        audit.record_automatic(organization, "mail.stopped", organization, at=at, reason=reason)
        _tell(organization, reason, paused, at)
    return True


def _too_much(found: Tally) -> str:
    """Why mail has to stop; nothing when it need not, or when too little is known. Complaints first: they cost more."""
    if rates.is_surely_over(found.complaints, rates.COMPLAINTS.stop):
        return words.too_many_complaints(found)[: MailHealth._meta.get_field("reason").max_length]
    if rates.is_surely_over(found.bounces, rates.BOUNCES.stop):
        return words.too_many_bounces(found)[: MailHealth._meta.get_field("reason").max_length]
    return ""


def _pause(organization: Organization, reason: str, at: datetime) -> list[Campaign]:
    live = Campaign.objects.live().filter(organization=organization).order_by("pk")
    return [campaign for campaign in live if campaigns.pause_because(campaign=campaign, reason=reason, at=at)]


# ── Telling people ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Letter:
    organization: Organization
    reason: str
    campaigns: list[Campaign]

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}{access.url(self.organization, 'delivery:deliverability')}"


def _tell(organization: Organization, reason: str, paused: list[Campaign], at: datetime) -> None:
    letter = _Letter(organization, reason, paused)
    subject = _("Mail of %(organization)s was stopped") % {"organization": organization}
    text = render_to_string("emails/mail_stopped.txt", {"letter": letter, "product_name": settings.PRODUCT_NAME})
    parts = {"subject": subject, "text": text, "language": translation.get_language()}
    html = render_to_string("emails/account/message.html", parts)
    for address in _told(organization):
        enqueue_system(to=address, subject=subject, text=text, html=html, at=at)


def _told(organization: Organization) -> Iterable[str]:
    people = Membership.objects.filter(organization=organization, role__in=TOLD, user__is_active=True)
    return people.order_by("user__email").values_list("user__email", flat=True)


# ── Going on ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def look_into(*, by: Membership, at: datetime) -> None:
    """A colleague has found and mended what was wrong: campaigns can be resumed, and counting begins anew, from now on.

    Raises NotStopped.
    """
    access.require(by, Permission.RUN_CAMPAIGNS)
    with transaction.atomic():
        stopped = MailHealth.objects.select_for_update(of=("self",)).filter(organization=by.organization)
        health = stopped.filter(stopped_at__isnull=False).first()
        if health is None:
            raise NotStopped(by.organization)
        MailHealth.objects.filter(pk=health.pk).update(stopped_at=None, reason="", **_beginning(by.organization, at))
        audit.record(by, "mail.looked_into", by.organization, at=at)


def _beginning(organization: Organization, at: datetime) -> dict[str, Any]:
    """Of counting anew: today, without what today has counted already."""
    today = local_day(at, ZoneInfo(organization.time_zone))
    had = rates.total(queries.by_day(organization, Period(today, today)).values())
    counts = {"had_sent": had.sent, "had_bounced": had.bounced, "had_complained": had.complained}
    return {"counted_from": today, "looked_into_at": at, **counts}
