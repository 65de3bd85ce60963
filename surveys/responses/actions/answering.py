"""Clicks on the links of a mail, and acts on the page behind them. The life of an answer: docs/clicks.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from surveys.accounts.models import Organization
from surveys.core import periods
from surveys.core.locks import again_after_deadlock
from surveys.customers import actions as customers
from surveys.delivery import links
from surveys.delivery.models import Invitation
from surveys.outbox import actions as outbox
from surveys.responses import kept, queries, survey, survey_queries, verdicts
from surveys.responses.actions import extra_answers, reading
from surveys.responses.models import Act, ClickEvent, Response, ResponseRevision, Verdict
from surveys.responses.questionnaire import COMMENT, fingerprint
from surveys.responses.questionnaire import Value as Said
from surveys.responses.survey import Evidence, Survey

SITTING: Final = timedelta(minutes=10)
LATELY: Final = timedelta(minutes=10)  # in which the requests about one invitation are limited
ACTS_FOR_A_CLICK: Final = 10  # what is typed is saved every other second
QUIET: Final = "quiet"  # the mark, among the signals of an act, of what the page's script saved while somebody typed


def record_click(*, invitation: int, score: int, evidence: Evidence, at: datetime) -> Survey | None:
    """Keep the raw click and the provisional answer, and return the page's data: one statement, one transaction.

    Writes nothing when the survey is closed, or crowded by a robot. None when there is no such invitation. Any number of clicks at once leave
    one response. A click that came while another was being confirmed changes nothing but the evidence.
    """
    return survey_queries.run_survey(
        survey.CLICK,
        {
            "invitation": invitation,
            "score": score,
            "at": at,
            "settles_at": at + timedelta(seconds=settings.SETTLE_SECONDS),
            "lately": at - LATELY,
            "most": settings.CLICKS_PER_LINK,
            "most_ever": kept.MOST,
            **evidence.as_parameters,
        },
    )


@dataclass(frozen=True)
class Answer:
    """What a person sent from the page. `comment` is None when they left it as it was shown.

    What the page's script saves while they type is careful: it changes nothing that was changed since by another tab.
    """

    score: int
    comment: str | None = None
    answers: Mapping[str, Said] = field(default_factory=dict)  # to questions, those that were touched
    seen: Mapping[str, str] | None = None  # of what is saved while somebody types: the fingerprints that it began with

    @property
    def is_quiet(self) -> bool:
        return self.seen is not None


class Closed(Exception):
    """The survey's window is over, or its customer was erased."""


class Crowded(Exception):
    """More acts on this page than a person's within the last minutes. Clicks of robots never lead here."""


@again_after_deadlock
def answer(*, to: Survey, answer: Answer, evidence: Evidence, at: datetime) -> Response:
    """Somebody acted on the page: the answer is confirmed, amended or commented on, and counts from now on.

    What a script did by itself is kept as well, and settles. What a colleague decided about counting stays decided.
    Doing the same again changes nothing. Raises Closed, Crowded.
    """
    if not to.is_open(at):
        raise Closed(to.invitation)
    with transaction.atomic():
        if not _is_held(to.invitation):
            raise Closed(to.invitation)
        _expect_room(to, at)
        response = _locked_response(to, answer.score, at)
        before = extra_answers.said_before(response)
        answer = _careful(answer, response, before) if answer.seen is not None else answer
        changed = extra_answers.changed(answer.answers, before)
        act = _act(response, answer, bool(changed))
        goes_on = act == Act.COMMENT and _goes_on_writing(to, at)
        if _is_by_hand(_keep_act(to, act, answer, evidence, at)):
            _confirm_or_amend(response, answer.score, verdicts.human_act(act), at)
        elif response.verdict != Verdict.CONFIRMED and response.judged_at is None:
            _settle_later(response, answer.score, at)
        if answer.comment is not None and answer.comment != response.comment:
            _comment(response, answer.comment, at, is_change=not goes_on)
        if changed:
            extra_answers.keep(response, changed, at)
    return response


def _expect_room(to: Survey, at: datetime) -> None:
    most = settings.CLICKS_PER_LINK * ACTS_FOR_A_CLICK
    lately = ClickEvent.objects.filter(organization=to.organization, invitation_id=to.invitation, at__gt=at - LATELY)
    if lately.filter(kind__in=verdicts.HUMAN_ACTS)[:most].count() >= most:
        raise Crowded(to.invitation)


def _is_held(invitation: int) -> bool:
    """Locks the invitation, always before its response: who erases customers does it in this order. False when its
    customer has been erased since the page was read."""
    answerable = Q(customer__isnull=False) | Q(occasion__startswith=links.ANYONE)
    asked = Invitation.objects.select_for_update(no_key=True).filter(answerable, pk=invitation)
    return bool(asked.values_list("pk").first())


def _locked_response(to: Survey, score: int, at: datetime) -> Response:
    """The invitation's response, made provisional first when nobody clicked a link before."""
    Response.objects.bulk_create([_provisional(to, score, at)], ignore_conflicts=True)
    return Response.objects.select_for_update().get(organization=to.organization, invitation=to.invitation)


def _provisional(to: Survey, score: int, at: datetime) -> Response:
    return Response(
        organization_id=to.organization,
        campaign_id=to.campaign,
        customer_id=to.customer,
        invitation_id=to.invitation,
        property_set_id=to.property_set,
        channel=to.channel,
        language=to.asked_in,
        score=score,
        settles_at=at + timedelta(seconds=settings.SETTLE_SECONDS),
        day=periods.local_day(at, ZoneInfo(to.time_zone)),
        responded_at=at,
        updated_at=at,
    )


def _careful(answer: Answer, response: Response, before: Mapping[str, Said]) -> Answer:
    """Without what somebody changed since the page was shown, in another tab; a score that counts takes a button."""
    seen = answer.seen or {}
    answers = {key: said for key, said in answer.answers.items() if fingerprint(before.get(key, "")) == seen.get(key)}
    comment = answer.comment if fingerprint(response.comment) == seen.get(COMMENT) else None
    score = response.score if response.verdict == Verdict.CONFIRMED else answer.score
    return replace(answer, score=score, answers=answers, comment=comment)


def _act(response: Response, answer: Answer, has_answered: bool) -> Act:
    if answer.comment is not None and answer.comment != response.comment:
        return Act.COMMENT
    if has_answered:
        return Act.ANSWER
    return Act.CHANGE if answer.score != response.score else Act.CONFIRM


def _goes_on_writing(to: Survey, at: datetime) -> bool:
    """What stands was saved a moment ago while they typed: writing on is no change of mind."""
    acts = ClickEvent.objects.filter(organization=to.organization, invitation_id=to.invitation, kind=Act.COMMENT)
    latest = acts.filter(at__gte=at - SITTING).order_by("-at", "-id").first()
    return latest is not None and QUIET in latest.signals


def _keep_act(to: Survey, act: Act, answer: Answer, evidence: Evidence, at: datetime) -> ClickEvent:
    return ClickEvent.objects.create(
        organization_id=to.organization,
        invitation_id=to.invitation,
        at=at,
        kind=act,
        score=answer.score,
        network=evidence.network,
        user_agent=evidence.user_agent,
        signals={**(evidence.signals or {}), **({QUIET: True} if answer.is_quiet else {})},
    )


def _is_by_hand(act: ClickEvent) -> bool:
    """Not when this program said before that it is driven by another."""
    if not verdicts.is_by_hand(kept.click_of(act)):
        return False
    same = {name: getattr(act, name) for name in ("organization_id", "invitation_id", "network", "user_agent")}
    told = ClickEvent.objects.filter(**same, kind=Act.SEEN)
    return not any(verdicts.is_driven(kept.click_of(each)) for each in told)


def _confirm_or_amend(response: Response, score: int, reasons: list[verdicts.Reason], at: datetime) -> None:
    if response.judged_at is None and response.verdict != Verdict.CONFIRMED:
        confirm(response, score, reasons, at)
        return
    if response.judged_at is None:
        _say_why(response, reasons)
    if response.score != score:
        amend_score(response, score, at)


def _say_why(response: Response, reasons: Sequence[verdicts.Reason]) -> None:
    """A button was pressed on what counted already: from now on it takes a button to change it."""
    if response.verdict_reasons[:1] != list(reasons[:1]):
        response.verdict_reasons, response.settles_at = list(reasons), None
        response.save(update_fields=["verdict_reasons", "settles_at"])


def _settle_later(response: Response, score: int, at: datetime) -> None:
    _say(response, score, at)
    response.verdict, response.verdict_reasons = Verdict.PROVISIONAL, []
    response.settles_at = at + timedelta(seconds=settings.SETTLE_SECONDS)
    response.save(update_fields=["score", "verdict", "verdict_reasons", "settles_at", "updated_at"])


def _say(response: Response, score: int, at: datetime) -> None:
    """What it says is as old as its latest change, whatever is decided about it meanwhile."""
    if response.score != score:
        response.score, response.updated_at = score, at


def confirm(response: Response, score: int, reasons: Sequence[verdicts.Reason], at: datetime) -> None:
    """It counts from now on, on the day of its first click. The caller holds the row's lock."""
    _say(response, score, at)
    response.verdict, response.verdict_reasons = Verdict.CONFIRMED, list(reasons)
    response.settles_at, response.confirmed_at = None, at
    response.save(update_fields=["score", "verdict", "verdict_reasons", "settles_at", "confirmed_at", "updated_at"])
    if not response.is_counted:
        return  # a colleague marked it as junk meanwhile
    _tell("response.confirmed", response, None, at)
    _note_on_invitation(response)
    _note_on_customer(response, first=True)


def amend_score(response: Response, score: int, at: datetime) -> None:
    """It says something else from now on, whether it counts or not. The caller holds the row's lock."""
    before = response.contribution()
    _keep_revision(response, at)
    response.score, response.updated_at = score, at
    response.save(update_fields=["score", "updated_at"])
    if response.is_counted:
        _tell("response.amended", response, before, at)
        _note_on_customer(response, first=False)


def _comment(response: Response, comment: str, at: datetime, *, is_change: bool) -> None:
    before = response.contribution()
    if response.comment and is_change:
        _keep_revision(response, at)
    response.comment, response.updated_at = comment, at
    nothing_read = reading.unread()
    for field_name, value in nothing_read.items():
        setattr(response, field_name, value)
    response.save(update_fields=["comment", "updated_at", *nothing_read])
    if response.is_counted:
        _tell("response.commented", response, before, at)


def _keep_revision(response: Response, at: datetime) -> None:
    ResponseRevision.objects.create(
        organization_id=response.organization_id,
        response=response,
        score=response.score,
        comment=response.comment,
        at=at,
    )


def _tell(kind: str, response: Response, before: dict[str, object] | None, at: datetime) -> None:
    outbox.publish(kind, response, at=at, before=before, after=response.contribution())


def _note_on_invitation(response: Response) -> None:
    """By a click alone nothing says that a person opened it: that is noted now."""
    invitations = Invitation.objects.filter(organization=response.organization_id, response=response)
    opened = Coalesce(F("opened_at"), Value(response.responded_at))
    invitations.filter(answered_at=None).update(answered_at=response.responded_at, opened_at=opened)


def note_opened(*, invitation: int, at: datetime) -> None:
    """A person sees the page. The first time stays; of a click it is noted when the answer counts, robots click too."""
    Invitation.objects.filter(pk=invitation, opened_at=None).update(opened_at=at)


def _note_on_customer(response: Response, *, first: bool) -> None:
    if response.customer_id is None:
        return
    is_latest = customers.record_answer(
        customer_id=response.customer_id, score=response.score, at=response.responded_at, first=first
    )
    if not is_latest:
        restate_facts(response)


def restate_facts(response: Response) -> None:
    """What the customer's counted answers say together, counted anew."""
    if response.customer_id is not None:
        organization = Organization(pk=response.organization_id)
        customers.restate_answers(facts=queries.answer_facts(organization, [response.customer_id]))


def uncount(response: Response, verdict: Verdict, at: datetime) -> None:
    """It counts nowhere any more: rollups, the facts on the customer and the invitation follow. The caller holds the
    locks and says why."""
    before = response.contribution()
    response.verdict, response.confirmed_at = verdict, None
    response.save(update_fields=["verdict", "confirmed_at"])
    if before is not None:
        _tell("response.uncounted", response, before, at)
    asked = Invitation.objects.filter(organization=response.organization_id, response=response)
    asked.filter(opened_at=response.responded_at).update(opened_at=None)  # it was by this click alone
    asked.update(answered_at=None)
    restate_facts(response)
