"""The world is looked at anew before each step: whether the run goes on, and whether it is too early."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from surveys.automation import subjects
from surveys.automation.looking import OF_COMMENTS, Looker, fields
from surveys.automation.models import Rule, RuleRun, Trigger
from surveys.automation.subjects import Subject
from surveys.customers.models import Customer
from surveys.delivery.models import Invitation
from surveys.inbox.models import Conversation, Status
from surveys.responses.models import Response, Verdict


def against(run: RuleRun, at: datetime) -> str:
    """Why the run does nothing more, in words; "" when it goes on. Raises BadCondition."""
    return _of_rule(run.rule) or _OF_SUBJECTS[run.subject.partition(":")[0]](run, at) or _of_changed_rule(run, at)


def _of_rule(rule: Rule) -> str:
    if rule.deleted_at is not None:
        return _("The rule was deleted.")
    if not rule.is_on:
        return _("The rule was switched off.")
    if rule.organization.is_stopped:
        return _("The organization is suspended, or about to be deleted.")
    return ""


def _of_changed_rule(run: RuleRun, at: datetime) -> str:
    """What the rule asks by now and did not ask when it began. What it asked then held: what the rule itself has set since
    does not stop it."""
    if run.version == run.rule.version:
        return ""
    looker, known = Looker(run.rule.organization), [each["part"] for each in run.why]
    if all(part in known for part in looker.asked(run.rule)):
        return ""
    look = looker.look(run.rule, _subject(run), at)
    if all(each["held"] for each in look.why if each["part"] not in known):
        return ""
    return _("The rule was changed since, and what it asks now does not hold.")


def _subject(run: RuleRun) -> Subject:
    """Compared with the same score before as then."""
    return Subject(
        key=run.subject,
        organization=run.rule.organization,
        response=run.response,
        customer_id=run.customer_id,
        invitation_id=run.invitation_id,
        conversation_id=run.conversation_id,
        score_before=run.score_before,
    )


# ── A response ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_response(run: RuleRun, at: datetime) -> str:
    response = Response.objects.filter(pk=run.response_id or 0).select_related("organization").first()
    if response is None:
        return _("The response is gone.")
    if response.excluded_at is not None:
        return _("The response was marked as junk.")
    if response.verdict != Verdict.CONFIRMED:
        return _("The response does not count any more.")
    if response.updated_at > run.at and not _still_holds(run, at):
        return _("The customer has changed the answer, and the rule does not fit it any more.")
    return ""


def _still_holds(run: RuleRun, at: datetime) -> bool:
    """By the conditions as they are now."""
    subject = _subject(run)
    if not subjects.has_happened(run.rule.trigger, subject):
        return False
    return Looker(run.rule.organization).look(run.rule, subject, at).holds


# ── An ask that nobody answered ──────────────────────────────────────────────────────────────────────────────────────


def _of_ask(run: RuleRun, at: datetime) -> str:
    if run.customer_id is None or not Customer.objects.filter(pk=run.customer_id).exists():
        return _("The customer is gone.")
    asked = Invitation.objects.filter(pk=run.invitation_id or 0).first()
    if asked is None:
        return _("The invitation is gone.")
    if asked.answered_at or Response.objects.filter(invitation=asked).exists():
        return _("They have answered.")
    if asked.unsubscribed_at or asked.bounced_at:
        return _("They have unsubscribed, or the invitation came back.")
    return ""


# ── A conversation ───────────────────────────────────────────────────────────────────────────────────────────────────


def _of_conversation(run: RuleRun, at: datetime) -> str:
    """What waited long enough for an answer to come after all is over."""
    found = Conversation.objects.filter(pk=run.conversation_id or 0).first()
    if found is None:
        return _("The conversation is gone.")
    if found.status == Status.CLOSED or found.overdue_at is None:
        return _("The conversation is not overdue any more.")
    return ""


_OF_SUBJECTS: Final = {"response": _of_response, "invitation": _of_ask, "conversation": _of_conversation}


# ── Too early ────────────────────────────────────────────────────────────────────────────────────────────────────────


def not_before(run: RuleRun) -> datetime:
    """When the next step may be done at the earliest: a comment is not acted on while it is typed, nor silence while
    reminders are still on their way."""
    if run.rule.trigger == Trigger.SILENT:
        return silent_at(run)
    if run.rule.trigger == Trigger.COMMENTED or fields(run.rule.conditions) & OF_COMMENTS:
        written = Response.objects.filter(~Q(comment=""), pk=run.response_id or 0).values_list("updated_at", flat=True)
        latest = written.first()
        return latest + timedelta(seconds=settings.COMMENT_SETTLE_SECONDS) if latest else run.at
    return run.at


# The last mail of an ask, and the reminder that is still to come.
_LAST_MAIL: Final = """
    SELECT greatest(i.sent_at, i.remind_at,
                    (SELECT max(coalesce(d.sent_at, CASE WHEN d.state IN ('due', 'claimed', 'sending') THEN d.due_at END))
                     FROM surveys_delivery d WHERE d.invitation_id = i.id))
    FROM surveys_invitation i WHERE i.id = %s
"""


def silent_at(run: RuleRun) -> datetime:
    """Reminders may have been late: a rule that waits some days after the last mail waits from then on."""
    if run.rule.silent_days is None:
        return run.at
    with connection.cursor() as cursor:
        cursor.execute(_LAST_MAIL, [run.invitation_id])
        found = cursor.fetchone()
    return found[0] + timedelta(days=run.rule.silent_days) if found and found[0] else run.at
