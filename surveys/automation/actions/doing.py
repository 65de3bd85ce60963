"""What each act does. It runs in the transaction that marks its step as done, and sends nothing by itself: mails, alerts
and posts are rows that others send."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Membership, User
from surveys.alerts.actions import telling as alerts
from surveys.alerts.models import Matter
from surveys.automation import caps, subjects
from surveys.automation.actions import assignees, composing, telling
from surveys.automation.actions.refusals import Later as Later
from surveys.automation.actions.refusals import LeftOut as LeftOut
from surveys.automation.models import RuleRun, RuleStep
from surveys.customers.actions.setting import NoSuchProperty, set_property
from surveys.customers.models import Customer
from surveys.inbox.actions import assigning, writing
from surveys.inbox.actions.opening import open_conversation
from surveys.inbox.models import Conversation, TeamMember
from surveys.integrations.actions import posting
from surveys.integrations.models import Hook
from surveys.responses.actions import marking, marking_slices
from surveys.responses.actions.marking_slices import Marker
from surveys.responses.models import Tag

LATE: Final = timedelta(days=7)  # a mail that could not be written for so long would come out of the blue

Stored = Mapping[str, Any]


@dataclass(frozen=True)
class Done:
    """`mailed` is the customer whom a mail went to."""

    said: str = ""
    made: dict[str, int] = field(default_factory=dict)
    mailed: int | None = None


def do(step: RuleStep, at: datetime) -> Done:
    """Raises LeftOut with the reason when there is nothing to do it to, and Later when it is not time yet."""
    return _DOES[step.kind](step, step.run.actions[step.position], at)


# ── The customer ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _email(step: RuleStep, act: Stored, at: datetime) -> Done:
    run = step.run
    customer = _locked_customer(run)
    allowance = caps.Allowance.of(run.organization)
    if at - step.due_at > LATE:
        raise LeftOut(_("It could not be written in time."))
    if why := caps.refusal(customer, allowance, at):
        raise LeftOut(why)
    if (moment := caps.allowed_at(customer, allowance, at)) > at:
        raise Later(moment)
    sender = _sender(act, customer)
    letter = composing.compose(act, run, customer, sender, at)
    sent = writing.send_automatic(
        response=run.response,
        customer=customer,
        subject=letter.subject,
        text=letter.text,
        sender=sender,
        rule_id=run.rule_id,
        at=at,
    )
    made = {"delivery": sent.delivery.pk} | ({"message": sent.message.pk} if sent.message else {})
    return Done("", made, customer.pk)


def _locked_customer(run: RuleRun) -> Customer:
    """Two rules at once count the mails of one customer one after the other."""
    mine = Customer.objects.filter(organization=run.organization_id, pk=run.customer_id or 0)
    found = mine.select_for_update(no_key=True, of=("self",)).select_related("organization", "owner").first()
    if found is None:
        raise LeftOut(_("Nobody knows who gave this answer."))
    return found


def _sender(act: Stored, customer: Customer) -> User | None:
    """None: the organization. So it is, too, when the colleague has left."""
    if act["from"] == "owner":
        return _member(customer.organization_id, customer.owner_id)
    return _member(customer.organization_id, act.get("user")) if act["from"] == "user" else None


def _property(step: RuleStep, act: Stored, at: datetime) -> Done:
    customer = _locked_customer(step.run)
    try:
        is_new = set_property(
            customer=customer, key=act["property"], value=act["value"], source_id=step.run.rule_id, at=at
        )
    except NoSuchProperty as gone:
        raise LeftOut(_("There is no property “%(key)s” any more.") % {"key": act["property"]}) from gone
    return Done("" if is_new else _("They had it already."))


def _tag(step: RuleStep, act: Stored, at: datetime) -> Done:
    organization = step.run.organization_id
    try:
        marking.hold_tag(Tag(pk=act["tag"], organization_id=organization))
    except marking.TagIsGone as gone:
        raise LeftOut(_("The tag is gone.")) from gone
    if step.run.response_id is None:
        raise LeftOut(_("There is no answer to tag."))
    tagged = marking_slices.tag(Marker(organization, None, at), [step.run.response_id], act["tag"])
    return Done("" if tagged else _("It had the tag already."))


# ── The inbox ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _open(step: RuleStep, act: Stored, at: datetime) -> Done:
    return Done("", {"conversation": _conversation(step.run, act.get("priority"), at).pk})


def _conversation(run: RuleRun, priority: int | None, at: datetime) -> Conversation:
    """The one that the run is about, or that is opened for it."""
    if run.conversation_id is not None:
        return Conversation.objects.get(organization=run.organization_id, pk=run.conversation_id)
    opened = open_conversation(
        organization=run.organization,
        response=run.response,
        customer=run.customer,
        by=None,
        rule_id=run.rule_id,
        priority=priority,
        at=at,
    )
    RuleRun.objects.filter(pk=run.pk).update(conversation_id=opened.pk)
    run.conversation_id = opened.pk
    return opened


def _assign(step: RuleStep, act: Stored, at: datetime) -> Done:
    run = step.run
    found = assignees.of(run, act, at)
    conversation = _conversation(run, None, at)
    team = found.team or conversation.team  # a colleague answers it within the team that it came to
    assigning.assign(conversation=conversation, to=found.to, team=team, by=None, rule_id=run.rule_id, at=at)
    said = " – ".join(filter(None, [str(found.to or found.team), found.why_not_first]))
    return Done(said, {"conversation": conversation.pk})


def _member(organization: int, user: int | None) -> User | None:
    found = Membership.objects.filter(organization=organization, user=user, user__is_active=True)
    member = found.select_related("user").first()
    return member.user if member else None


# ── Colleagues and other systems ─────────────────────────────────────────────────────────────────────────────────────


def _alert(step: RuleStep, act: Stored, at: datetime) -> Done:
    run = step.run
    people = _told(run, act)
    if not people:
        raise LeftOut(_("Nobody is there who could be told."))
    told = alerts.tell(
        organization=run.organization,
        users=people,
        matter=Matter.RULE,
        key=f"rule:{run.pk}:{step.position}",
        response=run.response,
        conversation=_conversation_of(run),
        facts={"rule": run.rule_id, "run": run.pk, "customer": run.customer_id, "note": act.get("note", "")}
        | _change(run),
        at=at,
    )
    return Done("", {"told": told})


def _change(run: RuleRun) -> dict[str, int | None]:
    """Of a rule that compares, what it saw: that is its news."""
    if run.rule.trigger not in subjects.COMPARES or run.score_before is None:
        return {}
    return {"score": run.score, "before": run.score_before}


def _conversation_of(run: RuleRun) -> Conversation | None:
    return Conversation.objects.filter(organization=run.organization_id, pk=run.conversation_id or 0).first()


def _told(run: RuleRun, act: Stored) -> list[User]:
    organization = run.organization_id
    match act["to"]:
        case "users":
            return [user for key in act["users"] if (user := _member(organization, key))]
        case "team":
            members = TeamMember.objects.filter(organization=organization, team=act["team"]).select_related("user")
            return [each.user for each in members.order_by("pk")]
        case "owner" if owner := _member(organization, run.customer.owner_id if run.customer else None):
            return [owner]
        case "assignee":
            found = _conversation_of(run)
            if found and (assignee := _member(organization, found.assignee_id)):
                return [assignee]
    return telling.menders(run.organization)


def _hook(step: RuleStep, act: Stored, at: datetime) -> Done:
    """What is posted are ids and codes: who may see more looks it up."""
    run = step.run
    hook = Hook.ever.filter(organization=run.organization_id, pk=act["hook"]).first()
    if hook is None or hook.deleted_at is not None:
        raise LeftOut(_("The connection “%(name)s” was removed.") % {"name": hook or "…"})
    if not hook.is_on:
        raise LeftOut(_("The connection “%(name)s” is switched off.") % {"name": hook})
    facts = {
        "type": "rule.fired",
        "rule": run.rule_id,
        "rule_name": run.rule.name,
        "note": act.get("note", ""),
        "response": run.response_id,
        "customer": run.customer_id,
        "conversation": run.conversation_id,
        "score": run.score,
    }
    posted = posting.post(hook=hook, key=f"rule:{run.pk}:{step.position}", facts=facts, at=at)
    return Done("", {"post": posted.pk})


_DOES: Final[dict[str, Callable[[RuleStep, Stored, datetime], Done]]] = {
    "email": _email,
    "property": _property,
    "tag": _tag,
    "open": _open,
    "assign": _assign,
    "alert": _alert,
    "hook": _hook,
}
