"""Campaigns that a person cancelled before there was a moment for it, and asks that were due before they had one."""

from django.db import migrations

# The trail names the act whatever language the reason was written in; a trail that was cut leaves the English words.
_CANCELLED = """
    UPDATE surveys_campaign c SET cancelled_at = coalesce(c.ended_at, c.updated_at)
    WHERE c.cancelled_at IS NULL AND c.status IN ('ended', 'archived') AND c.kind = 'one_off' AND (
        c.status_reason LIKE 'Cancelled by %' OR EXISTS (
            SELECT 1 FROM surveys_auditentry a
            WHERE a.organization_id = c.organization_id AND a.target_type = 'campaign' AND a.target_id = c.id
              AND a.action = 'campaign.cancelled'))
"""
# A campaign that goes first is known by the moment at which its asks are due.
_DUE = """
    UPDATE surveys_invitation i SET due_at = d.due_at FROM surveys_delivery d
    WHERE i.due_at IS NULL AND i.claimed_at IS NULL AND i.sent_at IS NULL
      AND d.invitation_id = i.id AND d.kind = 'ask' AND d.state = 'due'
"""


class Migration(migrations.Migration):
    dependencies = [("surveys", "0029_cancelled_campaigns")]

    operations = [
        migrations.RunSQL(_CANCELLED, migrations.RunSQL.noop),
        migrations.RunSQL(_DUE, migrations.RunSQL.noop),
    ]
