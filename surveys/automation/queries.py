"""Reads about rules: what an organization has, what each did, and what is shown to who has answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Prefetch, Q, QuerySet, When

from surveys.accounts.models import AuditEntry, Organization
from surveys.automation import holdout, link_queries, subjects
from surveys.automation.looking import Looker
from surveys.automation.models import ReviewSite, Rule, RuleRun, RuleStep, RuleTrial, RunOutcome, Trigger
from surveys.automation.subjects import Subject
from surveys.core import places
from surveys.core.conditions.validation import BadCondition
from surveys.responses.models import Response

PAGE = 50


def rules(organization: Organization) -> QuerySet[Rule]:
    """Those that are not deleted, in the order in which they look."""
    return Rule.objects.filter(organization=organization, deleted_at=None).order_by("position", "pk")


def rules_for_team(organization: Organization, team: int) -> list[Rule]:
    """Those that give conversations to it."""
    return list(rules(organization).filter(actions__contains=[{"team": team}]))


def rules_for_hook(organization: Organization, hook: int) -> list[Rule]:
    """Those that post there."""
    return list(rules(organization).filter(actions__contains=[{"hook": hook}]))


def rules_for_site(organization: Organization, site: int) -> list[Rule]:
    """Those that show this review site."""
    return list(rules(organization).filter(actions__contains=[{"site": site}]))


def rules_for_tag(organization: Organization, tag: int) -> list[Rule]:
    """Those that put it on responses, or ask about it."""
    return [rule for rule in rules(organization) if _puts(rule, tag) or _asks(rule.conditions, tag)]


def _puts(rule: Rule, tag: int) -> bool:
    return any(act.get("kind") == "tag" and act.get("tag") == tag for act in rule.actions)


def _asks(part: Any, tag: int) -> bool:
    if not isinstance(part, Mapping):
        return False
    if part.get("field") == "tag":
        value = part.get("value")
        return str(tag) in {str(each) for each in (value if isinstance(value, list) else [value])}
    return any(_asks(each, tag) for parts in part.values() if isinstance(parts, list) for each in parts)


def rules_by_id(organization: Organization, ids: Sequence[int]) -> dict[int, Rule]:
    """Deleted ones, too: what they did is still told of."""
    return Rule.objects.filter(organization=organization).in_bulk(ids)


def outcomes(organization: Organization, since: datetime) -> dict[int, dict[str, int]]:
    """Of each rule, how many runs since then ended how: {rule: {outcome: count}}."""
    runs = RuleRun.objects.filter(organization=organization, rule__in=rules(organization), at__gte=since)
    found: dict[int, dict[str, int]] = {}
    for rule, outcome, count in runs.values_list("rule", "outcome").annotate(n=Count("*")).order_by():
        found.setdefault(rule, {})[outcome] = count
    return found


def outcomes_of(rule: Rule, since: datetime) -> dict[str, int]:
    runs = RuleRun.objects.filter(organization=rule.organization_id, rule=rule, at__gte=since)
    return dict(runs.values_list("outcome").annotate(n=Count("*")).order_by())


@dataclass(frozen=True)
class LogPage:
    """The newest first, by when the rule looked; `after` is where the next page begins, "" on the last."""

    runs: list[RuleRun]
    after: str = ""


def log(rule: Rule, outcome: str = "", after: str = "") -> LogPage:
    """With their steps. A run that looks again is as new as its last look."""
    runs = _told(rule.organization_id).filter(rule=rule)
    runs = runs.filter(outcome=outcome) if outcome in RunOutcome.values else runs
    found = list(_behind(runs, after).order_by("-at", "-pk")[: PAGE + 1])
    shown = found[:PAGE]
    return LogPage(shown, places.encoded(shown[-1].at, shown[-1].pk) if len(found) > PAGE else "")


def _behind(runs: QuerySet[RuleRun], after: str) -> QuerySet[RuleRun]:
    """What is no place of a page is the first one's."""
    place = places.decoded(after)
    if place is None:
        return runs
    at, pk = place
    return runs.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk), at__lte=at)


def one_run(rule: Rule, pk: int) -> list[RuleRun]:
    """Empty when it is not this rule's."""
    return list(_told(rule.organization_id).filter(rule=rule, pk=pk))


def runs_about(response: Response) -> list[RuleRun]:
    """What rules made of it: those that acted first, then those that only looked."""
    runs = _told(response.organization_id).filter(response=response)
    looked = Case(When(outcome=RunOutcome.NOT_MET, then=1), default=0)
    return list(runs.order_by(looked, "-at", "-pk")[:PAGE])


def _told(organization: int) -> QuerySet[RuleRun]:
    steps = RuleStep.objects.filter(organization=organization).order_by("position")
    runs = RuleRun.objects.filter(organization=organization).select_related("rule", "response", "customer")
    return runs.prefetch_related(Prefetch("steps", steps))


def last_trial(rule: Rule) -> RuleTrial | None:
    """Perhaps of an earlier version."""
    return RuleTrial.objects.filter(organization=rule.organization_id, rule=rule).order_by("-at", "-pk").first()


def deleted(organization: Organization, pk: int) -> Rule | None:
    """One that can be brought back."""
    return Rule.objects.filter(organization=organization, pk=pk).exclude(deleted_at=None).first()


def last_change(rule: Rule) -> AuditEntry | None:
    """By whom, and when."""
    entries = AuditEntry.objects.filter(organization=rule.organization_id, target_type="rule", target_id=rule.pk)
    return entries.filter(action="rule.changed").order_by("-pk").first()


# ── The page that thanks ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Thanks:
    """A link for the page after answering: to `url`, to a review site, or one of their own to recommend us."""

    text: str
    url: str = ""
    site: ReviewSite | None = None
    is_referral: bool = False


def thanks(response: Response, at: datetime) -> list[Thanks]:
    """What the rules of its organization show to who gave this answer, now, whether or not it counts already: the page
    is seen by whoever answered. Who is held out is shown nothing."""
    if response.excluded_at is not None:
        return []
    organization = response.organization
    rules = list(_that_show(organization.pk, at).order_by("position", "pk"))
    if not rules:
        return []
    subject, looker = Subject.of_response(response, _before(response)), Looker(organization)
    acts = [act for rule in rules if _is_for(rule, subject, looker, at) for act in rule.actions]
    sites = {site.pk: site for site in link_queries.sites(organization.pk) if link_queries.is_for(site, response.score)}
    links = [_link(act, sites) for act in acts if act["kind"] == "thanks"]
    return [link for link in links if link is not None]


def any_thanks(organization_id: int, at: datetime) -> bool:
    """Whether some rule shows something to somebody."""
    return _that_show(organization_id, at).exists()


def _that_show(organization_id: int, at: datetime) -> QuerySet[Rule]:
    wanted = Rule.objects.filter(organization=organization_id, is_on=True, deleted_at=None, live_since__lte=at)
    return wanted.filter(trigger__in=_SHOWN, actions__contains=[{"kind": "thanks"}])


_SHOWN = (Trigger.CONFIRMED, Trigger.AMENDED, Trigger.COMMENTED, Trigger.FELL, Trigger.ROSE)


def _before(response: Response) -> int | None:
    """What they said before they changed the score, or in their answer before."""
    revision = response.revisions.exclude(score=response.score).order_by("-pk").first()
    return revision.score if revision else subjects.score_before(response)


def _is_for(rule: Rule, subject: Subject, looker: Looker, at: datetime) -> bool:
    if not subjects.has_happened(rule.trigger, subject):
        return False
    if rule.trigger == Trigger.AMENDED and not (subject.response and subject.response.revisions.exists()):
        return False
    if holdout.is_held_out(rule.pk, rule.holdout_percent, subject.who):
        return False
    try:
        return looker.look(rule, subject, at).holds
    except BadCondition:
        return False  # who can mend it is told when the rule next looks in a task


def _link(act: Mapping[str, Any], sites: Mapping[int, ReviewSite]) -> Thanks | None:
    match act["link"]:
        case "url":
            return Thanks(act["text"], act["url"])
        case "referral":
            return Thanks(act["text"], is_referral=True)
    site = sites.get(act.get("site") or 0)
    return Thanks(act["text"], site.url, site) if site else None
