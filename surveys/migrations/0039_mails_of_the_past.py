from datetime import timedelta

from django.db import migrations
from django.utils import timezone

# What was not sent yet is counted when it is, reminders too.
PENDING = """
    UPDATE surveys_delivery SET is_counted = false
    WHERE is_counted IS NULL AND sent_at IS NULL AND state IN ('due', 'claimed', 'sending', 'uncertain')
"""
# What was sent before mails were counted by day and domain: news of it that comes later is a share of it.
PAST = """
    INSERT INTO surveys_maildomainday AS t
        (organization_id, day, domain, sent, delivered, bounced, soft_bounced, complained, unsubscribed)
    SELECT past.organization_id, past.day, left(lower(split_part(past.address, '@', 2)), 253), count(*), 0,
           count(past.bounced_at), 0, count(past.complained_at), count(past.unsubscribed_at)
    FROM (
        SELECT i.organization_id, i.sent_day AS day, coalesce(nullif(d.to_address, ''), c.email, '') AS address,
               i.bounced_at, i.complained_at, i.unsubscribed_at
        FROM surveys_invitation i
        LEFT JOIN surveys_delivery d ON d.invitation_id = i.id AND d.kind = 'ask'
        LEFT JOIN surveys_customer c ON c.id = i.customer_id
        WHERE i.channel = 'email' AND i.sent_day >= %(since)s
        UNION ALL
        SELECT d.organization_id, (d.sent_at AT TIME ZONE o.time_zone)::date, d.to_address, NULL, NULL, NULL
        FROM surveys_delivery d JOIN surveys_organization o ON o.id = d.organization_id
        WHERE d.kind LIKE 'reminder-%%' AND d.is_counted IS NOT FALSE
          AND d.sent_at >= %(since)s::timestamp AT TIME ZONE o.time_zone) past
    WHERE past.address LIKE '%%_@_%%'
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (organization_id, day, domain) DO UPDATE
    SET sent = greatest(t.sent, excluded.sent), bounced = greatest(t.bounced, excluded.bounced),
        complained = greatest(t.complained, excluded.complained), unsubscribed = greatest(t.unsubscribed, excluded.unsubscribed)
"""


def count_the_past(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(PENDING)
        cursor.execute(PAST, {"since": (timezone.now() - timedelta(days=90)).date()})


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0038_what_a_day_had_when_looked_into"),
    ]

    operations = [
        migrations.RunPython(count_the_past, migrations.RunPython.noop, elidable=True),
    ]
