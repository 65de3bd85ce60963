from django.db import migrations

# What was launched looked like this; nothing had a design yet. One that was edited since tells of its newer versions only.
FIRST_VERSIONS = """
    INSERT INTO surveys_campaignversion
        (organization_id, campaign_id, number, design, rules, created_by_id, created_at)
    SELECT organization_id, id, 1, '{}', jsonb_build_object(
        'kind', kind, 'audience', audience, 'exclusions', exclusions, 'trigger', trigger, 'event_kind', event_kind,
        'event_conditions', event_conditions, 'date_property', date_property, 'delay_minutes', delay_minutes,
        'late_days', late_days, 'every_days', every_days, 'throttle_days', throttle_days, 'priority', priority,
        'sample_share', sample_share, 'daily_cap', daily_cap, 'total_cap', total_cap,
        'response_target', response_target, 'send_from', send_from, 'send_until', send_until, 'send_days', send_days,
        'begins_at', begins_at, 'ends_at', ends_at, 'reminders', reminders, 'reminder_days', reminder_days,
        'answer_window_days', answer_window_days
    ), created_by_id, coalesce(launched_at, starts_at, created_at)
    FROM surveys_campaign WHERE status <> 'draft' AND version = 1
    ON CONFLICT (organization_id, campaign_id, number) DO NOTHING
"""
# Campaigns of higher priority go first by when theirs are due.
DUE_TIMES = """
    UPDATE surveys_invitation i SET due_at = d.due_at
    FROM surveys_delivery d
    WHERE d.invitation_id = i.id AND d.kind = 'ask' AND d.state = 'due'
      AND i.channel = 'email' AND i.due_at IS NULL AND i.claimed_at IS NULL
"""
# By the audit trail: those that ended by themselves have no such entry.
CANCELLED = """
    UPDATE surveys_campaign c SET cancelled_at = coalesce(c.ended_at, a.at)
    FROM (
        SELECT organization_id, target_id, max(at) AS at FROM surveys_auditentry
        WHERE action = 'campaign.cancelled' AND target_type = 'campaign' GROUP BY 1, 2
    ) a
    WHERE a.organization_id = c.organization_id AND a.target_id = c.id
      AND c.kind = 'one_off' AND c.status IN ('ended', 'archived') AND c.cancelled_at IS NULL
"""


class Migration(migrations.Migration):
    """What later versions expect of campaigns that were launched before them."""

    dependencies = [
        ("surveys", "0029_cancelled_campaigns"),
    ]

    operations = [
        migrations.RunSQL(FIRST_VERSIONS, migrations.RunSQL.noop),
        migrations.RunSQL(DUE_TIMES, migrations.RunSQL.noop),
        migrations.RunSQL(CANCELLED, migrations.RunSQL.noop),
    ]
