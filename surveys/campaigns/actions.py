"""Writes about campaigns. Every change of status is one conditional update, so that of two people at once one wins."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, User
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import senders
from surveys.campaigns import queries
from surveys.campaigns.models import Campaign, CampaignQuerySet, Status, Wording
from surveys.campaigns.texts import Texts
from surveys.core.conditions.tree import Group
from surveys.customers.actions import relying
from surveys.customers.models import ConditionUser
from surveys.outbox import actions as outbox
from surveys.outbox.nudges import nudge


class WrongStatus(Exception):
    """The campaign is not (any more) where the act would take it from; somebody else may have been first."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(f"campaign {campaign.pk}")
        self.campaign = campaign


class NotDraft(WrongStatus):
    pass


class SenderUnconfirmed(Exception):
    """The organization wants to send from an address that nobody has confirmed yet."""


class NotScheduled(WrongStatus):
    """Too late to undo: it is running, or it was undone already."""


class NotLive(WrongStatus):
    pass


class NotPaused(WrongStatus):
    pass


class NotRunning(WrongStatus):
    """Neither live nor paused."""


class NotDeleted(Exception):
    """There is no deleted draft of this number, or it was brought back already."""


# ── Writing it ───────────────────────────────────────────────────────────────────────────────────────────────────────


def create(*, name: str, texts: Texts, by: Membership, at: datetime) -> Campaign:
    """A new draft for everyone, in the organization's language."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    with transaction.atomic():
        campaign = _new_draft(name, {}, by, at)
        language = by.organization.default_language
        Wording.objects.create(organization=by.organization, campaign=campaign, language=language, **texts.as_dict())
        audit.record(by, "campaign.created", campaign, at=at)
    return campaign


def add_past(*, name: str, texts: Texts, began_at: datetime, ended_at: datetime, by: Membership) -> Campaign:
    """A campaign that ran before it was recorded here, to hold imported answers. Nothing is planned or sent for it."""
    with transaction.atomic():
        campaign = create(name=name, texts=texts, by=by, at=began_at)
        Campaign.objects.drafts().filter(pk=campaign.pk).update(
            status=Status.ENDED, launched_at=began_at, ended_at=ended_at, planned_at=began_at, updated_at=ended_at
        )
        campaign.refresh_from_db()
    return campaign


def duplicate(*, campaign: Campaign, by: Membership, at: datetime) -> Campaign:
    """A new draft with the same words and the same audience; of what happened nothing comes along."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    with transaction.atomic():
        name = _("%(name)s (copy)") % {"name": campaign.name[:90]}
        copy = _new_draft(name, campaign.audience, by, at)
        for wording in queries.wordings(campaign):
            Wording.objects.create(
                organization=by.organization,
                campaign=copy,
                language=wording.language,
                **Texts.of(wording).as_dict(),
            )
        audit.record(by, "campaign.created", copy, at=at, copied_from=campaign.pk)
    return copy


def _new_draft(name: str, audience: dict[str, Any], by: Membership, at: datetime) -> Campaign:
    draft = Campaign.objects.create(
        organization=by.organization,
        name=name,
        audience=audience,
        created_by=by.user,
        created_at=at,
        updated_at=at,
    )
    _rely(draft, audience)
    return draft


def _rely(campaign: Campaign, audience: dict[str, Any]) -> None:
    """What the audience asks about is held as long as the campaign may ask somebody."""
    relying.rely(
        kind=ConditionUser.CAMPAIGN, user_id=campaign.pk, organization=campaign.organization, conditions=audience
    )


def _release(campaign: Campaign) -> None:
    relying.release(kind=ConditionUser.CAMPAIGN, user_id=campaign.pk, organization=campaign.organization)


def edit(*, campaign: Campaign, name: str, texts: Texts, by: Membership, at: datetime) -> None:
    """Change name and words of a draft; the audit trail keeps what they were. Raises NotDraft."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    with transaction.atomic():
        draft = _locked_draft(campaign)
        wording = queries.wording(draft)
        before = {"name": draft.name} | Texts.of(wording).as_dict()
        after = {"name": name} | texts.as_dict()
        changed = {key: [before[key], value] for key, value in after.items() if before[key] != value}
        if changed:
            Campaign.objects.filter(pk=draft.pk).update(name=name, updated_at=at)
            Wording.objects.filter(pk=wording.pk).update(**texts.as_dict())
            audit.record(by, "campaign.edited", draft, at=at, changed=changed)


def choose_audience(*, campaign: Campaign, audience: Group, by: Membership, at: datetime) -> None:
    """Say who is asked. Raises NotDraft."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    with transaction.atomic():
        draft = _locked_draft(campaign)
        if draft.audience != audience.to_json():
            Campaign.objects.filter(pk=draft.pk).update(audience=audience.to_json(), updated_at=at)
            _rely(draft, audience.to_json())
            changed = {"audience": [draft.audience, audience.to_json()]}
            audit.record(by, "campaign.edited", draft, at=at, changed=changed)


def delete(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Delete a draft that was never sent. What it was stays in the audit trail, for `restore`. Raises NotDraft."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    with transaction.atomic():
        draft = _locked_draft(campaign)
        texts = [{"language": words.language, **Texts.of(words).as_dict()} for words in queries.wordings(draft)]
        was = {"name": draft.name, "audience": draft.audience, "created_by": draft.created_by_id}
        created_at = draft.created_at.isoformat()
        audit.record(by, "campaign.deleted", draft, at=at, **was, created_at=created_at, texts=texts)
        _release(draft)
        draft.delete()


def restore(*, pk: int, by: Membership, at: datetime) -> None:
    """Bring a deleted draft back under its old number. Raises NotDeleted; of two at once one does it."""
    access.require(by, Permission.EDIT_CAMPAIGNS)
    deletion = queries.deletion(by.organization, pk)
    if deletion is None:
        raise NotDeleted(pk)
    try:
        with transaction.atomic():
            _bring_back(pk, deletion.details, by, at)
    except IntegrityError as error:  # the number is taken: somebody was first
        raise NotDeleted(pk) from error


def _bring_back(pk: int, was: dict[str, Any], by: Membership, at: datetime) -> None:
    draft = Campaign.objects.create(
        pk=pk,
        organization=by.organization,
        name=was["name"],
        audience=was["audience"],
        created_by=User.objects.filter(pk=was["created_by"]).first(),
        created_at=datetime.fromisoformat(was["created_at"]),
        updated_at=at,
    )
    for texts in was["texts"]:
        Wording.objects.create(organization=by.organization, campaign=draft, **texts)
    _rely(draft, draft.audience)
    audit.record(by, "campaign.restored", draft, at=at)


def _locked_draft(campaign: Campaign) -> Campaign:
    draft = Campaign.objects.drafts().select_for_update().filter(pk=campaign.pk).first()
    if draft is None:
        raise NotDraft(campaign)
    return draft


# ── Running it ───────────────────────────────────────────────────────────────────────────────────────────────────────


def launch(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Schedule the campaign to go live when the time for Undo is over; until then nothing is planned or sent.

    Raises NotDraft: pressed twice, or by two people, it is launched once. Raises SenderUnconfirmed.
    """
    access.require(by, Permission.RUN_CAMPAIGNS)
    wait = timedelta(seconds=settings.UNDO_SECONDS)
    with transaction.atomic():
        if senders.awaits_confirmation(by.organization):
            raise SenderUnconfirmed(by.organization)
        _move(
            Campaign.objects.drafts(),
            campaign,
            NotDraft,
            at,
            status=Status.SCHEDULED,
            starts_at=at + wait,
            wave=F("wave") + 1,
        )
        audit.record(by, "campaign.launched", campaign, at=at)
        outbox.publish("campaign.scheduled", campaign, at=at)
        # One more second: a worker's clock may be a little behind.
        transaction.on_commit(
            lambda: nudge("surveys.campaigns.tasks.start_due", after_seconds=settings.UNDO_SECONDS + 1)
        )


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
        waiting = scheduled.filter(starts_at__lte=at).order_by("starts_at", "id")
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
    """Go on where it stopped; nobody is asked again. Raises NotPaused."""
    access.require(by, Permission.RUN_CAMPAIGNS)
    with transaction.atomic():
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
    """End a running campaign for good: what is not sent yet never will be. Raises NotRunning."""
    access.require(by, Permission.RUN_CAMPAIGNS)
    with transaction.atomic():
        reason = _("Cancelled by %(person)s.") % {"person": by.user}
        _move(
            Campaign.objects.running(),
            campaign,
            NotRunning,
            at,
            status=Status.ENDED,
            status_reason=reason[:300],
            ended_at=at,
        )
        _release(campaign)
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


def finish(*, campaign: Campaign, at: datetime) -> bool:
    """End a live campaign whose work is done. False when it was not live: nothing to do."""
    with transaction.atomic():
        live = Campaign.objects.live().filter(pk=campaign.pk)
        if not live.update(status=Status.ENDED, status_reason="", ended_at=at, updated_at=at):
            return False
        _release(campaign)
        audit.record_automatic(campaign.organization_id, "campaign.ended", campaign, at=at)
        outbox.publish("campaign.ended", campaign, at=at)
    return True


def _move(
    source: CampaignQuerySet, campaign: Campaign, otherwise: type[WrongStatus], at: datetime, **change: Any
) -> None:
    if not source.filter(pk=campaign.pk).update(updated_at=at, **change):
        raise otherwise(campaign)
