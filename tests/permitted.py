"""Who may do what, action by action and page by page: what tests/test_permissions.py holds the product to.

A new action that takes `by: Membership` needs a line here (pages: permitted_pages.py); until then a test fails
and says which.
"""

from typing import Any, Final, NamedTuple

from surveys.accounts.permissions import Permission
from surveys.accounts.permissions import Permission as P
from surveys.customers.actions.bulk import Change
from surveys.customers.models import BulkAct, BulkKind, Customer, ImportJob, Property

ANYBODY: Final = Permission.VIEW  # every member has it


class Act(NamedTuple):
    """An action that needs some of its arguments to know which permission it asks for: what to call it with."""

    permission: Permission
    arguments: dict[str, Any]


class Ways(NamedTuple):
    """A page that others may read than may send it."""

    get: Permission
    post: Permission


PLAN: Final = Property(pk=1, organization_id=1, key="plan")
TIER: Final = Property(pk=2, organization_id=1, key="tier")

# By module without "surveys." and "actions": surveys.customers.actions.people.add_customer is customers.people.add_customer.
ACTIONS: Final[dict[str, Permission | list[Act]]] = {
    "accounts.domains.ask_for_check": P.MANAGE_ORGANIZATION,
    "accounts.invites.invite": P.MANAGE_PEOPLE,
    "accounts.invites.reopen": P.MANAGE_PEOPLE,
    "accounts.invites.revoke": P.MANAGE_PEOPLE,
    "accounts.invites.send_again": P.MANAGE_PEOPLE,
    "accounts.logos.remove_logo": P.MANAGE_ORGANIZATION,
    "accounts.logos.set_logo": P.MANAGE_ORGANIZATION,
    "accounts.people.change_role": P.MANAGE_PEOPLE,
    "accounts.people.remove": P.MANAGE_PEOPLE,
    "accounts.people.restore": P.MANAGE_PEOPLE,
    "accounts.saved_views.save_view": ANYBODY,
    "accounts.security.require_mfa": P.MANAGE_ORGANIZATION,
    "accounts.security.stop_requiring_mfa": P.MANAGE_ORGANIZATION,
    "accounts.senders.send_link_again": P.MANAGE_ORGANIZATION,
    "accounts.senders.stop_waiting": P.MANAGE_ORGANIZATION,
    "accounts.settings.change_settings": P.MANAGE_ORGANIZATION,
    "accounts.trail.export_trail": P.VIEW_AUDIT,
    "accounts.zones.pause": P.MANAGE_ORGANIZATION,
    "accounts.zones.resume": P.MANAGE_ORGANIZATION,
    "analytics.digests.stop": ANYBODY,
    "analytics.digests.subscribe": ANYBODY,
    "analytics.links.make_link": P.SHARE_FIGURES,
    "analytics.links.revoke": P.SHARE_FIGURES,
    "analytics.exports.note_download": P.EXPORT_CUSTOMERS,
    "analytics.exports.note_table": P.EXPORT_CUSTOMERS,
    "analytics.exports.start_export": P.EXPORT_CUSTOMERS,
    "analytics.exports.stop_export": P.EXPORT_CUSTOMERS,
    "analytics.risk.change_rule": P.EDIT_SEGMENTS,
    "analytics.risk.reset_rule": P.EDIT_SEGMENTS,
    "analytics.views.save": [Act(ANYBODY, {"page": "overview"})],
    "analytics.annotations.annotate": P.MARK_RESPONSES,
    "analytics.annotations.change_annotation": P.MARK_RESPONSES,
    "analytics.annotations.delete_annotation": P.MARK_RESPONSES,
    "analytics.annotations.restore_annotation": P.MARK_RESPONSES,
    "campaigns.running.archive": P.EDIT_CAMPAIGNS,
    "campaigns.running.cancel": P.RUN_CAMPAIGNS,
    "campaigns.exporting.note_people_export": P.EXPORT_CUSTOMERS,
    "campaigns.running.launch": P.RUN_CAMPAIGNS,
    "campaigns.running.pause": P.RUN_CAMPAIGNS,
    "campaigns.running.resume": P.RUN_CAMPAIGNS,
    "campaigns.running.unarchive": P.EDIT_CAMPAIGNS,
    "campaigns.running.undo_launch": P.RUN_CAMPAIGNS,
    "campaigns.translating.add_language": P.EDIT_CAMPAIGNS,
    "campaigns.translating.make_main": P.EDIT_CAMPAIGNS,
    "campaigns.translating.remove_language": P.EDIT_CAMPAIGNS,
    "campaigns.translating.restore_language": P.EDIT_CAMPAIGNS,
    "campaigns.translating.translate": P.EDIT_CAMPAIGNS,
    "campaigns.versions.edited": P.EDIT_CAMPAIGNS,
    "campaigns.writing.add_past": P.EDIT_CAMPAIGNS,
    "campaigns.writing.choose_audience": P.EDIT_CAMPAIGNS,
    "campaigns.writing.choose_rules": P.EDIT_CAMPAIGNS,
    "campaigns.writing.create": P.EDIT_CAMPAIGNS,
    "campaigns.writing.delete": P.EDIT_CAMPAIGNS,
    "campaigns.writing.duplicate": P.EDIT_CAMPAIGNS,
    "campaigns.writing.edit": P.EDIT_CAMPAIGNS,
    "campaigns.writing.edit_message": P.EDIT_CAMPAIGNS,
    "campaigns.writing.restore": P.EDIT_CAMPAIGNS,
    "comments.readings.read_anew": P.EDIT_THEMES,
    "comments.readings.search_themes": P.EDIT_THEMES,
    "comments.readings.stop_reading": P.EDIT_THEMES,
    "comments.rulings.rule_sentiment": P.MARK_RESPONSES,
    "comments.rulings.rule_theme": P.MARK_RESPONSES,
    "comments.rulings.unrule_sentiment": P.MARK_RESPONSES,
    "comments.rulings.unrule_theme": P.MARK_RESPONSES,
    "comments.themes.adopt_starters": P.EDIT_THEMES,
    "comments.themes.change_theme": P.EDIT_THEMES,
    "comments.themes.delete_theme": P.EDIT_THEMES,
    "comments.themes.make_theme": P.EDIT_THEMES,
    "comments.themes.merge_themes": P.EDIT_THEMES,
    "comments.themes.restore_theme": P.EDIT_THEMES,
    "comments.themes.switch_theme": P.EDIT_THEMES,
    "customers.blocking.block": P.EDIT_CUSTOMERS,
    "customers.blocking.lift": P.EDIT_CUSTOMERS,
    "customers.preferences.lift": P.EDIT_CUSTOMERS,
    "customers.asking.change_asking": P.MANAGE_ORGANIZATION,
    "customers.bulk.confirm": [
        Act(P.EDIT_CUSTOMERS, {"change": Change(BulkKind.SET_OWNER)}),
        Act(P.DELETE_CUSTOMERS, {"change": Change(BulkKind.ERASE)}),
    ],
    "customers.bulk.stop": [
        Act(P.EDIT_CUSTOMERS, {"act": BulkAct(kind=BulkKind.SET_OWNER)}),
        Act(P.DELETE_CUSTOMERS, {"act": BulkAct(kind=BulkKind.DELETE)}),
    ],
    "customers.bulk.undo": [Act(P.EDIT_CUSTOMERS, {"act": BulkAct(kind=BulkKind.SET_OWNER)})],
    "customers.event_lists.cancel": P.IMPORT_CUSTOMERS,
    "customers.event_lists.choose_columns": P.IMPORT_CUSTOMERS,
    "customers.event_lists.read_as": P.IMPORT_CUSTOMERS,
    "customers.event_lists.start": P.IMPORT_CUSTOMERS,
    "customers.event_lists.upload": P.IMPORT_CUSTOMERS,
    "customers.import_mappings.forget_mapping": P.IMPORT_CUSTOMERS,
    "customers.import_mappings.rename_mapping": P.IMPORT_CUSTOMERS,
    "customers.imports.cancel": P.IMPORT_CUSTOMERS,
    "customers.imports.choose_columns": P.IMPORT_CUSTOMERS,
    "customers.imports.guess_anew": [Act(P.IMPORT_CUSTOMERS, {"job": ImportJob()})],
    "customers.imports.pause": P.IMPORT_CUSTOMERS,
    "customers.imports.read_as": P.IMPORT_CUSTOMERS,
    "customers.imports.resume": P.IMPORT_CUSTOMERS,
    "customers.imports.start": P.IMPORT_CUSTOMERS,
    "customers.imports.undo": P.IMPORT_CUSTOMERS,
    "customers.imports.upload": P.IMPORT_CUSTOMERS,
    "customers.lists.note_export": P.EXPORT_CUSTOMERS,
    "customers.suppression_lists.note_export": P.EXPORT_CUSTOMERS,
    "customers.suppression_lists.read": P.IMPORT_CUSTOMERS,
    "customers.suppression_lists.start": P.IMPORT_CUSTOMERS,
    "customers.suppression_lists.stop": P.IMPORT_CUSTOMERS,
    "customers.suppression_lists.undo": P.IMPORT_CUSTOMERS,
    "customers.lists.save_list_view": ANYBODY,
    "customers.merging.confirm": P.DELETE_CUSTOMERS,
    "customers.owning.assign_owner": P.EDIT_CUSTOMERS,
    "customers.people.add_customer": P.EDIT_CUSTOMERS,
    "customers.people.change_customer": P.EDIT_CUSTOMERS,
    "customers.properties.change_property": P.MANAGE_PROPERTIES,
    "customers.properties.compare_by": P.MANAGE_PROPERTIES,
    "customers.properties.declare_property": P.MANAGE_PROPERTIES,
    "customers.properties.delete": [Act(P.MANAGE_PROPERTIES, {"found": PLAN})],
    "customers.properties.merge": [Act(P.MANAGE_PROPERTIES, {"found": PLAN, "into": TIER})],
    "customers.properties.move_property": P.MANAGE_PROPERTIES,
    "customers.properties.retype": [Act(P.MANAGE_PROPERTIES, {"found": PLAN})],
    "customers.properties.undo": P.MANAGE_PROPERTIES,
    "customers.segments.change": P.EDIT_SEGMENTS,
    "customers.segments.create": P.EDIT_SEGMENTS,
    "customers.segments.delete": P.EDIT_SEGMENTS,
    "customers.segments.restore": P.EDIT_SEGMENTS,
    "delivery.accounts.remove_account": P.MANAGE_ORGANIZATION,
    "delivery.accounts.save_account": P.MANAGE_ORGANIZATION,
    "delivery.accounts.switch_account": P.MANAGE_ORGANIZATION,
    "delivery.accounts.test_account": P.MANAGE_ORGANIZATION,
    "delivery.enqueue.send_test": P.EDIT_CAMPAIGNS,
    "delivery.linking.export_links": P.EXPORT_CUSTOMERS,
    "delivery.linking.make_link": [Act(P.EDIT_CUSTOMERS, {"customer": Customer(pk=1)})],
    "delivery.linking.make_link_on_wish": P.EDIT_CUSTOMERS,
    "delivery.stopping.look_into": P.RUN_CAMPAIGNS,
    "operations.ending.ask_for_deletion": P.DELETE_ORGANIZATION,
    "operations.ending.keep": P.DELETE_ORGANIZATION,
    "operations.exports.note_download": P.DELETE_ORGANIZATION,
    "operations.exports.start_export": P.DELETE_ORGANIZATION,
    "operations.exports.stop_export": P.DELETE_ORGANIZATION,
    "privacy.let_customers": P.MANAGE_ORGANIZATION,
    "privacy.note_export": P.EXPORT_CUSTOMERS,
    "privacy.say_farewell": [
        Act(P.DELETE_CUSTOMERS, {"customer": Customer(pk=1), "kind": kind})
        for kind in (BulkKind.DELETE, BulkKind.ERASE)
    ],
    "privacy.set_rules": P.MANAGE_ORGANIZATION,
    "responses.judging.count_it": P.EDIT_CUSTOMERS,
    "responses.judging.do_not_count_it": P.EDIT_CUSTOMERS,
    "responses.judging.undo_judgement": P.EDIT_CUSTOMERS,
    "responses.marking.exclude": P.MARK_RESPONSES,
    "responses.marking.include": P.MARK_RESPONSES,
    "responses.marking.tag": P.MARK_RESPONSES,
    "responses.marking.untag": P.MARK_RESPONSES,
    "responses.marking.take_back": P.MARK_RESPONSES,
    "responses.acts.confirm": P.MARK_RESPONSES,
    "responses.acts.stop": P.MARK_RESPONSES,
    "responses.acts.undo": P.MARK_RESPONSES,
    "responses.tagging.find_or_make_tag": P.MARK_RESPONSES,
    "responses.tagging.rename_tag": P.MARK_RESPONSES,
    "responses.tagging.merge_tags": P.MARK_RESPONSES,
    "responses.tagging.delete_tag": P.MARK_RESPONSES,
    "samples.remove": P.DELETE_ORGANIZATION,
}

# Functions that take a membership and ask no permission by role, and why that is right.
NO_PERMISSION: Final[dict[str, str]] = {
    "accounts.people.leave": "one's own membership",
    "accounts.people.one_at_a_time": "a lock; it writes nothing",
    "accounts.people.require_grant": "itself a check",
    "accounts.senders.choose": "called by accounts.settings.change_settings, which asks",
    "analytics.views.change": "as accounts.saved_views.change_view",
    "analytics.views.delete": "as accounts.saved_views.delete_view",
    "accounts.saved_views.change_view": "one's own view, or a shared one for who manages the organization",
    "accounts.saved_views.choose_columns": "one's own columns",
    "accounts.saved_views.delete_view": "one's own view, or a shared one for who manages the organization",
    "accounts.saved_views.may_change": "itself a check",
    "accounts.saved_views.open_with": "one's own habit",
    "customers.import_mappings.remember": "called by customers.imports.choose_columns, which asks",
    "customers.lists.change_list_view": "as accounts.saved_views.change_view",
    "customers.lists.delete_list_view": "as accounts.saved_views.delete_view",
}
