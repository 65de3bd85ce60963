"""Who reacts to which event: the one list. Read docs/architecture.md for the two kinds of listeners.

Here too, because it joins domains in the same way: who contributes which fields to the condition language, and what
to the timeline of a customer's record.
"""

from surveys.alerts import names as alert_names
from surveys.alerts import reactions as alerts
from surveys.analytics import reactions as analytics
from surveys.analytics.upkeep import regrouping, rezoning, rollups
from surveys.automation import engine as automation
from surveys.automation import happenings as rule_happenings
from surveys.automation import of_person as rules_of_person
from surveys.automation import queries as rules
from surveys.automation import reactions as runs
from surveys.automation.actions import offering
from surveys.comments import condition_fields as comment_fields
from surveys.comments import reactions as comments
from surveys.core.conditions import catalogue
from surveys.customers import condition_fields as customer_fields
from surveys.customers import reactions as customers
from surveys.customers import record_entries
from surveys.delivery import condition_fields as delivery_fields
from surveys.delivery import enclosures
from surveys.delivery import reactions as delivery
from surveys.delivery.models import Kind
from surveys.inbox import enclosing
from surveys.inbox import happenings as conversation_happenings
from surveys.inbox import of_person as inbox_of_person
from surveys.inbox import queries as conversations
from surveys.inbox import reactions as inbox
from surveys.inbox import telling as inbox_alerts
from surveys.outbox import listeners
from surveys.privacy import contributions as exports
from surveys.responses import condition_fields as response_fields
from surveys.responses import reactions as responses
from surveys.responses import recommending

# In the transaction: what must commit together with the change.
for kind in (
    "response.confirmed",
    "response.amended",
    "response.commented",
    "response.uncounted",
    "response.recounted",
):
    listeners.in_transaction(kind, rollups.record)
listeners.in_transaction("responses.imported", rollups.record_imported)
listeners.in_transaction("responses.uncounted", rollups.record_uncounted)
listeners.in_transaction("responses.uncommented", rollups.record_uncommented)
listeners.in_transaction("responses.remarked", rollups.record_remarked)
listeners.in_transaction("responses.marked", rollups.record_marked)
listeners.in_transaction("invitations.sent", rollups.record_sent)
listeners.in_transaction("invitations.bounced", rollups.record_bounced)
listeners.in_transaction("invitations.unsubscribed", rollups.record_unsubscribed)
listeners.in_transaction("invitations.resubscribed", rollups.record_resubscribed)
listeners.in_transaction("invitations.forgotten", rollups.record_forgotten)
for kind in (
    "response.confirmed",
    "response.amended",
    "response.commented",
    "response.recounted",
    "responses.imported",
):
    listeners.in_transaction(kind, comments.read_soon)
listeners.in_transaction("response.commented", comments.comment_changed)
for kind in ("responses.uncounted", "responses.uncommented"):
    listeners.in_transaction(kind, comments.comments_go)
listeners.in_transaction("responses.uncounted", runs.answers_go)
listeners.in_transaction("responses.separated", runs.answers_are_separated)
for kind in ("responses.uncounted", "responses.separated"):
    listeners.in_transaction(kind, inbox.responses_go)
listeners.in_transaction("organization.rezoned", rezoning.rezone_soon)
listeners.in_transaction("organization.rezoned", inbox.clock_changed)
listeners.in_transaction("customers.property_changed", regrouping.regroup_soon)
listeners.in_transaction("campaign.launched", delivery.plan_soon)
listeners.in_transaction("customers.events_told", delivery.plan_soon)
listeners.in_transaction("campaign.edited", delivery.plan_soon)
listeners.in_transaction("campaign.resumed", delivery.sweep_soon)
listeners.in_transaction("campaign.cancelled", delivery.sweep_soon)
listeners.in_transaction("campaign.ended", delivery.sweep_soon)

# What does not count, or goes, alerts nobody.
listeners.in_transaction("response.uncounted", alerts.response_uncounted)
for kind in ("responses.uncounted", "responses.separated"):
    listeners.in_transaction(kind, alerts.responses_go)
listeners.in_transaction("responses.marked", alerts.responses_marked)

# People go. The order is that of the locks: what they were sent, what they answered, and then the links are cut.
for kind, separate, cut in (
    ("customers.deleted", responses.people_deleted, delivery.let_go),
    ("customers.erased", responses.people_erased, delivery.forget),
):
    for handler in (delivery.hold_people, inbox_alerts.people_go, inbox.customers_go, separate, runs.let_go, cut):
        listeners.in_transaction(kind, handler)

# Two rows were one person.
for handler in (delivery.hold_people, responses.people_merged, delivery.join, inbox.customers_merged, runs.join):
    listeners.in_transaction("customers.merged", handler)

# After commit, in a task.
listeners.after_commit("member.departed", customers.release_customers)
listeners.after_commit("member.departed", analytics.end_digests)
listeners.after_commit("member.departed", alerts.member_left)
listeners.after_commit("campaign.edited", delivery.replan_reminders)
listeners.after_commit("campaign.edited", delivery.reconsider_campaign)
listeners.after_commit("organization.asking_changed", delivery.reconsider_all)
listeners.after_commit("customer.preferences_changed", delivery.reconsider_person)

# Conversations follow their responses, and go back when a colleague leaves or may not answer customers any more.
listeners.after_commit("response.amended", inbox.score_changed)
listeners.after_commit("response.commented", inbox.commented)
listeners.after_commit("responses.read", inbox.read)
listeners.after_commit("responses.marked", inbox.marked)
listeners.after_commit("member.departed", inbox.colleague_left)
listeners.after_commit("member.role_changed", inbox.colleague_left)

# Rules of automation. Nothing that a rule does is in this list: so no rule starts another.
for kind in automation.SETS_OFF:
    listeners.after_commit(kind, automation.consider)

# Colleagues are told.
for kind in alerts.TOLD_OF:
    listeners.after_commit(kind, alerts.response_changed)
for kind in inbox_alerts.TOLD_OF:
    listeners.after_commit(kind, inbox_alerts.changed)
for kind in ("hook.failed", "hook.stopped"):
    listeners.after_commit(kind, alerts.hook_fails)
listeners.after_commit("mail.unrouted", inbox_alerts.unrouted)
listeners.after_commit("referral.signed_up", runs.signed_up)
alert_names.contribute("rule", rules.rules_by_id)
alert_names.contribute("message", conversations.words_of_messages)
alert_names.contribute("mail", conversations.mails_to_sort)

# What conditions can ask about.
catalogue.contribute(catalogue.Root.CUSTOMER, customer_fields.fields)
catalogue.contribute(catalogue.Root.CUSTOMER, delivery_fields.of_customers)
catalogue.contribute(catalogue.Root.CUSTOMER, response_fields.of_customers)
catalogue.contribute(catalogue.Root.RESPONSE, response_fields.of_responses)
catalogue.contribute(catalogue.Root.RESPONSE, comment_fields.of_responses)

# Where the bytes of files lie that go with mails.
enclosures.contribute(Kind.REPLY, enclosing.find)

# What stands on the page that thanks customers, besides the campaign's own links.
recommending.contribute(shown=offering.shown, tried=offering.tried)

# What the record of a customer tells.
record_entries.contribute(conversation_happenings.SOURCE)
record_entries.contribute(rule_happenings.SOURCE)

# What the export of one person holds besides.
exports.contribute(*inbox_of_person.PARTS, *rules_of_person.PARTS)
