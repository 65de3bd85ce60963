"""The life of a campaign. Every change of status is one conditional update, so that of two people at once one wins."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import senders
from surveys.campaigns import queries, readiness
from surveys.campaigns.actions import versions
from surveys.campaigns.actions.refusals import (
    MailStopped,
    NotArchived,
    NotDraft,
    NotEnded,
    NotLive,
    NotPaused,
    NotReady,
    NotRunning,
    NotScheduled,
    SenderUnconfirmed,
    WrongStatus,
)
from surveys.campaigns.models import Campaign, CampaignQuerySet, Kind, Status
from surveys.campaigns.rules import Rules
from surveys.outbox import actions as outbox
from surveys.outbox.nudges import nudge


def launch(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Schedule the campaign to go live when the time for Undo is over; until then nothing is planned or sent.

    Raises NotDraft: pressed twice, or by two people, it is launched once. Raises SenderUnconfirmed, MailStopped,
    NotReady.
    """
    access.require(by, Permission.RUN_CAMPAIGNS)
    with transaction.atomic():
        if senders.awaits_confirmation(by.organization):
            raise SenderUnconfirmed(by.organization)
        _require_mail(by)
        draft = _locked_draft(campaign)
        if standing_in_the_way := readiness.blocking(draft, at=at):
            raise NotReady(standing_in_the_way)
        # One more second for the nudge: a worker's clock may be a little behind.
        earliest = at + timedelta(seconds=settings.UNDO_SECONDS)
        starts_at = max(earliest, draft.begins_at or earliest)
        change = {"status": Status.SCHEDULED, "starts_at": starts_at, "wave": F("wave") + 1}
        _move(Campaign.objects.drafts(), draft, NotDraft, at, **change)
        versions.store_version(draft, queries.design(draft), Rules.of(draft), author=by.user, at=at)
        audit.record(by, "campaign.launched", draft, at=at, starts_at=starts_at.isoformat())
        outbox.publish("campaign.scheduled", draft, at=at)
        transaction.on_commit(
            lambda: nudge("surveys.campaigns.tasks.start_due", after_seconds=settings.UNDO_SECONDS + 1)
        )


def _locked_draft(campaign: Campaign) -> Campaign:
    drafts = Campaign.objects.drafts().select_related("organization").select_for_update(of=("self",))
    draft = drafts.filter(pk=campaign.pk).first()
    if draft is None:
        raise NotDraft(campaign)
    return draft


def _require_mail(by: Membership) -> None:
    """What is started a moment before mail is stopped, the next look at it pauses."""
    if why := queries.mail_stop(by.organization):
        raise MailStopped(why)


def undo_launch(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Make a scheduled campaign a draft again. Raises NotScheduled when it has started."""
    access.require(by, Permission.RUN_CAMPAIGNS)
    with transaction.atomic():
        _move(
            Campaign.objects.scheduled(),
            campaign,
            NotScheduled,
            at,
            status=Status.DRAFT,
            starts_at=None,
            wave=F("wave") - 1,
        )
        audit.record(by, "campaign.launch_undone", campaign, at=at)
        outbox.publish("campaign.launch_undone", campaign, at=at)


def start_due(*, at: datetime) -> int:
    """Take live what is scheduled and whose time has come; returns how many. Run by beat, safe to run many times."""
    started = 0
    while _start_one(at):
        started += 1
    return started


def _start_one(at: datetime) -> bool:
    with transaction.atomic():
        scheduled = Campaign.objects.scheduled().of_working_organizations()
        waiting = scheduled.filter(starts_at__lte=at, organization__mail_health__stopped_at=None)
        waiting = waiting.order_by("starts_at", "id")
        campaign = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if campaign is None:
            return False
        Campaign.objects.filter(pk=campaign.pk).update(
            status=Status.LIVE,
            status_reason="",
            launched_at=at,
            updated_at=at,
            plan_cursor=0,
            planned_at=None,
            plan_day=None,
            audience_size=None,
        )
        audit.record_automatic(campaign.organization_id, "campaign.started", campaign, at=at)
        outbox.publish("campaign.launched", campaign, at=at)
    return True


def pause(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Stop claiming this campaign's deliveries. Messages already in flight still go out. Raises NotLive."""
    access.require(by, Permission.RUN_CAMPAIGNS)
    with transaction.atomic():
        reason = _("Paused by %(person)s.") % {"person": by.user}
        _move(
            Campaign.objects.live(),
            campaign,
            NotLive,
            at,
            status=Status.PAUSED,
            status_reason=reason[:300],
            paused_at=at,
        )
        audit.record(by, "campaign.paused", campaign, at=at)
        outbox.publish("campaign.paused", campaign, at=at)


def resume(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Go on where it stopped; nobody is asked again. Raises NotPaused, MailStopped."""
    access.require(by, Permission.RUN_CAMPAIGNS)
    with transaction.atomic():
        _require_mail(by)
        _move(
            Campaign.objects.paused(),
            campaign,
            NotPaused,
            at,
            status=Status.LIVE,
            status_reason="",
            paused_at=None,
        )
        audit.record(by, "campaign.resumed", campaign, at=at)
        outbox.publish("campaign.resumed", campaign, at=at)


def cancel(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """End a running campaign for good: what is not sent yet never will be. Raises NotRunning.

    A wave that is stopped is cancelled; what would have gone on for ever has only ended.
    """
    access.require(by, Permission.RUN_CAMPAIGNS)
    is_wave = campaign.kind == Kind.ONE_OFF
    said = _("Cancelled by %(person)s.") if is_wave else _("Ended by %(person)s.")
    reason = (said % {"person": by.user})[:300]
    change = {"status": Status.ENDED, "status_reason": reason, "ended_at": at, "cancelled_at": at if is_wave else None}
    with transaction.atomic():
        _move(Campaign.objects.running(), campaign, NotRunning, at, **change)
        versions.release(campaign)
        audit.record(by, "campaign.cancelled", campaign, at=at)
        outbox.publish("campaign.cancelled", campaign, at=at)


def pause_because(*, campaign: Campaign, reason: str, at: datetime) -> bool:
    """Pause automatically; `reason` is a sentence for the admin. False when it was not live: nothing to do."""
    with transaction.atomic():
        paused = Campaign.objects.live().filter(pk=campaign.pk)
        if not paused.update(status=Status.PAUSED, status_reason=reason[:300], paused_at=at, updated_at=at):
            return False
        audit.record_automatic(campaign.organization_id, "campaign.paused", campaign, at=at, reason=reason[:300])
        outbox.publish("campaign.paused", campaign, at=at, reason=reason)
    return True


def pause_all(*, reason: str, at: datetime) -> int:
    """Of every organization, whatever is live or should have begun; returns how many were. People resume each themselves."""
    start_due(at=at)
    return sum(pause_because(campaign=each, reason=reason, at=at) for each in Campaign.objects.live().order_by("pk"))


def finish(*, campaign: Campaign, at: datetime, reason: str = "", of: QuerySet[Campaign] | None = None) -> bool:
    """End a running campaign whose work is done, or whose end has come; then `reason` is a sentence for the admin.

    False when it was not running, or is none of those `of` which are over any more: somebody has changed it meanwhile.
    """
    with transaction.atomic():
        running = Campaign.objects.running().filter(pk=campaign.pk)
        is_locked = running.select_for_update(no_key=True).exists()
        # A statement of its own, which sees what was stored while this one waited for the lock.
        if not is_locked or (of is not None and not of.filter(pk=campaign.pk).exists()):
            return False
        running.update(status=Status.ENDED, status_reason=reason[:300], ended_at=at, updated_at=at)
        versions.release(campaign)
        audit.record_automatic(campaign.organization_id, "campaign.ended", campaign, at=at)
        outbox.publish("campaign.ended", campaign, at=at)
    return True


def archive(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Out of the way of what runs; its results stay. Raises NotEnded."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    with transaction.atomic():
        _move(Campaign.objects.ended(), campaign, NotEnded, at, status=Status.ARCHIVED, archived_at=at)
        audit.record(by, "campaign.archived", campaign, at=at)


def unarchive(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Back among those that ended. Raises NotArchived."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    with transaction.atomic():
        _move(Campaign.objects.archived(), campaign, NotArchived, at, status=Status.ENDED, archived_at=None)
        audit.record(by, "campaign.unarchived", campaign, at=at)


def _move(
    source: CampaignQuerySet, campaign: Campaign, otherwise: type[WrongStatus], at: datetime, **change: Any
) -> None:
    if not source.filter(pk=campaign.pk).update(updated_at=at, **change):
        raise otherwise(campaign)
