"""Who may do what, action by action and page by page: what tests/test_permissions.py holds the product to.

A new action that takes `by: Membership`, and a new address under /o/<slug>/, needs a line here; until then a test fails
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
    "campaigns.running.archive": P.EDIT_CAMPAIGNS,
    "campaigns.running.cancel": P.RUN_CAMPAIGNS,
    "campaigns.running.launch": P.RUN_CAMPAIGNS,
    "campaigns.running.pause": P.RUN_CAMPAIGNS,
    "campaigns.running.resume": P.RUN_CAMPAIGNS,
    "campaigns.running.unarchive": P.EDIT_CAMPAIGNS,
    "campaigns.running.undo_launch": P.RUN_CAMPAIGNS,
    "campaigns.versions.edited": P.EDIT_CAMPAIGNS,
    "campaigns.writing.add_past": P.EDIT_CAMPAIGNS,
    "campaigns.writing.choose_audience": P.EDIT_CAMPAIGNS,
    "campaigns.writing.create": P.EDIT_CAMPAIGNS,
    "campaigns.writing.delete": P.EDIT_CAMPAIGNS,
    "campaigns.writing.duplicate": P.EDIT_CAMPAIGNS,
    "campaigns.writing.edit": P.EDIT_CAMPAIGNS,
    "campaigns.writing.restore": P.EDIT_CAMPAIGNS,
    "customers.blocking.block": P.EDIT_CUSTOMERS,
    "customers.blocking.lift": P.EDIT_CUSTOMERS,
    "customers.bulk.confirm": [
        Act(P.EDIT_CUSTOMERS, {"change": Change(BulkKind.SET_OWNER)}),
        Act(P.DELETE_CUSTOMERS, {"change": Change(BulkKind.ERASE)}),
    ],
    "customers.bulk.stop": [
        Act(P.EDIT_CUSTOMERS, {"act": BulkAct(kind=BulkKind.SET_OWNER)}),
        Act(P.DELETE_CUSTOMERS, {"act": BulkAct(kind=BulkKind.DELETE)}),
    ],
    "customers.bulk.undo": [Act(P.EDIT_CUSTOMERS, {"act": BulkAct(kind=BulkKind.SET_OWNER)})],
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
    "delivery.enqueue.send_test": P.EDIT_CAMPAIGNS,
    "operations.ending.ask_for_deletion": P.DELETE_ORGANIZATION,
    "operations.ending.keep": P.DELETE_ORGANIZATION,
    "operations.exports.note_download": P.DELETE_ORGANIZATION,
    "operations.exports.start_export": P.DELETE_ORGANIZATION,
    "operations.exports.stop_export": P.DELETE_ORGANIZATION,
    "privacy.note_export": P.EXPORT_CUSTOMERS,
    "privacy.say_farewell": [
        Act(P.DELETE_CUSTOMERS, {"customer": Customer(pk=1), "kind": kind})
        for kind in (BulkKind.DELETE, BulkKind.ERASE)
    ],
    "privacy.set_rules": P.MANAGE_ORGANIZATION,
    "samples.remove": P.DELETE_ORGANIZATION,
}

# Functions that take a membership and ask no permission by role, and why that is right.
NO_PERMISSION: Final[dict[str, str]] = {
    "accounts.people.leave": "one's own membership",
    "accounts.people.one_at_a_time": "a lock; it writes nothing",
    "accounts.people.require_grant": "itself a check",
    "accounts.senders.choose": "called by accounts.settings.change_settings, which asks",
    "accounts.saved_views.change_view": "one's own view, or a shared one for who manages the organization",
    "accounts.saved_views.choose_columns": "one's own columns",
    "accounts.saved_views.delete_view": "one's own view, or a shared one for who manages the organization",
    "accounts.saved_views.may_change": "itself a check",
    "accounts.saved_views.open_with": "one's own habit",
    "customers.import_mappings.remember": "called by customers.imports.choose_columns, which asks",
    "customers.lists.change_list_view": "as accounts.saved_views.change_view",
    "customers.lists.delete_list_view": "as accounts.saved_views.delete_view",
}

# One permission for reading and sending, or Ways.
PAGES: Final[dict[str, Permission | Ways]] = {
    "accounts:settings": Ways(get=ANYBODY, post=P.MANAGE_ORGANIZATION),  # leads others to what they may open
    "accounts:zone_progress": P.MANAGE_ORGANIZATION,
    "accounts:pause_zone": P.MANAGE_ORGANIZATION,
    "accounts:resume_zone": P.MANAGE_ORGANIZATION,
    "accounts:branding": P.MANAGE_ORGANIZATION,
    "accounts:contrast": P.MANAGE_ORGANIZATION,
    "accounts:set_logo": P.MANAGE_ORGANIZATION,
    "accounts:remove_logo": P.MANAGE_ORGANIZATION,
    "accounts:sender": P.MANAGE_ORGANIZATION,
    "accounts:send_sender_link": P.MANAGE_ORGANIZATION,
    "accounts:keep_sender": P.MANAGE_ORGANIZATION,
    "accounts:security": P.MANAGE_ORGANIZATION,
    "accounts:require_mfa": P.MANAGE_ORGANIZATION,
    "accounts:stop_requiring_mfa": P.MANAGE_ORGANIZATION,
    "accounts:people": Ways(get=ANYBODY, post=P.MANAGE_PEOPLE),
    "accounts:leave": ANYBODY,
    "accounts:member_role": P.MANAGE_PEOPLE,
    "accounts:member_remove": P.MANAGE_PEOPLE,
    "accounts:departure_undo": P.MANAGE_PEOPLE,
    "accounts:invite_resend": P.MANAGE_PEOPLE,
    "accounts:invite_revoke": P.MANAGE_PEOPLE,
    "accounts:invite_reopen": P.MANAGE_PEOPLE,
    "accounts:roles": ANYBODY,
    "audit:trail": P.VIEW_AUDIT,
    "audit:export": P.VIEW_AUDIT,
    "analytics:overview": ANYBODY,
    "analytics:campaign": ANYBODY,
    "customers:list": ANYBODY,
    "customers:columns": ANYBODY,
    "customers:export_csv": P.EXPORT_CUSTOMERS,
    "customers:export_xlsx": P.EXPORT_CUSTOMERS,
    "customers:views": ANYBODY,
    "customers:view": ANYBODY,
    "customers:view_delete": Ways(get=ANYBODY, post=P.MANAGE_ORGANIZATION),  # the walk's is another person's
    "customers:view_open": ANYBODY,
    "customers:bulk": P.EDIT_CUSTOMERS,
    "customers:bulk_act": P.EDIT_CUSTOMERS,
    "customers:bulk_stop": P.EDIT_CUSTOMERS,
    "customers:bulk_undo": P.EDIT_CUSTOMERS,
    "customers:duplicates": P.DELETE_CUSTOMERS,
    "customers:merge": P.DELETE_CUSTOMERS,
    "customers:new": P.EDIT_CUSTOMERS,
    "customers:detail": ANYBODY,
    "customers:edit": P.EDIT_CUSTOMERS,
    "customers:assign": P.EDIT_CUSTOMERS,
    "customers:suppressions": Ways(get=ANYBODY, post=P.EDIT_CUSTOMERS),
    "customers:suppression": P.EDIT_CUSTOMERS,
    "customers:filter": ANYBODY,
    "customers:properties": P.MANAGE_PROPERTIES,
    "customers:property": P.MANAGE_PROPERTIES,
    "customers:property_compare": P.MANAGE_PROPERTIES,
    "customers:property_delete": P.MANAGE_PROPERTIES,
    "customers:property_merge": P.MANAGE_PROPERTIES,
    "customers:property_move": P.MANAGE_PROPERTIES,
    "customers:property_new": P.MANAGE_PROPERTIES,
    "customers:property_retype": P.MANAGE_PROPERTIES,
    "customers:property_work": P.MANAGE_PROPERTIES,
    "customers:property_work_undo": P.MANAGE_PROPERTIES,
    "customers:segments": ANYBODY,
    "customers:segment_new": P.EDIT_SEGMENTS,
    "customers:segment": ANYBODY,
    "customers:segment_edit": P.EDIT_SEGMENTS,
    "customers:segment_size": ANYBODY,
    "customers:segment_delete": P.EDIT_SEGMENTS,
    "customers:segment_restore": P.EDIT_SEGMENTS,
    "customers:imports": P.IMPORT_CUSTOMERS,
    "customers:import_history": P.IMPORT_CUSTOMERS,
    "customers:import_mappings": P.IMPORT_CUSTOMERS,
    "customers:import_mapping": P.IMPORT_CUSTOMERS,
    "customers:import_mapping_delete": P.IMPORT_CUSTOMERS,
    "customers:import": P.IMPORT_CUSTOMERS,
    "customers:import_columns": P.IMPORT_CUSTOMERS,
    "customers:import_read": P.IMPORT_CUSTOMERS,
    "customers:import_start": P.IMPORT_CUSTOMERS,
    "customers:import_cancel": P.IMPORT_CUSTOMERS,
    "customers:import_pause": P.IMPORT_CUSTOMERS,
    "customers:import_resume": P.IMPORT_CUSTOMERS,
    "customers:import_undo": P.IMPORT_CUSTOMERS,
    "customers:import_kept": P.IMPORT_CUSTOMERS,
    "customers:import_refused": P.IMPORT_CUSTOMERS,
    "campaigns:list": ANYBODY,
    "campaigns:new": P.EDIT_CAMPAIGNS,
    "campaigns:detail": ANYBODY,
    "campaigns:progress": ANYBODY,
    "campaigns:message": P.EDIT_CAMPAIGNS,
    "campaigns:audience": P.EDIT_CAMPAIGNS,
    "campaigns:check": P.RUN_CAMPAIGNS,
    "campaigns:launch": P.RUN_CAMPAIGNS,
    "campaigns:undo": P.RUN_CAMPAIGNS,
    "campaigns:pause": P.RUN_CAMPAIGNS,
    "campaigns:resume": P.RUN_CAMPAIGNS,
    "campaigns:cancel": P.RUN_CAMPAIGNS,
    "campaigns:duplicate": P.EDIT_CAMPAIGNS,
    "campaigns:delete": P.EDIT_CAMPAIGNS,
    "campaigns:restore": P.EDIT_CAMPAIGNS,
    "delivery:preview": ANYBODY,
    "delivery:calendar": ANYBODY,
    "delivery:uncertain": ANYBODY,
    "delivery:test": P.EDIT_CAMPAIGNS,
    "responses:feed": ANYBODY,
    "responses:detail": ANYBODY,
    "responses:preview": ANYBODY,
    "responses:preview_thanks": ANYBODY,
    "operations:ending": P.DELETE_ORGANIZATION,
    "operations:keep": P.DELETE_ORGANIZATION,
    "operations:export": P.DELETE_ORGANIZATION,
    "operations:export_progress": P.DELETE_ORGANIZATION,
    "operations:export_file": P.DELETE_ORGANIZATION,
    "operations:export_stop": P.DELETE_ORGANIZATION,
    "privacy:settings": P.MANAGE_ORGANIZATION,
    "privacy:person": P.EXPORT_CUSTOMERS,
    "privacy:farewell": P.DELETE_CUSTOMERS,
    "privacy:stay": P.DELETE_CUSTOMERS,
    "samples:progress": ANYBODY,
    "samples:remove": P.DELETE_ORGANIZATION,
}
