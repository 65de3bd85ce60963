"""What the timeline of a customer's record tells of rules: that one acted, or left them out to compare with, which mails
it sent, and which links were followed. Contributed in surveys/subscriptions.py."""

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.automation.acts import KINDS
from surveys.automation.models import LinkKind, RunOutcome, StepState
from surveys.core.timeline import Happening, Part
from surveys.customers.models import Customer
from surveys.customers.record_entries import Entry, Group, Names, Source

# A mail that stands in a conversation is told there.
_TIMELINE: Final = """
    SELECT u.at, 'rule', u.id, jsonb_build_object('name', r.name, 'rule', r.id, 'outcome', u.outcome, 'response', u.response_id,
        'steps', (SELECT coalesce(jsonb_agg(jsonb_build_array(s.kind, s.state) ORDER BY s.position), '[]')
                  FROM surveys_rulestep s WHERE s.organization_id = u.organization_id AND s.run_id = u.id))
    FROM surveys_rulerun u JOIN surveys_rule r ON r.id = u.rule_id
    WHERE u.organization_id = %(organization)s AND u.customer_id = %(customer)s AND u.outcome <> 'not_met'
    UNION ALL
    SELECT s.done_at, 'rule_mail', s.id, jsonb_build_object('name', r.name, 'state', d.state, 'reason', d.reason,
        'subject', d.content ->> 'subject')
    FROM surveys_rulerun u JOIN surveys_rule r ON r.id = u.rule_id
    JOIN surveys_rulestep s ON s.organization_id = u.organization_id AND s.run_id = u.id AND s.kind = 'email'
    LEFT JOIN surveys_delivery d ON d.id = (s.made ->> 'delivery')::bigint AND d.organization_id = u.organization_id
    WHERE u.organization_id = %(organization)s AND u.customer_id = %(customer)s AND s.state = 'done'
      AND NOT EXISTS (SELECT FROM surveys_message m WHERE m.delivery_id = d.id)
    UNION ALL
    SELECT v.at, 'visited', v.id, jsonb_build_object('kind', l.kind, 'what', v.what, 'site', w.name)
    FROM surveys_trackedlink l JOIN surveys_linkvisit v ON v.link_id = l.id AND NOT v.is_robot
    LEFT JOIN surveys_reviewsite w ON w.id = l.site_id
    WHERE l.organization_id = %(organization)s AND l.customer_id = %(customer)s
    UNION ALL
    SELECT v.at, 'referred', v.id, jsonb_build_object('by', coalesce(nullif(c.name, ''), c.email))
    FROM surveys_linkvisit v JOIN surveys_trackedlink l ON l.id = v.link_id
    LEFT JOIN surveys_customer c ON c.id = l.customer_id
    WHERE v.organization_id = %(organization)s AND v.newcomer_id = %(customer)s
"""
_LOST: Final = ("failed", "cancelled", "expired")
_SKIPPED: Final = {
    StepState.DUE: gettext_lazy("%(act)s (to come)"),
    StepState.SKIPPED: gettext_lazy("%(act)s (left out)"),
    StepState.FAILED: gettext_lazy("%(act)s (failed)"),
}


def _part(customer: Customer) -> Part:
    return Part(_TIMELINE, {"organization": customer.organization_id, "customer": customer.pk})


def _rule(each: Happening, names: Names) -> Entry:
    details = each.details
    if details["outcome"] == RunOutcome.HELD_OUT:
        text = _("Held out of the rule “%(name)s”, to compare with")
    else:
        text = _("The rule “%(name)s” looked at it, and acted")
    mark = "failed" if details["outcome"] == RunOutcome.FAILED else ""
    said = "; ".join(_step(kind, state) for kind, state in details["steps"] if kind != "wait")
    return Entry(
        each.at, text % details, mark=mark, note=said, response=details["response"], run=(details["rule"], each.id)
    )


def _step(kind: str, state: str) -> str:
    label = str(KINDS[kind].label) if kind in KINDS else kind
    return str(_SKIPPED[StepState(state)]) % {"act": label} if state in _SKIPPED else label


def _mail(each: Happening, names: Names) -> Entry:
    details: dict[str, Any] = each.details
    mark = "failed" if details["state"] in _LOST else "done"
    note = " ".join(filter(None, [details["subject"], details["reason"]]))
    return Entry(each.at, _("Mailed by the rule “%(name)s”") % details, mark=mark, note=note)


def _visited(each: Happening, names: Names) -> Entry:
    details = each.details
    if details["what"] == "signup":
        return Entry(each.at, _("Somebody signed up by their link"), mark="done")
    if details["kind"] == LinkKind.REFERRAL:
        return Entry(each.at, _("Somebody followed their link"))
    return Entry(each.at, _("Went to the review site %(site)s") % {"site": details["site"] or ""}, mark="done")


def _referred(each: Happening, names: Names) -> Entry:
    who = each.details["by"] or _("somebody who is gone")
    return Entry(each.at, _("They came by a recommendation of %(who)s") % {"who": who}, mark="done")


_TELLERS: Final = {"rule": _rule, "rule_mail": _mail, "visited": _visited, "referred": _referred}
SOURCE: Final = Source(Group.RULES, _part, _TELLERS)
