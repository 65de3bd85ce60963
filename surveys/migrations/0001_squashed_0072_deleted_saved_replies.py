"""All migrations up to here in one, for databases that are new: one after the other they take ten times as long.

Databases that have some of them go on with the rest. Statements of SQL and functions are taken from where they were
written; what only moves rows of before is left out, for there are none.
"""

import datetime
from importlib import import_module

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import BtreeGinExtension, TrigramExtension
from django.db import migrations, models

from surveys.core.at_once import CreateModels

# What is neither a table nor an index.
BESIDES = (
    "0002_unlogged_tables",
    "0003_cache_table",
    "0010_the_audit_trail_is_kept",
    "0019_begun_deletions_go_on",
    "0024_allowed_times",
)


class Migration(migrations.Migration):
    replaces = [
        ("surveys", "0001_initial"),
        ("surveys", "0002_unlogged_tables"),
        ("surveys", "0003_cache_table"),
        ("surveys", "0004_less_to_look_through"),
        ("surveys", "0005_history_of_customers"),
        ("surveys", "0006_segments"),
        ("surveys", "0007_lists_and_bulk_acts"),
        ("surveys", "0008_required_mfa"),
        ("surveys", "0009_governance"),
        ("surveys", "0010_the_audit_trail_is_kept"),
        ("surveys", "0011_colleagues"),
        ("surveys", "0012_imports_in_full"),
        ("surveys", "0013_privacy"),
        ("surveys", "0014_identity_and_settings"),
        ("surveys", "0015_properties_in_full"),
        ("surveys", "0016_retention_starts"),
        ("surveys", "0017_retention_cursor"),
        ("surveys", "0018_no_check_of_property_sets"),
        ("surveys", "0019_begun_deletions_go_on"),
        ("surveys", "0020_merging_waits"),
        ("surveys", "0021_how_long_is_too_long"),
        ("surveys", "0022_stopped_imports"),
        ("surveys", "0023_the_campaign_engine"),
        ("surveys", "0024_allowed_times"),
        ("surveys", "0025_progress_in_figures"),
        ("surveys", "0026_reminders_of_a_campaign"),
        ("surveys", "0027_sending_domains"),
        ("surveys", "0028_lists_of_events"),
        ("surveys", "0029_cancelled_campaigns"),
        ("surveys", "0030_campaigns_from_before_the_engine"),
        ("surveys", "0031_delivery_that_can_be_trusted"),
        ("surveys", "0032_answers_that_settle_again"),
        ("surveys", "0033_counts_of_mails"),
        ("surveys", "0034_paces_that_are_booked"),
        ("surveys", "0035_what_providers_tell"),
        ("surveys", "0036_what_customers_may_do"),
        ("surveys", "0037_sources_of_translations"),
        ("surveys", "0038_what_a_day_had_when_looked_into"),
        ("surveys", "0039_mails_of_the_past"),
        ("surveys", "0040_analytics_of_everything"),
        ("surveys", "0041_marks_and_tags"),
        ("surveys", "0042_comments_read"),
        ("surveys", "0043_regroupings"),
        ("surveys", "0044_people_over_time"),
        ("surveys", "0045_asks_by_day"),
        ("surveys", "0046_why_all_is_read"),
        ("surveys", "0047_scans"),
        ("surveys", "0048_asks_of_a_customer"),
        ("surveys", "0049_indexes_that_answer_alone"),
        ("surveys", "0050_by_day_slim"),
        ("surveys", "0051_rules_about_risk_lean_on_segments"),
        ("surveys", "0052_asks_in_vain_and_commented"),
        ("surveys", "0053_comments_that_cannot_be_read"),
        ("surveys", "0054_doubts_are_counted_by_their_index"),
        ("surveys", "0055_scans_of_people"),
        ("surveys", "0056_loop"),
        ("surveys", "0057_rules_look_back"),
        ("surveys", "0058_inbox_acts"),
        ("surveys", "0059_runs_without_constraints"),
        ("surveys", "0060_conversations_let_go"),
        ("surveys", "0061_left_out"),
        ("surveys", "0062_hooks_and_alerts"),
        ("surveys", "0063_referrals"),
        ("surveys", "0064_teams_that_were_and_keys_of_drafts"),
        ("surveys", "0065_conversations_by_words_and_touch"),
        ("surveys", "0066_runs_links_and_letters"),
        ("surveys", "0067_mail_that_came_in"),
        ("surveys", "0068_log_of_rules_by_time"),
        ("surveys", "0069_removed_hooks"),
        ("surveys", "0070_conversations_handed_over"),
        ("surveys", "0071_words_of_subjects"),
        ("surveys", "0072_deleted_saved_replies"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        TrigramExtension(),
        BtreeGinExtension(),
        CreateModels(
            [
                migrations.CreateModel(
                    name="Batch",
                    fields=[
                        ("owner", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("queue", models.CharField(choices=[("email", "Email"), ("bulk", "Bulk")], max_length=8)),
                        ("claimed_at", models.DateTimeField()),
                        ("lease_until", models.DateTimeField()),
                        ("route", models.CharField(blank=True, db_default="", default="", max_length=40)),
                    ],
                    options={
                        "verbose_name_plural": "batches",
                    },
                ),
                migrations.CreateModel(
                    name="User",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                        (
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        ("email", models.EmailField(max_length=254, unique=True, verbose_name="email address")),
                        ("name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                        ("is_staff", models.BooleanField(default=False, verbose_name="instance administrator")),
                        ("is_active", models.BooleanField(default=True)),
                        ("date_joined", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "groups",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.group",
                                verbose_name="groups",
                            ),
                        ),
                        (
                            "user_permissions",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Specific permissions for this user.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.permission",
                                verbose_name="user permissions",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("email"), name="one_user_per_address"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Organization",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=100, verbose_name="name")),
                        ("slug", models.SlugField(max_length=60, unique=True)),
                        ("time_zone", models.CharField(default="UTC", max_length=64, verbose_name="time zone")),
                        (
                            "week_start",
                            models.PositiveSmallIntegerField(default=1, verbose_name="first day of the week"),
                        ),
                        ("default_language", models.CharField(default="en", max_length=12, verbose_name="language")),
                        ("brand_color", models.CharField(default="#0b6e66", max_length=7, verbose_name="brand colour")),
                        ("sender_name", models.CharField(blank=True, max_length=100, verbose_name="sender name")),
                        ("sender_email", models.EmailField(blank=True, max_length=254, verbose_name="sender address")),
                        ("reply_to", models.EmailField(blank=True, max_length=254, verbose_name="reply-to address")),
                        ("postal_address", models.CharField(blank=True, max_length=300, verbose_name="postal address")),
                        (
                            "throttle_days",
                            models.PositiveSmallIntegerField(
                                default=90,
                                validators=[
                                    django.core.validators.MinValueValidator(0),
                                    django.core.validators.MaxValueValidator(3650),
                                ],
                                verbose_name="days between two asks of a person",
                            ),
                        ),
                        ("is_sample", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("requires_mfa", models.BooleanField(default=False)),
                        (
                            "customers_limit",
                            models.PositiveIntegerField(blank=True, null=True, verbose_name="most customers"),
                        ),
                        ("deletes_at", models.DateTimeField(null=True)),
                        ("deletion_began_at", models.DateTimeField(null=True)),
                        (
                            "mails_a_day_limit",
                            models.PositiveIntegerField(blank=True, null=True, verbose_name="most survey mails a day"),
                        ),
                        ("suspended_at", models.DateTimeField(null=True)),
                        ("suspension_reason", models.CharField(blank=True, default="", max_length=300)),
                        (
                            "erasure_keeps_counts",
                            models.BooleanField(default=True, verbose_name="scores of erased customers go on counting"),
                        ),
                        ("logo_digest", models.CharField(blank=True, default="", max_length=32)),
                        ("logo_height", models.PositiveSmallIntegerField(default=0)),
                        ("logo_width", models.PositiveSmallIntegerField(default=0)),
                        ("wanted_sender_email", models.EmailField(blank=True, default="", max_length=254)),
                        ("account_gap_days", models.PositiveSmallIntegerField(default=0)),
                        ("account_property", models.CharField(blank=True, default="", max_length=60)),
                        (
                            "mails_a_minute_limit",
                            models.PositiveIntegerField(
                                blank=True, null=True, verbose_name="most survey mails a minute"
                            ),
                        ),
                        (
                            "customers_may_correct",
                            models.BooleanField(
                                db_default=True,
                                default=True,
                                verbose_name="customers may correct their name and language",
                            ),
                        ),
                        (
                            "customers_may_take_data",
                            models.BooleanField(
                                db_default=True,
                                default=True,
                                verbose_name="customers may download and erase their data",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("week_start__gte", 1), ("week_start__lte", 7)),
                                name="week_start_is_iso",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("deletion_began_at", None),
                                    ("deletion_began_at__gte", models.F("deletes_at")),
                                    _connector="OR",
                                ),
                                name="deletion_was_announced",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Pace",
                    fields=[
                        ("key", models.CharField(max_length=320, primary_key=True, serialize=False)),
                        ("tokens", models.FloatField()),
                        ("filled_at", models.DateTimeField()),
                        ("slowed_rate", models.FloatField(null=True)),
                        ("slowed_until", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, default="", max_length=300)),
                        ("booked_until", models.DateTimeField(null=True)),
                        ("slowed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("slowed_until__isnull", False)),
                                fields=["slowed_until"],
                                name="pace_slowed",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RouteState",
                    fields=[
                        ("route", models.CharField(max_length=40, primary_key=True, serialize=False)),
                        ("unreachable_until", models.DateTimeField(null=True)),
                        ("failures", models.PositiveIntegerField(default=0)),
                        ("problem", models.CharField(blank=True, default="", max_length=500)),
                        ("claimed_at", models.DateTimeField(null=True)),
                        ("updated_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="SharedSuppression",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("address_hash", models.CharField(max_length=64, unique=True)),
                        ("reason", models.CharField(max_length=12)),
                        ("at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="UnreadEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("route", models.CharField(blank=True, max_length=40)),
                        ("provider", models.CharField(max_length=20)),
                        ("received_at", models.DateTimeField()),
                        ("problem", models.CharField(max_length=300)),
                        ("raw", models.TextField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["-received_at"], name="unread_newest_first")],
                    },
                ),
                migrations.CreateModel(
                    name="MailMinute",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("minute", models.DateTimeField()),
                        ("slot", models.SmallIntegerField()),
                        ("sent", models.BigIntegerField(db_default=0, default=0)),
                        ("delivered", models.BigIntegerField(db_default=0, default=0)),
                        ("bounced", models.BigIntegerField(db_default=0, default=0)),
                        ("soft_bounced", models.BigIntegerField(db_default=0, default=0)),
                        ("complained", models.BigIntegerField(db_default=0, default=0)),
                        ("unsubscribed", models.BigIntegerField(db_default=0, default=0)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("minute", "slot"), name="one_row_per_minute_and_slot")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Wake",
                    fields=[
                        ("queue", models.CharField(max_length=8, primary_key=True, serialize=False)),
                        ("at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="SpentSignature",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("provider", models.CharField(max_length=40)),
                        ("token", models.CharField(max_length=64)),
                        ("mail", models.CharField(max_length=64)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["at"], name="signature_prune")],
                        "constraints": [
                            models.UniqueConstraint(fields=("provider", "token"), name="one_post_per_signature")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Campaign",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=100, verbose_name="name")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("one_off", "One-off"),
                                    ("recurring", "Recurring"),
                                    ("triggered", "Triggered"),
                                ],
                                default="one_off",
                                max_length=10,
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("scheduled", "Scheduled"),
                                    ("live", "Live"),
                                    ("paused", "Paused"),
                                    ("ended", "Ended"),
                                    ("archived", "Archived"),
                                ],
                                default="draft",
                                max_length=10,
                            ),
                        ),
                        ("status_reason", models.CharField(blank=True, max_length=300)),
                        ("audience", models.JSONField(default=dict)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("wave", models.PositiveIntegerField(default=0)),
                        ("answer_window_days", models.PositiveSmallIntegerField(default=90)),
                        ("throttle_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("starts_at", models.DateTimeField(null=True)),
                        ("launched_at", models.DateTimeField(null=True)),
                        ("paused_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("plan_cursor", models.BigIntegerField(default=0)),
                        ("planned_at", models.DateTimeField(null=True)),
                        ("audience_size", models.PositiveIntegerField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("archived_at", models.DateTimeField(null=True)),
                        ("begins_at", models.DateTimeField(null=True)),
                        ("daily_cap", models.PositiveIntegerField(null=True)),
                        ("date_property", models.CharField(blank=True, default="", max_length=60)),
                        ("delay_minutes", models.IntegerField(default=0)),
                        ("ends_at", models.DateTimeField(null=True)),
                        ("event_conditions", models.JSONField(default=dict)),
                        ("event_kind", models.CharField(blank=True, default="", max_length=60)),
                        ("every_days", models.PositiveSmallIntegerField(null=True)),
                        ("exclusions", models.JSONField(default=dict)),
                        ("late_days", models.PositiveSmallIntegerField(default=7)),
                        ("plan_day", models.DateField(null=True)),
                        (
                            "priority",
                            models.PositiveSmallIntegerField(
                                choices=[(1, "Low"), (2, "Normal"), (3, "High"), (4, "Highest")], default=2
                            ),
                        ),
                        ("reminder_days", models.PositiveSmallIntegerField(default=5)),
                        ("reminders", models.PositiveSmallIntegerField(default=0)),
                        ("response_target", models.PositiveIntegerField(null=True)),
                        ("sample_share", models.PositiveSmallIntegerField(default=10000)),
                        ("send_days", models.PositiveSmallIntegerField(default=127)),
                        ("send_from", models.TimeField(null=True)),
                        ("send_until", models.TimeField(null=True)),
                        ("total_cap", models.PositiveIntegerField(null=True)),
                        (
                            "trigger",
                            models.CharField(
                                blank=True,
                                choices=[("event", "Event"), ("date", "Date property")],
                                default="",
                                max_length=10,
                            ),
                        ),
                        ("cancelled_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="campaign_newest_first"),
                            models.Index(fields=["status", "starts_at"], name="campaign_starting"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("sample_share__gte", 1), ("sample_share__lte", 10000)),
                                name="sample_share_is_a_share",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("send_from", None), ("send_until", None)),
                                    ("send_from__lt", models.F("send_until")),
                                    _connector="OR",
                                ),
                                name="sending_hours_are_a_window",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("send_days__gte", 1), ("send_days__lte", 127)),
                                name="some_day_is_for_sending",
                            ),
                            models.CheckConstraint(condition=models.Q(("reminders__lte", 3)), name="few_reminders"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "recurring"), _negated=True),
                                    ("every_days__gte", 1),
                                    _connector="OR",
                                ),
                                name="what_recurs_has_an_interval",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "triggered"), _negated=True),
                                    models.Q(
                                        ("delay_minutes__gte", 0),
                                        ("trigger", "event"),
                                        models.Q(("event_kind", ""), _negated=True),
                                    ),
                                    models.Q(("trigger", "date"), models.Q(("date_property", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="what_is_triggered_has_a_trigger",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("owner", "Owner"),
                                    ("admin", "Admin"),
                                    ("agent", "Agent"),
                                    ("analyst", "Analyst"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to="surveys.organization",
                            ),
                        ),
                        ("last_seen_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "user"), name="one_membership_per_user")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=40)),
                        ("object_id", models.BigIntegerField()),
                        ("payload", models.JSONField(default=dict)),
                        ("at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("handled_at", models.DateTimeField(null=True)),
                        ("error", models.TextField(blank=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("handled_at__isnull", True)), fields=["due_at"], name="event_due"
                            ),
                            models.Index(
                                condition=models.Q(("handled_at__isnull", False)),
                                fields=["handled_at"],
                                name="event_prune",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClickEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("invitation_id", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("kind", models.CharField(max_length=12)),
                        ("score", models.PositiveSmallIntegerField(null=True)),
                        ("network", models.CharField(blank=True, default="", max_length=43)),
                        ("user_agent", models.CharField(blank=True, default="", max_length=300)),
                        ("signals", models.JSONField(default=dict)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "invitation_id", "at"], name="click_of_invitation"),
                            django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="click_prune"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AuditEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("actor_id", models.BigIntegerField(null=True)),
                        ("actor_email", models.CharField(blank=True, max_length=254)),
                        ("action", models.CharField(max_length=60)),
                        ("target_type", models.CharField(blank=True, max_length=40)),
                        ("target_id", models.BigIntegerField(null=True)),
                        ("target_name", models.CharField(blank=True, max_length=255)),
                        ("details", models.JSONField(default=dict)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("agent", models.CharField(blank=True, default="", max_length=300)),
                        ("ip", models.GenericIPAddressField(null=True)),
                        ("is_operator", models.BooleanField(default=False)),
                        (
                            "via",
                            models.CharField(
                                choices=[
                                    ("web", "Web page"),
                                    ("api", "API"),
                                    ("task", "Background work"),
                                    ("command", "Command line"),
                                ],
                                default="web",
                                max_length=8,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-at", "-id"], name="audit_newest_first"),
                            models.Index(
                                fields=["organization", "target_type", "target_id", "-at", "-id"],
                                name="audit_of_target",
                            ),
                            models.Index(fields=["organization", "actor_id", "-at", "-id"], name="audit_of_person"),
                            models.Index(fields=["organization", "action", "-at", "-id"], name="audit_of_action"),
                        ],
                        "verbose_name_plural": "audit entries",
                    },
                ),
                migrations.CreateModel(
                    name="Property",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=60)),
                        ("label", models.CharField(max_length=100)),
                        (
                            "type",
                            models.CharField(
                                choices=[
                                    ("text", "Text"),
                                    ("number", "Number"),
                                    ("boolean", "Yes or no"),
                                    ("date", "Date"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("segmentable", models.BooleanField(default=False)),
                        ("position", models.PositiveSmallIntegerField(default=0)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("visible_to_agents", models.BooleanField(default=True)),
                    ],
                    options={
                        "verbose_name_plural": "properties",
                        "ordering": ["position", "id"],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "key"), name="one_property_per_key")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PropertySet",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("values", models.JSONField(default=dict)),
                        (
                            "digest",
                            models.GeneratedField(
                                db_persist=True,
                                expression=django.db.models.functions.text.MD5(
                                    django.db.models.functions.comparison.Cast("values", models.TextField())
                                ),
                                output_field=models.CharField(max_length=32),
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "digest"), name="one_row_per_combination")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Sample",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "step",
                            models.CharField(
                                choices=[
                                    ("customers", "Inventing customers"),
                                    ("history", "Two years of answers"),
                                    ("launch", "Launching a campaign"),
                                    ("ready", "Ready"),
                                ],
                                default="customers",
                                max_length=10,
                            ),
                        ),
                        ("error", models.CharField(blank=True, default="", max_length=300)),
                        ("created_at", models.DateTimeField()),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "owner",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Suppression",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("address_hash", models.CharField(max_length=64)),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("unsubscribed", "Unsubscribed"),
                                    ("bounced", "Address bounced"),
                                    ("complained", "Complained"),
                                    ("blocked", "Do not mail"),
                                    ("erased", "Erased on request"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("source", models.CharField(blank=True, max_length=60)),
                        ("at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "address_hash"), name="one_suppression_per_address"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Segment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=100, verbose_name="name")),
                        ("description", models.CharField(blank=True, max_length=300, verbose_name="description")),
                        ("conditions", models.JSONField(default=dict)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                name="one_segment_per_name",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BulkAct",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("property", "Set a property"),
                                    ("owner", "Set the owner"),
                                    ("language", "Set the language"),
                                    ("time_zone", "Set the time zone"),
                                    ("suppress", "Do not mail"),
                                    ("lift", "Mail again"),
                                    ("delete", "Delete"),
                                    ("erase", "Erase personal data"),
                                    ("merge", "Merge two customers"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("key", models.CharField(blank=True, max_length=60)),
                        ("value", models.JSONField(null=True)),
                        ("ids", models.JSONField(null=True)),
                        ("query", models.TextField(blank=True)),
                        ("last_id", models.BigIntegerField()),
                        ("total", models.PositiveIntegerField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("waiting", "About to start"),
                                    ("running", "In work"),
                                    ("done", "Done"),
                                    ("cancelled", "Stopped"),
                                    ("undoing", "Being undone"),
                                    ("undone", "Undone"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                        ("started_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("cursor", models.BigIntegerField(default=0)),
                        ("seen", models.PositiveIntegerField(default=0)),
                        ("changed", models.PositiveIntegerField(default=0)),
                        ("restored", models.PositiveIntegerField(default=0)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("form", models.UUIDField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="bulk_act_newest_first"),
                            models.Index(
                                condition=models.Q(("status__in", ["waiting", "running", "undoing"])),
                                fields=["starts_at"],
                                name="bulk_act_in_work",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("form__isnull", False), ("status__in", ["waiting", "running", "done"])
                                ),
                                fields=("organization", "form"),
                                name="one_bulk_act_per_form",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SavedView",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("page", models.CharField(max_length=20)),
                        ("name", models.CharField(max_length=60, verbose_name="name")),
                        ("query", models.TextField(blank=True)),
                        ("is_shared", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                models.F("page"),
                                models.F("user"),
                                django.db.models.functions.text.Lower("name"),
                                name="one_view_per_name",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MailDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("taken", models.PositiveIntegerField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "day"), name="one_count_of_mails_per_day")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrganizationExport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("running", "Running"),
                                    ("done", "Ready"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Stopped"),
                                ],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("tables", models.PositiveSmallIntegerField(default=0)),
                        ("tables_done", models.PositiveSmallIntegerField(default=0)),
                        ("rows", models.BigIntegerField(default=0)),
                        ("size", models.BigIntegerField(default=0)),
                        ("error", models.CharField(blank=True, default="", max_length=300)),
                        ("finished_at", models.DateTimeField(null=True)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["organization", "-id"], name="export_newest_first")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("status", "running")),
                                fields=("organization",),
                                name="one_export_at_a_time",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ColleagueInvite",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("email", models.EmailField(max_length=254)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("owner", "Owner"),
                                    ("admin", "Admin"),
                                    ("agent", "Agent"),
                                    ("analyst", "Analyst"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("accepted_at", models.DateTimeField(null=True)),
                        ("revoked_at", models.DateTimeField(null=True)),
                        (
                            "invited_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-created_at"], name="colleague_invite_newest_first"),
                            models.Index(
                                condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                                fields=["email"],
                                name="open_invites_of_address",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                                fields=("organization", "email"),
                                name="one_open_invite_per_address",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Departure",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("owner", "Owner"),
                                    ("admin", "Admin"),
                                    ("agent", "Agent"),
                                    ("analyst", "Analyst"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("member_since", models.DateTimeField()),
                        ("left_at", models.DateTimeField()),
                        ("undo_until", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "removed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["undo_until"], name="departure_settles")],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "user"), name="one_departure_per_user")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ImportMapping",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=100)),
                        ("header_digest", models.CharField(max_length=64)),
                        ("columns", models.JSONField()),
                        ("created_at", models.DateTimeField()),
                        ("used_at", models.DateTimeField()),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "header_digest"), name="one_mapping_per_header"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RetentionRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "subject",
                            models.CharField(
                                choices=[
                                    ("responses", "Responses"),
                                    ("comments", "Comments"),
                                    ("people", "Personal data of customers"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "act",
                            models.CharField(choices=[("anonymize", "Anonymize"), ("delete", "Delete")], max_length=10),
                        ),
                        (
                            "months",
                            models.PositiveSmallIntegerField(
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(240),
                                ]
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "subject"), name="one_retention_rule_per_subject"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RetentionRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "subject",
                            models.CharField(
                                choices=[
                                    ("responses", "Responses"),
                                    ("comments", "Comments"),
                                    ("people", "Personal data of customers"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "act",
                            models.CharField(choices=[("anonymize", "Anonymize"), ("delete", "Delete")], max_length=10),
                        ),
                        ("before", models.DateTimeField()),
                        ("affected", models.PositiveIntegerField(default=0)),
                        ("started_at", models.DateTimeField()),
                        ("heartbeat_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("cursor", models.BigIntegerField(default=0)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["organization", "-id"], name="retention_newest_first")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("finished_at", None)),
                                fields=("organization", "subject"),
                                name="one_open_retention_run",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrganizationSlug",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("slug", models.SlugField(max_length=60, unique=True)),
                        ("created_at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="slugs",
                                to="surveys.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Logo",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("digest", models.CharField(max_length=32)),
                        ("png", models.BinaryField()),
                        ("width", models.PositiveSmallIntegerField()),
                        ("height", models.PositiveSmallIntegerField()),
                        ("created_at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["digest"], name="logo_by_digest")],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "digest"), name="one_logo_per_picture")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SenderAddress",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("address", models.EmailField(max_length=254)),
                        ("created_at", models.DateTimeField()),
                        ("mailed_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField(null=True)),
                        ("verified_at", models.DateTimeField(null=True)),
                        (
                            "verified_how",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("link", "by the link mailed to it"),
                                    ("operator", "by the operator of this server"),
                                    ("in_use", "in use before addresses were confirmed"),
                                ],
                                default="",
                                max_length=10,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "requested_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("address"),
                                name="one_row_per_sender_address",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ZoneChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("before", models.CharField(max_length=64)),
                        ("after", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("running", "Running"),
                                    ("paused", "Paused"),
                                    ("done", "Done"),
                                    ("replaced", "Replaced by a later change"),
                                ],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        (
                            "phase",
                            models.CharField(
                                choices=[
                                    ("responses", "Responses"),
                                    ("invitations", "Invitations"),
                                    ("latecomers", "What came meanwhile"),
                                ],
                                default="responses",
                                max_length=12,
                            ),
                        ),
                        ("cursor_at", models.DateTimeField(null=True)),
                        ("cursor_id", models.BigIntegerField(default=0)),
                        ("total", models.PositiveIntegerField(default=0)),
                        ("looked_at", models.PositiveIntegerField(default=0)),
                        ("moved", models.PositiveIntegerField(default=0)),
                        ("due_at", models.DateTimeField()),
                        ("created_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-created_at"], name="zone_change_of"),
                            models.Index(
                                condition=models.Q(("state", "running")), fields=["due_at"], name="zone_change_due"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ["running", "paused"])),
                                fields=("organization",),
                                name="one_zone_change_at_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccountAsk",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("value", models.CharField(max_length=255)),
                        ("last_asked_at", models.DateTimeField(null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "value"), name="one_row_per_account")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EventKind",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=60)),
                        ("fields", models.JSONField(default=dict)),
                        ("first_at", models.DateTimeField()),
                        ("last_at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "name"), name="one_event_kind_per_name")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DomainCheck",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("domain", models.CharField(max_length=253)),
                        ("reply_domain", models.CharField(max_length=253)),
                        ("selectors", models.JSONField(default=list)),
                        ("asked_at", models.DateTimeField()),
                        ("checked_at", models.DateTimeField(null=True)),
                        ("findings", models.JSONField(default=list)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "domain"), name="one_check_per_domain")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EventList",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("file_name", models.CharField(max_length=255)),
                        ("size", models.BigIntegerField()),
                        (
                            "format",
                            models.CharField(
                                choices=[("csv", "CSV"), ("excel", "Excel"), ("json_lines", "JSON Lines")],
                                default="csv",
                                max_length=10,
                            ),
                        ),
                        ("encoding", models.CharField(max_length=16)),
                        ("separator", models.CharField(max_length=1)),
                        ("sheet", models.CharField(blank=True, default="", max_length=100)),
                        ("sheets", models.JSONField(default=list)),
                        ("columns", models.JSONField(default=list)),
                        ("kind", models.CharField(blank=True, default="", max_length=60)),
                        ("time_zone", models.CharField(max_length=64)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("uploaded", "Columns to check"),
                                    ("checking", "Checking"),
                                    ("checked", "Checked"),
                                    ("running", "Taking in"),
                                    ("done", "Taken in"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Stopped"),
                                ],
                                default="uploaded",
                                max_length=10,
                            ),
                        ),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("bytes_read", models.BigIntegerField(default=0)),
                        ("line", models.PositiveIntegerField(default=0)),
                        ("lines", models.PositiveIntegerField(default=0)),
                        ("new", models.PositiveIntegerField(default=0)),
                        ("duplicate", models.PositiveIntegerField(default=0)),
                        ("refused", models.PositiveIntegerField(default=0)),
                        ("blank", models.PositiveIntegerField(default=0)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="event_list_newest_first"),
                            models.Index(
                                condition=models.Q(("status__in", ["checking", "running"])),
                                fields=["heartbeat_at"],
                                name="event_list_in_work",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DeliveryEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("route", models.CharField(blank=True, max_length=40)),
                        ("key", models.CharField(max_length=100)),
                        ("delivery_id", models.BigIntegerField(null=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("accepted", "Accepted"),
                                    ("delayed", "Delayed"),
                                    ("delivered", "Delivered"),
                                    ("soft_bounced", "Bounced for now"),
                                    ("bounced", "Bounced"),
                                    ("rejected", "Refused by the provider"),
                                    ("failed", "Failed at the provider"),
                                    ("complained", "Reported as spam"),
                                    ("unsubscribed", "Unsubscribed at the provider"),
                                    ("other", "Something else"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("received_at", models.DateTimeField()),
                        ("address_hash", models.CharField(blank=True, default="", max_length=64)),
                        ("domain", models.CharField(blank=True, default="", max_length=253)),
                        ("said", models.CharField(blank=True, default="", max_length=500)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.organization",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("delivery_id__isnull", False)),
                                fields=["delivery_id", "at"],
                                name="event_of_delivery",
                            ),
                            models.Index(fields=["organization", "-received_at"], name="told_newest_first"),
                            django.contrib.postgres.indexes.BrinIndex(
                                fields=["received_at"], name="delivery_event_prune"
                            ),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        (
                                            "delivered",
                                            "soft_bounced",
                                            "bounced",
                                            "rejected",
                                            "complained",
                                            "unsubscribed",
                                        ),
                                    )
                                ),
                                fields=["organization", "address_hash", "at"],
                                name="told_of_address",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("route", "key"), name="one_event_of_a_provider")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MailAccount",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "provider",
                            models.CharField(
                                choices=[
                                    ("smtp", "SMTP server"),
                                    ("amazon_ses", "Amazon SES"),
                                    ("brevo", "Brevo"),
                                    ("mailersend", "MailerSend"),
                                    ("mailgun", "Mailgun"),
                                    ("mailjet", "Mailjet"),
                                    ("mailtrap", "Mailtrap"),
                                    ("mandrill", "Mandrill (Mailchimp Transactional)"),
                                    ("postal", "Postal"),
                                    ("postmark", "Postmark"),
                                    ("resend", "Resend"),
                                    ("scaleway", "Scaleway"),
                                    ("sendgrid", "SendGrid"),
                                    ("sparkpost", "SparkPost"),
                                    ("unisender_go", "Unisender Go"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("options", models.JSONField(default=dict)),
                        ("secrets", models.TextField(blank=True, default="")),
                        ("is_on", models.BooleanField(default=False)),
                        ("mails_a_second", models.FloatField(blank=True, null=True)),
                        ("checked_at", models.DateTimeField(null=True)),
                        ("problem", models.CharField(blank=True, default="", max_length=500)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="mail_account",
                                to="surveys.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="MailDomainDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("domain", models.CharField(max_length=253)),
                        ("sent", models.PositiveIntegerField(db_default=0, default=0)),
                        ("delivered", models.PositiveIntegerField(db_default=0, default=0)),
                        ("bounced", models.PositiveIntegerField(db_default=0, default=0)),
                        ("soft_bounced", models.PositiveIntegerField(db_default=0, default=0)),
                        ("complained", models.PositiveIntegerField(db_default=0, default=0)),
                        ("unsubscribed", models.PositiveIntegerField(db_default=0, default=0)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "day", "domain"), name="one_row_per_domain_and_day"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MailHealth",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("counted_from", models.DateField(null=True)),
                        ("stopped_at", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, default="", max_length=300)),
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="mail_health",
                                to="surveys.organization",
                            ),
                        ),
                        ("had_bounced", models.IntegerField(db_default=0, default=0)),
                        ("had_complained", models.IntegerField(db_default=0, default=0)),
                        ("had_sent", models.IntegerField(db_default=0, default=0)),
                        ("looked_into_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="SuppressionList",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=255)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("checked", "Waits for you"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("stopped", "Stopped"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("lines", models.PositiveIntegerField()),
                        ("good", models.PositiveIntegerField()),
                        ("repeated", models.PositiveIntegerField()),
                        ("refused", models.PositiveIntegerField()),
                        ("known", models.PositiveIntegerField()),
                        ("cursor", models.PositiveIntegerField(default=0)),
                        ("added", models.PositiveIntegerField(default=0)),
                        ("marked", models.PositiveIntegerField(default=0)),
                        ("finished_at", models.DateTimeField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="suppression_list_newest"),
                            models.Index(
                                condition=models.Q(("status", "running")),
                                fields=["id"],
                                name="suppression_list_running",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FigureExport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("running", "In work"),
                                    ("done", "Done"),
                                    ("cancelled", "Stopped"),
                                    ("failed", "Failed"),
                                ],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        ("total", models.BigIntegerField(default=0)),
                        ("seen", models.BigIntegerField(default=0)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("query", models.TextField(blank=True)),
                        ("form", models.CharField(max_length=4)),
                        ("rows", models.BigIntegerField(default=0)),
                        ("size", models.BigIntegerField(default=0)),
                        ("cursor", models.CharField(blank=True, default="", max_length=80)),
                        ("expires_at", models.DateTimeField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="figure_export_newest"),
                            models.Index(
                                condition=models.Q(("status", "running")),
                                fields=["heartbeat_at"],
                                name="figure_export_in_work",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Lesson",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=12)),
                        ("version", models.PositiveIntegerField()),
                        ("weights", models.BinaryField()),
                        ("quality", models.JSONField(default=dict)),
                        ("comments", models.PositiveIntegerField()),
                        ("learned_at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "kind"), name="one_lesson_per_kind")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reading",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "why",
                            models.CharField(
                                choices=[
                                    ("themes", "Themes changed"),
                                    ("lesson", "Something was learned"),
                                    ("search", "Themes are looked for"),
                                    ("asked", "Somebody asked for it"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("running", "In work"),
                                    ("done", "Done"),
                                    ("cancelled", "Stopped"),
                                    ("failed", "Failed"),
                                ],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        ("total", models.PositiveIntegerField(default=0)),
                        ("seen", models.PositiveIntegerField(default=0)),
                        ("changed", models.PositiveIntegerField(default=0)),
                        ("cursor", models.BigIntegerField(default=0)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="reading_newest_first"),
                            models.Index(
                                condition=models.Q(("status", "running")),
                                fields=["heartbeat_at"],
                                name="reading_in_work",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("status", "running")),
                                fields=("organization",),
                                name="one_reading_at_a_time",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Rebuild",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("running", "In work"),
                                    ("done", "Done"),
                                    ("cancelled", "Stopped"),
                                    ("failed", "Failed"),
                                ],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        ("total", models.BigIntegerField(default=0)),
                        ("seen", models.BigIntegerField(default=0)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("cursor", models.CharField(blank=True, default="", max_length=120)),
                        ("repaired", models.BigIntegerField(default=0)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("from_scratch", models.BooleanField(db_default=False, default=False)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("status", "running")),
                                fields=("organization",),
                                name="one_rebuild_at_a_time",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RiskRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("parts", models.JSONField(default=list)),
                        ("least", models.PositiveSmallIntegerField(default=1)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("updated_at", models.DateTimeField()),
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "updated_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Scan",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("running", "In work"),
                                    ("done", "Done"),
                                    ("cancelled", "Stopped"),
                                    ("failed", "Failed"),
                                ],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        ("total", models.BigIntegerField(default=0)),
                        ("seen", models.BigIntegerField(default=0)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("digest", models.CharField(max_length=64)),
                        ("question", models.JSONField()),
                        ("asked_at", models.DateTimeField()),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("is_of_people", models.BooleanField(default=False)),
                        ("round", models.PositiveIntegerField(default=1)),
                        ("wanted", models.JSONField(default=list)),
                        ("cursor", models.BigIntegerField(db_default=0, default=0)),
                        ("found", models.JSONField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("status", "running")), fields=["heartbeat_at"], name="scan_in_work"
                            ),
                            models.Index(fields=["asked_at"], name="scan_asked"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "digest"), name="one_scan_per_question")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Tag",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=40, verbose_name="name")),
                        ("created_at", models.DateTimeField()),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                name="one_tag_per_name",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Theme",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=60, verbose_name="name")),
                        ("origin", models.CharField(choices=[("own", "Yours"), ("found", "Found")], max_length=6)),
                        ("state", models.CharField(choices=[("on", "On"), ("off", "Off")], default="on", max_length=4)),
                        ("words", models.JSONField(default=list)),
                        ("center", models.BinaryField(null=True)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("reach", models.FloatField(null=True)),
                        ("starter", models.CharField(blank=True, db_default="", default="", max_length=20)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                name="one_theme_per_name",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DayChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("about", models.CharField(max_length=7)),
                        ("day", models.DateField()),
                        ("changes", models.BigIntegerField(default=1)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "about", "day"), include=("changes",), name="one_day_change"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Hook",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        (
                            "kind",
                            models.CharField(
                                choices=[("slack", "Slack, or what understands its messages"), ("webhook", "Webhook")],
                                max_length=8,
                                verbose_name="kind",
                            ),
                        ),
                        ("address", models.TextField()),
                        ("host", models.CharField(max_length=253)),
                        ("secret", models.TextField(blank=True, default="")),
                        ("is_on", models.BooleanField(default=True)),
                        ("stopped_reason", models.CharField(blank=True, default="", max_length=300)),
                        ("failing_since", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField()),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("tells_words", models.BooleanField(db_default=False, default=False)),
                        ("deleted_at", models.DateTimeField(null=True)),
                        ("rests_until", models.DateTimeField(null=True)),
                        ("tried_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                condition=models.Q(("deleted_at__isnull", True)),
                                name="one_hook_per_name",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InboundMail",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=300)),
                        ("road", models.CharField(max_length=40)),
                        ("received_at", models.DateTimeField()),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("waiting", "Not read yet"),
                                    ("threaded", "In its conversation"),
                                    ("automatic", "An automatic reply, in its conversation"),
                                    ("unrouted", "Belongs to no conversation that we can be sure of"),
                                    ("unsubscribed", "Wants no more mail"),
                                    ("broken", "Could not be read"),
                                    ("dropped", "Thrown away by a colleague"),
                                ],
                                default="waiting",
                                max_length=12,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, default="", max_length=300)),
                        ("to_address", models.CharField(blank=True, default="", max_length=320)),
                        ("from_address", models.CharField(blank=True, default="", max_length=320)),
                        ("subject", models.CharField(blank=True, default="", max_length=300)),
                        ("raw", models.BinaryField(null=True)),
                        ("message_id", models.BigIntegerField(null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.organization",
                            ),
                        ),
                        ("content", models.JSONField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("outcome", "waiting")),
                                fields=["received_at"],
                                name="inbound_waiting",
                            ),
                            models.Index(fields=["organization", "outcome", "-id"], name="inbound_by_outcome"),
                            models.Index(
                                condition=models.Q(("outcome", "waiting"), _negated=True),
                                fields=["received_at"],
                                name="inbound_prune",
                            ),
                        ],
                        "constraints": [models.UniqueConstraint(fields=("to_address", "key"), name="one_inbound_mail")],
                    },
                ),
                migrations.CreateModel(
                    name="InboxSettings",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("hours", models.JSONField(default=dict)),
                        ("holidays", models.JSONField(default=list)),
                        ("first_reply", models.JSONField(default=dict)),
                        ("next_reply", models.JSONField(default=dict)),
                        ("escalate_after", models.PositiveIntegerField(null=True)),
                        ("reopens_days", models.PositiveSmallIntegerField(default=14)),
                        ("automatic_most", models.PositiveSmallIntegerField(default=2)),
                        ("automatic_days", models.PositiveSmallIntegerField(default=7)),
                        ("updated_at", models.DateTimeField()),
                        (
                            "escalate_to",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="inbox_settings",
                                to="surveys.organization",
                            ),
                        ),
                        ("automatic_from", models.TimeField(default=datetime.time(8, 0), null=True)),
                        ("automatic_until", models.TimeField(default=datetime.time(20, 0), null=True)),
                        ("recount_from", models.BigIntegerField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Notification",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=120)),
                        (
                            "matter",
                            models.CharField(
                                choices=[
                                    ("response", "A response"),
                                    ("comment", "A comment was written or changed"),
                                    ("amended", "A score fell or rose"),
                                    ("assigned", "A conversation became mine or my team's"),
                                    ("replied", "A customer wrote in a conversation of mine"),
                                    ("mentioned", "A colleague mentioned me"),
                                    ("overdue", "A conversation of mine is overdue, or was handed up to me"),
                                    ("rule", "An automation rule tells me"),
                                    ("unrouted", "Mail came in that belongs to no conversation"),
                                    ("signed_up", "Somebody signed up by a recommendation"),
                                    ("trouble", "A rule or a connection fails"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("response_id", models.BigIntegerField(null=True)),
                        ("conversation_id", models.BigIntegerField(null=True)),
                        ("facts", models.JSONField(default=dict)),
                        ("at", models.DateTimeField()),
                        ("seen_at", models.DateTimeField(null=True)),
                        (
                            "mailing",
                            models.CharField(
                                choices=[
                                    ("none", "None"),
                                    ("waiting", "Waiting"),
                                    ("mailed", "Mailed"),
                                    ("dropped", "Dropped"),
                                ],
                                default="none",
                                max_length=8,
                            ),
                        ),
                        ("mail_due_at", models.DateTimeField(null=True)),
                        ("is_for_digest", models.BooleanField(default=False)),
                        ("delivery_id", models.BigIntegerField(null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["user", "organization", "-id"], name="notification_of_user"),
                            models.Index(
                                condition=models.Q(("seen_at", None)),
                                fields=["user", "organization"],
                                name="notification_unseen",
                            ),
                            models.Index(
                                condition=models.Q(("mailing", "waiting")),
                                fields=["mail_due_at"],
                                name="notification_to_mail",
                            ),
                            models.Index(fields=["at"], name="notification_prune"),
                            models.Index(
                                condition=models.Q(("response_id__isnull", False)),
                                fields=["organization", "response_id"],
                                name="notification_of_response",
                            ),
                            models.Index(
                                condition=models.Q(("conversation_id__isnull", False)),
                                fields=["organization", "conversation_id"],
                                name="notification_of_talk",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "user", "key"), name="told_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReviewSite",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        ("url", models.URLField(max_length=500, verbose_name="address")),
                        ("categories", models.JSONField(default=list)),
                        ("is_on_thanks", models.BooleanField(default=True)),
                        ("position", models.PositiveIntegerField(default=0)),
                        ("created_at", models.DateTimeField()),
                        ("archived_at", models.DateTimeField(null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                condition=models.Q(("archived_at", None)),
                                name="one_review_site_per_name",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Rule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=100, verbose_name="name")),
                        ("play", models.CharField(blank=True, default="", max_length=30)),
                        (
                            "trigger",
                            models.CharField(
                                choices=[
                                    ("confirmed", "A response is confirmed"),
                                    ("amended", "A response is changed"),
                                    ("commented", "A comment is written or changed"),
                                    ("fell", "The score fell a category"),
                                    ("rose", "The score rose a category"),
                                    ("silent", "No answer after the last reminder"),
                                    ("overdue", "A conversation is overdue"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("conditions", models.JSONField(default=dict)),
                        ("actions", models.JSONField(default=list)),
                        ("holdout_percent", models.PositiveSmallIntegerField(default=0)),
                        ("is_on", models.BooleanField(default=False)),
                        ("live_since", models.DateTimeField(null=True)),
                        ("stopped_reason", models.CharField(blank=True, default="", max_length=300)),
                        ("position", models.PositiveIntegerField(default=0)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("deleted_at", models.DateTimeField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("silent_days", models.PositiveSmallIntegerField(null=True)),
                        ("swept_until", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("is_on", True)),
                                fields=["organization", "trigger", "position"],
                                name="rules_on",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                condition=models.Q(("deleted_at", None)),
                                name="one_rule_per_name",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("holdout_percent__lte", 50)), name="at_most_half_is_held_out"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SavedReply",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        ("text", models.TextField(max_length=5000, verbose_name="text")),
                        ("used", models.PositiveIntegerField(default=0)),
                        ("updated_at", models.DateTimeField()),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("deleted_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name_plural": "saved replies",
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                condition=models.Q(("deleted_at__isnull", True)),
                                name="one_saved_reply_per_name",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Team",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        ("themes", models.JSONField(default=list)),
                        ("words", models.JSONField(default=list)),
                        ("position", models.PositiveIntegerField(default=0)),
                        ("last_taken", models.BigIntegerField(null=True)),
                        ("created_at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("by_turns", models.BooleanField(db_default=False, default=False)),
                        ("deleted_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                condition=models.Q(("deleted_at__isnull", True)),
                                name="one_team_per_name",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AlertChoice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("how", models.JSONField(default=dict)),
                        ("categories", models.JSONField(default=list)),
                        ("segments", models.JSONField(default=list)),
                        ("only_owned", models.BooleanField(default=False)),
                        ("quiet_from", models.TimeField(null=True)),
                        ("quiet_until", models.TimeField(null=True)),
                        ("quiet_days", models.JSONField(default=list)),
                        ("digest_at", models.TimeField(null=True)),
                        ("updated_at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["user"], name="alert_choice_of_user")],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "user"), name="one_alert_choice_per_person")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CardKey",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        ("secret", models.TextField()),
                        ("frame_origins", models.JSONField(default=list)),
                        ("created_at", models.DateTimeField()),
                        ("used_at", models.DateTimeField(null=True)),
                        ("revoked_at", models.DateTimeField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("revoked_at", None)),
                                fields=["organization"],
                                name="card_key_in_use",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InboxAct",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("assign", "Assign"),
                                    ("close", "Close"),
                                    ("reopen", "Open again"),
                                    ("prioritize", "Set the priority"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("facts", models.JSONField(default=dict)),
                        ("name", models.CharField(blank=True, default="", max_length=120)),
                        ("ids", models.JSONField(null=True)),
                        ("query", models.TextField(blank=True)),
                        ("last_id", models.BigIntegerField()),
                        ("total", models.PositiveIntegerField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("waiting", "About to start"),
                                    ("running", "In work"),
                                    ("done", "Done"),
                                    ("cancelled", "Stopped"),
                                    ("undoing", "Being undone"),
                                    ("undone", "Undone"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                        ("started_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("cursor", models.BigIntegerField(default=0)),
                        ("seen", models.PositiveIntegerField(default=0)),
                        ("changed", models.PositiveIntegerField(default=0)),
                        ("restored", models.PositiveIntegerField(default=0)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("form", models.UUIDField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="inbox_act_newest_first"),
                            models.Index(
                                condition=models.Q(("status__in", ["waiting", "running", "undoing"])),
                                fields=["starts_at"],
                                name="inbox_act_in_work",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("form__isnull", False), ("status__in", ["waiting", "running", "done"])
                                ),
                                fields=("organization", "form"),
                                name="one_inbox_act_per_form",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReferralSettings",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("is_on", models.BooleanField(default=False)),
                        ("target", models.URLField(blank=True, default="", max_length=500, verbose_name="address")),
                        ("secret_hash", models.CharField(blank=True, default="", max_length=64)),
                        ("secret_made_at", models.DateTimeField(null=True)),
                        ("updated_at", models.DateTimeField()),
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="referral_settings",
                                to="surveys.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="HandOver",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "why",
                            models.CharField(
                                choices=[
                                    ("left", "A colleague left, or may not answer any more"),
                                    ("team_deleted", "The team was deleted"),
                                    ("team_restored", "The team came back"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("user_id", models.BigIntegerField(null=True)),
                        ("team_id", models.BigIntegerField(null=True)),
                        ("by", models.BigIntegerField(null=True)),
                        ("at", models.DateTimeField()),
                        ("ids", models.JSONField(default=list)),
                        ("cursor", models.BigIntegerField(default=0)),
                        ("total", models.PositiveIntegerField()),
                        ("moved", models.PositiveIntegerField(default=0)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("team_id__isnull", False)),
                                fields=("organization", "team_id"),
                                name="one_hand_over_of_a_team",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("user_id__isnull", False)),
                                fields=("organization", "user_id"),
                                name="one_hand_over_of_a_colleague",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvitationCount",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("dimension", models.CharField(max_length=64)),
                        ("value", models.CharField(max_length=255)),
                        ("day", models.DateField()),
                        ("sent", models.IntegerField(default=0)),
                        ("bounced", models.IntegerField(default=0)),
                        ("answered", models.IntegerField(default=0)),
                        ("commented", models.IntegerField(default=0)),
                        ("unsubscribed", models.IntegerField(default=0)),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.campaign"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "dimension", "day", "campaign", "value"),
                                name="one_invitation_count",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ScoreCount",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("dimension", models.CharField(max_length=64)),
                        ("value", models.CharField(max_length=255)),
                        ("day", models.DateField()),
                        ("s0", models.IntegerField(default=0)),
                        ("s1", models.IntegerField(default=0)),
                        ("s2", models.IntegerField(default=0)),
                        ("s3", models.IntegerField(default=0)),
                        ("s4", models.IntegerField(default=0)),
                        ("s5", models.IntegerField(default=0)),
                        ("s6", models.IntegerField(default=0)),
                        ("s7", models.IntegerField(default=0)),
                        ("s8", models.IntegerField(default=0)),
                        ("s9", models.IntegerField(default=0)),
                        ("s10", models.IntegerField(default=0)),
                        ("comments", models.IntegerField(default=0)),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.campaign"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "dimension", "day", "campaign", "value"),
                                include=("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "comments"),
                                name="one_score_count",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Wording",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("language", models.CharField(max_length=12)),
                        ("subject", models.CharField(max_length=200, verbose_name="subject")),
                        ("intro", models.TextField(blank=True, max_length=2000, verbose_name="introduction")),
                        ("question", models.CharField(max_length=300, verbose_name="question")),
                        ("low_label", models.CharField(max_length=40, verbose_name="label at 0")),
                        ("high_label", models.CharField(max_length=40, verbose_name="label at 10")),
                        ("comment_prompt", models.CharField(max_length=200, verbose_name="comment question")),
                        ("thanks_promoter", models.TextField(max_length=1000, verbose_name="thanks for promoters")),
                        ("thanks_passive", models.TextField(max_length=1000, verbose_name="thanks for passives")),
                        ("thanks_detractor", models.TextField(max_length=1000, verbose_name="thanks for detractors")),
                        (
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="wordings",
                                to="surveys.campaign",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("links", models.JSONField(default=dict)),
                        ("prompts", models.JSONField(default=dict)),
                        ("questions", models.JSONField(default=dict)),
                        ("reminders", models.JSONField(default=list)),
                        ("variants", models.JSONField(default=dict)),
                        ("sources", models.JSONField(default=dict)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "campaign", "version", "language"),
                                name="one_wording_per_language",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CampaignDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("taken", models.PositiveIntegerField()),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.campaign"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["campaign", "day"], name="day_of_campaign")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "campaign", "day"), name="one_count_of_asks_per_day"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CampaignVersion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("design", models.JSONField(default=dict)),
                        ("rules", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="versions",
                                to="surveys.campaign",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["campaign", "number"], name="version_of_campaign")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "campaign", "number"), name="one_campaign_version"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Annotation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField(verbose_name="day")),
                        ("last_day", models.DateField(blank=True, null=True, verbose_name="until")),
                        ("text", models.CharField(max_length=120, verbose_name="what happened")),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "campaign",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.campaign",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("deleted_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["organization", "day"], name="annotation_by_day")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("last_day__isnull", True), ("last_day__gte", models.F("day")), _connector="OR"
                                ),
                                name="annotation_days_in_order",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PropertyUse",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("user_kind", models.CharField(max_length=10)),
                        ("user_id", models.BigIntegerField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "property",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="uses",
                                to="surveys.property",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "user_kind", "user_id"], name="properties_used_by")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "property", "user_kind", "user_id"),
                                name="one_use_of_a_property",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PropertyWork",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("retype", "Change the type"),
                                    ("merge", "Merge into another"),
                                    ("delete", "Delete"),
                                    ("regroup", "Compare by it, or no longer"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("label", models.CharField(max_length=100)),
                        ("reads_as", models.CharField(blank=True, max_length=12)),
                        ("prefers_merged", models.BooleanField(default=False)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("waiting", "About to start"),
                                    ("running", "In work"),
                                    ("done", "Done"),
                                    ("cancelled", "Undone before it started"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=9,
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                        ("started_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("total", models.PositiveIntegerField()),
                        ("cursor", models.BigIntegerField(default=0)),
                        ("seen", models.PositiveIntegerField(default=0)),
                        ("changed", models.PositiveIntegerField(default=0)),
                        ("lost", models.PositiveIntegerField(default=0)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        (
                            "about",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.property",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "into",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="surveys.property",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="property_work_newest_first"),
                            models.Index(
                                condition=models.Q(("status__in", ["waiting", "running"])),
                                fields=["starts_at"],
                                name="property_work_open",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("status__in", ["waiting", "running"])),
                                fields=("organization",),
                                name="one_property_work_at_a_time",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Customer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("email", models.CharField(blank=True, max_length=254, null=True)),
                        (
                            "email_key",
                            models.GeneratedField(
                                db_persist=True,
                                expression=django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Trim("email")
                                ),
                                output_field=models.CharField(max_length=254, null=True),
                            ),
                        ),
                        ("external_id", models.CharField(blank=True, max_length=100, null=True)),
                        ("phone", models.CharField(blank=True, max_length=32, null=True)),
                        ("name", models.CharField(blank=True, default="", max_length=255)),
                        ("language", models.CharField(blank=True, default="", max_length=12)),
                        ("time_zone", models.CharField(blank=True, default="", max_length=64)),
                        ("properties", models.JSONField(default=dict)),
                        (
                            "search_key",
                            models.GeneratedField(
                                db_persist=True,
                                expression=django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Concat(
                                        models.F("name"),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("email"), models.Value("")
                                        ),
                                    )
                                ),
                                output_field=models.TextField(),
                            ),
                        ),
                        (
                            "suppression",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("unsubscribed", "Unsubscribed"),
                                    ("bounced", "Address bounced"),
                                    ("complained", "Complained"),
                                    ("blocked", "Do not mail"),
                                    ("erased", "Erased on request"),
                                ],
                                default="",
                                max_length=12,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("last_asked_at", models.DateTimeField(null=True)),
                        ("last_answered_at", models.DateTimeField(null=True)),
                        ("last_score", models.PositiveSmallIntegerField(null=True)),
                        ("previous_score", models.PositiveSmallIntegerField(null=True)),
                        ("asked_count", models.PositiveIntegerField(default=0)),
                        ("answered_count", models.PositiveIntegerField(default=0)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "property_set",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="surveys.propertyset",
                            ),
                        ),
                        ("import_id", models.BigIntegerField(null=True)),
                        (
                            "owner",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("rest_days", models.PositiveSmallIntegerField(db_default=0, default=0)),
                        ("resting_until", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="customer_newest_first"),
                            models.Index(fields=["organization", "last_asked_at"], name="customer_last_asked"),
                            models.Index(fields=["organization", "property_set"], name="customer_property_set"),
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["organization", "search_key"],
                                name="customer_words",
                                opclasses=["int8_ops", "gin_trgm_ops"],
                            ),
                            models.Index(fields=["organization", "search_key", "id"], name="customer_by_name"),
                            models.Index(
                                condition=models.Q(("last_score__isnull", False)),
                                fields=["organization", "last_score", "id"],
                                name="customer_by_score",
                            ),
                            models.Index(
                                condition=models.Q(("last_answered_at__isnull", False)),
                                fields=["organization", "last_answered_at", "id"],
                                name="customer_by_answer",
                            ),
                            models.Index(
                                condition=models.Q(("owner__isnull", False)),
                                fields=["organization", "owner"],
                                name="customer_of_owner",
                            ),
                            models.Index(
                                condition=models.Q(("suppression", ""), _negated=True),
                                fields=["organization", "suppression"],
                                name="customer_suppressed",
                            ),
                            models.Index(
                                condition=models.Q(("last_score__lt", 9)),
                                fields=["organization", "last_answered_at", "id"],
                                include=("last_score", "previous_score"),
                                name="customer_below_promoter",
                            ),
                            models.Index(
                                condition=models.Q(("last_score__gte", 9), ("previous_score__lte", 6)),
                                fields=["organization", "last_answered_at", "id"],
                                name="customer_recovered",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "email_key"), name="one_customer_per_address"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("external_id__isnull", False)),
                                fields=("organization", "external_id"),
                                name="one_customer_per_external_id",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("phone__isnull", False)),
                                fields=("organization", "phone"),
                                name="one_customer_per_phone",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InvitationDelta",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("language", models.CharField(max_length=12)),
                        ("sent", models.SmallIntegerField(default=0)),
                        ("bounced", models.SmallIntegerField(default=0)),
                        ("answered", models.SmallIntegerField(default=0)),
                        ("commented", models.SmallIntegerField(default=0)),
                        ("unsubscribed", models.SmallIntegerField(default=0)),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.campaign"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "property_set",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="surveys.propertyset",
                            ),
                        ),
                        ("variant", models.CharField(db_default="", default="", max_length=1)),
                        ("version", models.PositiveIntegerField(db_default=1, default=1)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["organization", "id"], name="invitation_delta_unfolded")],
                    },
                ),
                migrations.CreateModel(
                    name="ScoreDelta",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("language", models.CharField(max_length=12)),
                        ("channel", models.CharField(max_length=10)),
                        ("score", models.PositiveSmallIntegerField()),
                        ("responses", models.SmallIntegerField()),
                        ("comments", models.SmallIntegerField()),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.campaign"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "property_set",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="surveys.propertyset",
                            ),
                        ),
                        ("variant", models.CharField(db_default="", default="", max_length=1)),
                        ("comment_language", models.CharField(db_default="", default="", max_length=12)),
                        ("sentiment", models.SmallIntegerField(null=True)),
                        (
                            "tags",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
                            ),
                        ),
                        (
                            "themes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["organization", "id"], name="score_delta_unfolded")],
                    },
                ),
                migrations.CreateModel(
                    name="SegmentUse",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "user_kind",
                            models.CharField(
                                choices=[
                                    ("segment", "Segment"),
                                    ("campaign", "Campaign"),
                                    ("view", "Saved view"),
                                    ("settings", "Settings"),
                                    ("risk", "Rule about risk"),
                                    ("rule", "Automation rule"),
                                    ("alerts", "Alerts of a colleague"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("user_id", models.BigIntegerField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "segment",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="uses",
                                to="surveys.segment",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "user_kind", "user_id"], name="segments_used_by")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "segment", "user_kind", "user_id"), name="one_use_of_a_segment"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PageHabit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("page", models.CharField(max_length=20)),
                        ("columns", models.JSONField(null=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "opens_with",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.savedview",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("opens_with__isnull", False)),
                                fields=["opens_with"],
                                name="habit_of_view",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "page", "user"), name="one_habit_per_page")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Digest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "frequency",
                            models.CharField(
                                choices=[("daily", "Every day"), ("weekly", "Every week"), ("monthly", "Every month")],
                                max_length=7,
                            ),
                        ),
                        ("next_at", models.DateTimeField()),
                        ("created_at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        (
                            "view",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.savedview",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["next_at"], name="digest_due"),
                            models.Index(
                                condition=models.Q(("view__isnull", False)), fields=["view"], name="digest_of_view"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "user", "view", "frequency"),
                                name="one_digest",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ShareLink",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("secret_hash", models.CharField(max_length=64, unique=True)),
                        ("label", models.CharField(blank=True, max_length=100, verbose_name="for whom")),
                        ("shows_comments", models.BooleanField(default=False, verbose_name="with comments")),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(null=True)),
                        ("opened", models.PositiveIntegerField(default=0)),
                        ("opened_at", models.DateTimeField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "view",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="links",
                                to="surveys.savedview",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="share_link_newest_first"),
                            models.Index(fields=["view"], name="share_link_of_view"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrganizationExportChunk",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("data", models.BinaryField()),
                        (
                            "export",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="chunks",
                                to="surveys.organizationexport",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "export", "number"), name="one_export_chunk_per_number"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ImportJob",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("file_name", models.CharField(max_length=255)),
                        ("size", models.BigIntegerField()),
                        ("encoding", models.CharField(max_length=16)),
                        ("separator", models.CharField(max_length=1)),
                        ("columns", models.JSONField(default=list)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("uploaded", "Columns to check"),
                                    ("checking", "Checking"),
                                    ("checked", "Checked"),
                                    ("running", "Importing"),
                                    ("paused", "Paused"),
                                    ("done", "Imported"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Stopped"),
                                    ("undoing", "Being undone"),
                                    ("undone", "Undone"),
                                ],
                                default="uploaded",
                                max_length=10,
                            ),
                        ),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("bytes_read", models.BigIntegerField(default=0)),
                        ("is_folded", models.BooleanField(default=False)),
                        ("last_line", models.PositiveIntegerField(default=0)),
                        ("merged_line", models.PositiveIntegerField(default=0)),
                        ("lines", models.PositiveIntegerField(default=0)),
                        ("new", models.PositiveIntegerField(default=0)),
                        ("changed", models.PositiveIntegerField(default=0)),
                        ("unchanged", models.PositiveIntegerField(default=0)),
                        ("repeated", models.PositiveIntegerField(default=0)),
                        ("refused", models.PositiveIntegerField(default=0)),
                        ("blank", models.PositiveIntegerField(default=0)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("clears_empty", models.BooleanField(default=False)),
                        ("first_customer_id", models.BigIntegerField(null=True)),
                        (
                            "format",
                            models.CharField(
                                choices=[("csv", "CSV"), ("excel", "Excel"), ("json_lines", "JSON Lines")],
                                default="csv",
                                max_length=10,
                            ),
                        ),
                        ("kept", models.PositiveIntegerField(default=0)),
                        ("last_customer_id", models.BigIntegerField(null=True)),
                        ("removed", models.PositiveIntegerField(default=0)),
                        ("restored", models.PositiveIntegerField(default=0)),
                        ("sheet", models.CharField(blank=True, default="", max_length=100)),
                        ("sheets", models.JSONField(default=list)),
                        ("skipped", models.PositiveIntegerField(default=0)),
                        ("undo_cursor", models.BigIntegerField(default=0)),
                        ("undo_seen", models.PositiveIntegerField(default=0)),
                        ("undo_started_at", models.DateTimeField(null=True)),
                        ("undo_total", models.PositiveIntegerField(default=0)),
                        ("updates_known", models.BooleanField(default=True)),
                        (
                            "mapping",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.importmapping",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="import_newest_first"),
                            models.Index(
                                condition=models.Q(("status__in", ["checking", "running", "undoing"])),
                                fields=["heartbeat_at"],
                                name="import_in_work",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EventListChunk",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("data", models.BinaryField()),
                        (
                            "event_list",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.eventlist"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "event_list", "number"), name="one_piece_per_number"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EventListRefusal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("line", models.PositiveIntegerField()),
                        ("column", models.CharField(blank=True, default="", max_length=200)),
                        ("value", models.TextField(blank=True, default="")),
                        ("reason", models.CharField(max_length=20)),
                        (
                            "event_list",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.eventlist"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "event_list", "line"), name="one_refused_event_per_line"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SuppressionLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("line", models.PositiveIntegerField()),
                        ("address", models.CharField(max_length=320)),
                        (
                            "reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("unsubscribed", "Unsubscribed"),
                                    ("bounced", "Address bounced"),
                                    ("complained", "Complained"),
                                    ("blocked", "Do not mail"),
                                    ("erased", "Erased on request"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("at", models.DateTimeField(null=True)),
                        ("problem", models.CharField(blank=True, max_length=100)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "list",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rows",
                                to="surveys.suppressionlist",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "list", "line"), name="one_row_per_line_of_suppressions"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FigureExportChunk",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("data", models.BinaryField()),
                        (
                            "export",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="chunks",
                                to="surveys.figureexport",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "export", "number"), name="one_figure_chunk_per_number"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ScanDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("round", models.PositiveIntegerField()),
                        ("changes", models.BigIntegerField()),
                        ("unfolded", models.BigIntegerField()),
                        ("cells", models.JSONField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "scan",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="days",
                                to="surveys.scan",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["scan"], name="day_of_scan")],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "scan", "day"), name="one_scan_day")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ResponseAct",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("tag", "Tag"),
                                    ("untag", "Take a tag off"),
                                    ("exclude", "Mark as junk"),
                                    ("include", "Count again"),
                                    ("merge", "Merge two tags"),
                                    ("drop", "Delete a tag"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("test", "A test, or a colleague"),
                                    ("spam", "Spam or nonsense"),
                                    ("wrong_person", "Answered by the wrong person"),
                                    ("duplicate", "The same person twice"),
                                    ("other", "Another reason"),
                                ],
                                default="",
                                max_length=12,
                            ),
                        ),
                        ("note", models.CharField(blank=True, default="", max_length=300)),
                        ("ids", models.JSONField(null=True)),
                        ("query", models.TextField(blank=True)),
                        ("last_id", models.BigIntegerField()),
                        ("total", models.PositiveIntegerField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("waiting", "About to start"),
                                    ("running", "In work"),
                                    ("done", "Done"),
                                    ("cancelled", "Stopped"),
                                    ("undoing", "Being undone"),
                                    ("undone", "Undone"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                        ("started_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("cursor", models.BigIntegerField(default=0)),
                        ("seen", models.PositiveIntegerField(default=0)),
                        ("changed", models.PositiveIntegerField(default=0)),
                        ("restored", models.PositiveIntegerField(default=0)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("form", models.UUIDField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "tag",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="surveys.tag",
                            ),
                        ),
                        (
                            "into",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="surveys.tag",
                            ),
                        ),
                        ("name", models.CharField(blank=True, db_default="", default="", max_length=100)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="response_act_newest_first"),
                            models.Index(
                                condition=models.Q(("status__in", ["waiting", "running", "undoing"])),
                                fields=["starts_at"],
                                name="response_act_in_work",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("form__isnull", False), ("status__in", ["waiting", "running", "done"])
                                ),
                                fields=("organization", "form"),
                                name="one_response_act_per_form",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HookPost",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=120)),
                        ("body", models.JSONField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("due", "Due"),
                                    ("posted", "Posted"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="due",
                                max_length=10,
                            ),
                        ),
                        ("due_at", models.DateTimeField()),
                        ("lease_until", models.DateTimeField(null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("status", models.PositiveSmallIntegerField(null=True)),
                        ("said", models.CharField(blank=True, default="", max_length=500)),
                        ("created_at", models.DateTimeField()),
                        ("posted_at", models.DateTimeField(null=True)),
                        (
                            "hook",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="posts",
                                to="surveys.hook",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "ended",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("removed", "The connection was removed."),
                                    ("off", "The connection was switched off."),
                                    ("stopped", "The connection was stopped, for it failed."),
                                ],
                                db_default="",
                                default="",
                                max_length=8,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["hook", "-id"], name="post_of_hook"),
                            models.Index(
                                condition=models.Q(("state", "due"), _negated=True),
                                fields=["created_at"],
                                name="post_prune",
                            ),
                            models.Index(
                                condition=models.Q(("state", "due")), fields=["hook", "due_at"], name="post_due_of_hook"
                            ),
                            models.Index(
                                condition=models.Q(("lease_until__isnull", False), ("state", "due")),
                                fields=["lease_until"],
                                name="post_on_its_way",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "hook", "key"), name="one_post_per_matter")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RuleTrial",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.PositiveIntegerField()),
                        ("since", models.DateTimeField()),
                        ("at", models.DateTimeField()),
                        ("found", models.JSONField(default=dict)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "rule",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="trials",
                                to="surveys.rule",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "rule", "version", "since"), name="one_trial_of_a_version"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TeamMember",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("is_away", models.BooleanField(default=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="members",
                                to="surveys.team",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        ("away_until", models.DateField(null=True)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["user"], name="teams_of_user")],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "team", "user"), name="once_in_a_team")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Regrouping",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("running", "In work"),
                                    ("done", "Done"),
                                    ("cancelled", "Stopped"),
                                    ("failed", "Failed"),
                                ],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        ("total", models.BigIntegerField(default=0)),
                        ("seen", models.BigIntegerField(default=0)),
                        ("attempt", models.PositiveIntegerField(default=0)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=500)),
                        ("key", models.CharField(max_length=60)),
                        ("into_key", models.CharField(blank=True, default="", max_length=60)),
                        (
                            "phase",
                            models.CharField(
                                choices=[
                                    ("people", "Asks of customers"),
                                    ("nobody", "Asks of nobody who is still known"),
                                    ("answers", "Answers without an ask"),
                                ],
                                default="people",
                                max_length=12,
                            ),
                        ),
                        ("is_second_turn", models.BooleanField(default=False)),
                        ("due_at", models.DateTimeField()),
                        ("cursor", models.BigIntegerField(default=0)),
                        ("changed", models.BigIntegerField(default=0)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "work",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.propertywork"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="regrouping_newest_first"),
                            models.Index(
                                condition=models.Q(("status", "running")), fields=["due_at"], name="regrouping_in_work"
                            ),
                            models.Index(fields=["work"], name="regrouping_of_work"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Invitation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("occasion", models.CharField(max_length=60)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("language", models.CharField(blank=True, default="", max_length=12)),
                        ("properties", models.JSONField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("claimed_at", models.DateTimeField(null=True)),
                        ("asked_before", models.DateTimeField(null=True)),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("sent_day", models.DateField(null=True)),
                        ("bounced_at", models.DateTimeField(null=True)),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("unsubscribed_at", models.DateTimeField(null=True)),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.campaign"
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.customer",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "property_set",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="surveys.propertyset",
                            ),
                        ),
                        ("account", models.CharField(blank=True, db_default="", default="", max_length=255)),
                        ("account_before", models.DateTimeField(null=True)),
                        (
                            "channel",
                            models.CharField(
                                choices=[("email", "Email"), ("link", "Link"), ("import", "Import")],
                                db_default="email",
                                default="email",
                                max_length=10,
                            ),
                        ),
                        ("due_at", models.DateTimeField(null=True)),
                        ("event_id", models.BigIntegerField(null=True)),
                        ("opened_at", models.DateTimeField(null=True)),
                        ("remind_at", models.DateTimeField(null=True)),
                        ("reminded", models.PositiveSmallIntegerField(db_default=0, default=0)),
                        ("variant", models.CharField(blank=True, db_default="", default="", max_length=1)),
                        ("complained_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "campaign", "sent_at"], name="invitation_of_campaign"),
                            models.Index(
                                condition=models.Q(("claimed_at__isnull", False), ("sent_at", None)),
                                fields=["id"],
                                name="invitation_under_way",
                            ),
                            models.Index(
                                condition=models.Q(("remind_at__isnull", False)),
                                fields=["remind_at"],
                                name="invitation_to_remind",
                            ),
                            models.Index(
                                condition=models.Q(("answered_at__isnull", False)),
                                fields=["organization", "campaign"],
                                name="invitation_answered",
                            ),
                            models.Index(
                                condition=models.Q(("opened_at__isnull", False)),
                                fields=["organization", "campaign"],
                                name="invitation_opened",
                            ),
                            models.Index(
                                condition=models.Q(("remind_at__isnull", False)),
                                fields=["campaign", "remind_at"],
                                name="invitation_to_remind_here",
                            ),
                            models.Index(
                                condition=models.Q(("sent_day__isnull", False)),
                                fields=["organization", "sent_day"],
                                include=("campaign", "property_set"),
                                name="invitation_by_day",
                            ),
                            models.Index(
                                condition=models.Q(("sent_day__isnull", False)),
                                fields=["organization", "property_set", "sent_day"],
                                include=("id", "campaign", "bounced_at", "answered_at", "unsubscribed_at"),
                                name="invitation_by_property_set",
                            ),
                            models.Index(
                                fields=["organization", "customer", "-id"],
                                include=("sent_at", "bounced_at", "sent_day", "answered_at"),
                                name="invitation_of_customer",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "campaign", "occasion", "customer"), name="one_ask_per_occasion"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PlanDecision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("occasion", models.CharField(max_length=60)),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("invited", "Invited"),
                                    ("unsubscribed", "Unsubscribed"),
                                    ("bounced", "Address bounced"),
                                    ("complained", "Complained"),
                                    ("blocked", "Do not mail"),
                                    ("erased", "Erased on request"),
                                    ("throttled", "Asked recently"),
                                    ("no_address", "No email address"),
                                    ("resting", "Wants to be asked less often"),
                                    ("waiting", "Waiting for the right time"),
                                    ("company", "A colleague was asked recently"),
                                    ("outranked", "A campaign of higher priority asks first"),
                                    ("not_sampled", "Not in the sample"),
                                    ("excluded", "Excluded"),
                                    ("over_cap", "Over the cap"),
                                    ("left", "Not in the audience any more"),
                                    ("too_late", "Too long ago"),
                                    ("ended", "The campaign ended first"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("until", models.DateTimeField(null=True)),
                        ("decided_at", models.DateTimeField()),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.campaign"
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.customer"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("blocker", models.BigIntegerField(null=True)),
                        ("event_id", models.BigIntegerField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "customer"], name="decision_of_customer"),
                            models.Index(
                                condition=models.Q(("until__isnull", False)),
                                fields=["campaign", "until"],
                                name="decision_deferred",
                            ),
                            models.Index(fields=["organization", "campaign", "reason"], name="decision_by_reason"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "campaign", "customer", "occasion"),
                                name="one_decision_per_occasion",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CustomerChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("edit", "Changed by hand"),
                                    ("import", "Imported"),
                                    ("bulk", "Changed with others"),
                                    ("merge", "Merged"),
                                    ("property", "Property changed"),
                                    ("customer", "Changed by the customer"),
                                    ("undo", "Import undone"),
                                    ("rule", "By an automation rule"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("source_id", models.BigIntegerField(null=True)),
                        ("actor_id", models.BigIntegerField(null=True)),
                        ("changes", models.JSONField()),
                        (
                            "customer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="changes",
                                to="surveys.customer",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "customer", "-id"], name="change_of_customer"),
                            models.Index(
                                condition=models.Q(("source_id__isnull", False)),
                                fields=["organization", "source", "source_id", "customer"],
                                name="change_of_source",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CustomerEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("event_id", models.CharField(max_length=100)),
                        ("kind", models.CharField(max_length=60)),
                        ("occurred_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField()),
                        ("data", models.JSONField(default=dict)),
                        ("planned_at", models.DateTimeField(null=True)),
                        (
                            "customer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.customer",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "kind", "-id"], name="event_newest_first"),
                            models.Index(fields=["organization", "customer", "-occurred_at"], name="event_of_customer"),
                            models.Index(
                                condition=models.Q(("planned_at", None)),
                                fields=["organization", "kind", "id"],
                                name="event_unplanned",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "event_id"), name="one_event_per_id")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DigestIssue",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("first", models.DateField()),
                        ("last", models.DateField()),
                        ("responses", models.PositiveIntegerField()),
                        ("delivery_id", models.BigIntegerField(null=True)),
                        ("at", models.DateTimeField()),
                        (
                            "digest",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="issues",
                                to="surveys.digest",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["digest"], name="issue_of_digest")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "digest", "last"), name="one_issue_per_period"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ImportRow",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "organization_id",
                                "job_id",
                                "line",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("line", models.PositiveIntegerField()),
                        ("email", models.CharField(max_length=254, null=True)),
                        (
                            "email_key",
                            models.GeneratedField(
                                db_persist=True,
                                expression=django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Trim("email")
                                ),
                                output_field=models.CharField(max_length=254, null=True),
                            ),
                        ),
                        ("external_id", models.CharField(max_length=100, null=True)),
                        ("name", models.CharField(max_length=255)),
                        ("language", models.CharField(max_length=12)),
                        ("time_zone", models.CharField(max_length=64)),
                        ("properties", models.JSONField()),
                        ("person", models.PositiveIntegerField(null=True)),
                        (
                            "job",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.importjob",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.organization",
                            ),
                        ),
                        ("owner_id", models.BigIntegerField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="ImportRefusal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("line", models.PositiveIntegerField()),
                        ("column", models.CharField(blank=True, default="", max_length=200)),
                        ("value", models.TextField(blank=True, default="")),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("address", "This is not an email address."),
                                    ("no_address", "There is no email address."),
                                    (
                                        "too_long",
                                        "This is too long. Texts have at most 2,000 characters, names 255, external IDs 100.",
                                    ),
                                    ("date", "There is no such date, or it is written in another way than chosen."),
                                    ("number", "This is not a number, or it is written in another way than chosen."),
                                    ("boolean", "This is neither yes nor no."),
                                    ("language", "This language code is not known. Codes look like en, de or pt-br."),
                                    ("time_zone", "This time zone is not known. Zones look like Europe/Berlin."),
                                    ("cells", "The line has more cells than the header has columns."),
                                    ("unreadable", "There is a character here that cannot be read."),
                                    ("cell_error", "The spreadsheet has an error here, or a formula without a result."),
                                    ("not_json", "This line is not a JSON object."),
                                    (
                                        "nested",
                                        "There is a list or an object here. Only text, numbers, true, false and null can be imported.",
                                    ),
                                    ("colleague", "Nobody in this organization signs in with this address."),
                                    (
                                        "two_people",
                                        "The email address and the external ID belong to two different customers.",
                                    ),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="refusals",
                                to="surveys.importjob",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "job", "line"), name="one_refusal_per_line")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ImportChunk",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("data", models.BinaryField()),
                        (
                            "job",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="chunks",
                                to="surveys.importjob",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "job", "number"), name="one_chunk_per_number"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ImportKept",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("customer_number", models.BigIntegerField()),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("answered", "Answered a survey since."),
                                    ("asked", "Was asked since."),
                                    ("changed", "Was changed since."),
                                    (
                                        "values",
                                        "Some of the imported values were changed since; those stay, the others went back.",
                                    ),
                                    (
                                        "taken",
                                        "The earlier address or external ID belongs to somebody else now; it stays as imported.",
                                    ),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="kept_people",
                                to="surveys.importjob",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "job", "customer_number"), name="one_reason_per_kept"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("ask", "Invitation"),
                                    ("reminder-1", "First reminder"),
                                    ("reminder-2", "Second reminder"),
                                    ("reminder-3", "Third reminder"),
                                    ("reply", "Reply"),
                                    ("automation", "Automatic mail"),
                                    ("alert", "Alert"),
                                    ("system", "System"),
                                    ("test", "Test"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("queue", models.CharField(choices=[("email", "Email"), ("bulk", "Bulk")], max_length=8)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("due", "Due"),
                                    ("claimed", "Claimed"),
                                    ("sending", "Sending"),
                                    ("sent", "Sent"),
                                    ("delivered", "Delivered"),
                                    ("bounced", "Bounced"),
                                    ("delayed", "Delayed"),
                                    ("uncertain", "Uncertain"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                    ("expired", "Expired"),
                                ],
                                default="due",
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, default="", max_length=300)),
                        ("due_at", models.DateTimeField()),
                        ("lease_owner", models.CharField(blank=True, default="", max_length=64)),
                        ("lease_until", models.DateTimeField(null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("to_address", models.CharField(blank=True, default="", max_length=320)),
                        ("message_id", models.CharField(blank=True, default="", max_length=200)),
                        ("content", models.JSONField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("sending_at", models.DateTimeField(null=True)),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("uncertain_at", models.DateTimeField(null=True)),
                        ("last_error", models.TextField(blank=True, default="")),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.campaign",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.customer",
                            ),
                        ),
                        (
                            "invitation",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="surveys.invitation",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.organization",
                            ),
                        ),
                        ("provider_id", models.CharField(blank=True, db_default="", default="", max_length=200)),
                        ("is_counted", models.BooleanField(db_default=False, default=False, null=True)),
                    ],
                    options={
                        "verbose_name_plural": "deliveries",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "due")),
                                fields=["queue", "due_at", "id"],
                                name="delivery_due",
                            ),
                            models.Index(
                                condition=models.Q(("state", "due")),
                                fields=["campaign", "due_at", "id"],
                                name="delivery_due_in_campaign",
                            ),
                            models.Index(
                                condition=models.Q(("state__in", ["claimed", "sending"])),
                                fields=["lease_until"],
                                name="delivery_leased",
                            ),
                            models.Index(
                                condition=models.Q(("state", "uncertain")),
                                fields=["organization", "uncertain_at"],
                                name="delivery_uncertain",
                            ),
                            models.Index(fields=["invitation"], name="delivery_of_invitation"),
                            models.Index(
                                fields=["organization", "campaign", "state", "kind"], name="delivery_of_campaign"
                            ),
                            models.Index(
                                condition=models.Q(("provider_id", ""), _negated=True),
                                fields=["provider_id"],
                                name="delivery_of_provider",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("is_counted", False),
                                    ("sent_at__isnull", False),
                                    models.Q(("kind", "ask"), _negated=True),
                                ),
                                fields=["sent_at"],
                                name="delivery_uncounted",
                            ),
                            models.Index(
                                condition=models.Q(("state", "failed")), fields=["finished_at"], name="delivery_failed"
                            ),
                            models.Index(
                                condition=models.Q(("uncertain_at__isnull", False)),
                                fields=["uncertain_at"],
                                name="delivery_doubted",
                            ),
                            models.Index(
                                condition=models.Q(("campaign__isnull", True), ("customer__isnull", False)),
                                fields=["organization", "customer"],
                                name="letter_of_customer",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "invitation", "kind"), name="one_message_per_ask_and_kind"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["claimed", "sending"]), _negated=True),
                                    ("lease_until__isnull", False),
                                    _connector="OR",
                                ),
                                name="in_flight_is_leased",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Response",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "channel",
                            models.CharField(
                                choices=[("email", "Email"), ("link", "Link"), ("import", "Import")], max_length=10
                            ),
                        ),
                        ("language", models.CharField(blank=True, default="", max_length=12)),
                        ("score", models.PositiveSmallIntegerField()),
                        ("comment", models.TextField(blank=True, default="", max_length=10000)),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("provisional", "Settling"),
                                    ("confirmed", "Confirmed"),
                                    ("quarantined", "Quarantined"),
                                ],
                                default="provisional",
                                max_length=12,
                            ),
                        ),
                        ("verdict_reasons", models.JSONField(default=list)),
                        ("settles_at", models.DateTimeField(null=True)),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        ("excluded_at", models.DateTimeField(null=True)),
                        ("day", models.DateField()),
                        ("responded_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "campaign",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.campaign"
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.customer",
                            ),
                        ),
                        (
                            "invitation",
                            models.OneToOneField(
                                null=True, on_delete=django.db.models.deletion.CASCADE, to="surveys.invitation"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "property_set",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="surveys.propertyset",
                            ),
                        ),
                        ("judged_at", models.DateTimeField(null=True)),
                        (
                            "judged_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("judged_note", models.CharField(blank=True, db_default="", default="", max_length=300)),
                        ("comment_language", models.CharField(blank=True, db_default="", default="", max_length=12)),
                        (
                            "excluded_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("excluded_note", models.CharField(blank=True, db_default="", default="", max_length=300)),
                        (
                            "excluded_reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("test", "A test, or a colleague"),
                                    ("spam", "Spam or nonsense"),
                                    ("wrong_person", "Answered by the wrong person"),
                                    ("duplicate", "The same person twice"),
                                    ("other", "Another reason"),
                                ],
                                db_default="",
                                default="",
                                max_length=12,
                            ),
                        ),
                        ("read_at", models.DateTimeField(null=True)),
                        ("sentiment", models.SmallIntegerField(null=True)),
                        (
                            "tags",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
                            ),
                        ),
                        (
                            "themes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "-responded_at", "-id"], name="response_newest_first"),
                            models.Index(
                                condition=models.Q(("excluded_at__isnull", True), ("verdict", "confirmed")),
                                fields=["organization", "property_set", "day"],
                                include=("campaign", "score"),
                                name="response_by_property_set",
                            ),
                            models.Index(
                                condition=models.Q(("settles_at__isnull", False)),
                                fields=["settles_at"],
                                name="response_settling",
                            ),
                            models.Index(
                                condition=models.Q(("read_at__isnull", True), models.Q(("comment", ""), _negated=True)),
                                fields=["organization", "id"],
                                name="response_unread",
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                condition=models.Q(("themes", []), _negated=True),
                                fields=["organization", "themes"],
                                name="response_themes",
                                opclasses=["int8_ops", "array_ops"],
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                condition=models.Q(("tags", []), _negated=True),
                                fields=["organization", "tags"],
                                name="response_tags",
                                opclasses=["int8_ops", "array_ops"],
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                condition=models.Q(("comment", ""), _negated=True),
                                fields=["organization", "comment"],
                                name="response_words",
                                opclasses=["int8_ops", "gin_trgm_ops"],
                            ),
                            models.Index(
                                fields=["organization", "customer", "responded_at", "id"],
                                include=("day", "score", "verdict", "excluded_at", "campaign", "property_set"),
                                name="response_of_customer",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("excluded_at__isnull", True), ("verdict", "confirmed"), ("sentiment", -1)
                                ),
                                fields=["organization", "day"],
                                include=("customer",),
                                name="response_meant_badly",
                            ),
                            models.Index(
                                condition=models.Q(("excluded_at__isnull", True), ("verdict", "confirmed")),
                                fields=["organization", "day"],
                                include=("campaign", "score", "property_set"),
                                name="response_by_day",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("excluded_at__isnull", True),
                                    ("verdict", "confirmed"),
                                    models.Q(("comment", ""), _negated=True),
                                    ("invitation__isnull", False),
                                ),
                                fields=["organization", "invitation"],
                                name="response_commented",
                            ),
                            models.Index(
                                condition=models.Q(
                                    models.Q(("verdict", "confirmed"), _negated=True),
                                    ("judged_at__isnull", False),
                                    _connector="OR",
                                ),
                                fields=["organization", "day"],
                                include=("campaign", "verdict", "judged_at"),
                                name="response_doubted",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("score__gte", 0), ("score__lte", 10)),
                                name="response_score_in_range",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ResponseRevision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("score", models.PositiveSmallIntegerField()),
                        ("comment", models.TextField(blank=True, default="")),
                        ("at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "response",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="revisions",
                                to="surveys.response",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["response", "id"], name="revision_of_response")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("score__gte", 0), ("score__lte", 10)),
                                name="revision_score_in_range",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Answer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("question", models.CharField(max_length=10)),
                        ("value", models.JSONField()),
                        ("at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "response",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="answers",
                                to="surveys.response",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["response"], name="answer_of_response")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "response", "question"), name="one_answer_per_question"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ResponseChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("act", models.BigIntegerField(null=True)),
                        ("actor_id", models.BigIntegerField(null=True)),
                        ("changes", models.JSONField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "response",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="changes",
                                to="surveys.response",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "response", "-id"], name="change_of_response"),
                            models.Index(fields=["response"], name="change_by_response"),
                            models.Index(
                                condition=models.Q(("act__isnull", False)),
                                fields=["organization", "act", "response"],
                                name="change_of_act",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SentimentRuling",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sentiment", models.SmallIntegerField()),
                        ("at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "response",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.response"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["response"], name="sentiment_ruling_of_response")],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "response"), name="one_sentiment_ruling"),
                            models.CheckConstraint(
                                condition=models.Q(("sentiment__gte", -1), ("sentiment__lte", 1)),
                                name="sentiment_in_range",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ThemeRuling",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("belongs", models.BooleanField()),
                        ("at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "response",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.response"
                            ),
                        ),
                        (
                            "theme",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rulings",
                                to="surveys.theme",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["response"], name="ruling_of_response"),
                            models.Index(fields=["theme", "id"], name="ruling_of_theme"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "response", "theme"), name="one_ruling_per_theme"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CommentNote",
                    fields=[
                        (
                            "response",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="surveys.response",
                            ),
                        ),
                        ("certainty", models.FloatField()),
                        ("feeling", models.FloatField()),
                        ("why", models.JSONField(default=dict)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("problem", models.CharField(blank=True, db_default="", default="", max_length=200)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "response"], name="note_of_comment"),
                            models.Index(
                                condition=models.Q(("problem", ""), _negated=True),
                                fields=["organization", "response"],
                                name="note_of_unreadable",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Conversation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("subject", models.CharField(blank=True, default="", max_length=200)),
                        (
                            "status",
                            models.CharField(
                                choices=[("open", "Open"), ("waiting", "Waiting"), ("closed", "Closed")],
                                default="open",
                                max_length=8,
                            ),
                        ),
                        (
                            "close_reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("solved", "Solved"),
                                    ("explained", "Explained, nothing to change"),
                                    ("passed_on", "Passed on to the product or another team"),
                                    ("no_answer", "The customer did not answer"),
                                    ("nothing_to_do", "Nothing to do"),
                                    ("junk", "Junk"),
                                ],
                                default="",
                                max_length=14,
                            ),
                        ),
                        (
                            "priority",
                            models.SmallIntegerField(
                                choices=[(0, "Low"), (1, "Normal"), (2, "High"), (3, "Urgent")], default=1
                            ),
                        ),
                        ("score", models.PositiveSmallIntegerField(null=True)),
                        ("campaign_id", models.BigIntegerField(null=True)),
                        ("opened_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField(null=True)),
                        ("overdue_at", models.DateTimeField(null=True)),
                        ("escalated_at", models.DateTimeField(null=True)),
                        ("first_due_at", models.DateTimeField(null=True)),
                        ("first_reply_at", models.DateTimeField(null=True)),
                        ("last_reply_at", models.DateTimeField(null=True)),
                        ("last_heard_at", models.DateTimeField(null=True)),
                        ("touched_at", models.DateTimeField()),
                        ("snoozed_until", models.DateTimeField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("reopened", models.PositiveSmallIntegerField(db_default=0, default=0)),
                        ("version", models.PositiveIntegerField(db_default=1, default=1)),
                        (
                            "assignee",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "closed_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.customer",
                            ),
                        ),
                        (
                            "first_reply_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "response",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.response",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.team",
                            ),
                        ),
                        ("escalate_at", models.DateTimeField(null=True)),
                        ("turn_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["organization", "status", "-touched_at", "-id"], name="conversation_newest"
                            ),
                            models.Index(fields=["organization", "status", "due_at", "id"], name="conversation_by_due"),
                            models.Index(
                                condition=models.Q(("assignee__isnull", False)),
                                fields=["organization", "assignee", "status", "-touched_at"],
                                name="conversation_of_assignee",
                            ),
                            models.Index(
                                condition=models.Q(("team__isnull", False)),
                                fields=["organization", "team", "status", "-touched_at"],
                                name="conversation_of_team",
                            ),
                            models.Index(fields=["organization", "customer", "-id"], name="conversation_of_customer"),
                            models.Index(fields=["organization", "-opened_at"], name="conversation_opened"),
                            models.Index(
                                condition=models.Q(
                                    ("due_at__isnull", False),
                                    ("overdue_at", None),
                                    models.Q(("status", "closed"), _negated=True),
                                ),
                                fields=["due_at"],
                                name="conversation_to_mark",
                            ),
                            models.Index(
                                condition=models.Q(("snoozed_until__isnull", False)),
                                fields=["snoozed_until"],
                                name="conversation_snoozed",
                            ),
                            models.Index(
                                condition=models.Q(("escalate_at__isnull", False)),
                                fields=["escalate_at"],
                                name="conversation_to_hand_up",
                            ),
                            models.Index(
                                condition=models.Q(("customer__isnull", False)),
                                fields=["customer"],
                                name="conversation_by_customer",
                            ),
                            models.Index(
                                condition=models.Q(("response__isnull", False)),
                                fields=["response"],
                                name="conversation_by_response",
                            ),
                            models.Index(fields=["organization", "-touched_at", "-id"], name="conversation_touched"),
                            django.contrib.postgres.indexes.GinIndex(
                                condition=models.Q(("subject", ""), _negated=True),
                                fields=["organization", "subject"],
                                name="conversation_words",
                                opclasses=["int8_ops", "gin_trgm_ops"],
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("response__isnull", False)),
                                fields=("organization", "response"),
                                name="one_conversation_per_response",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "closed"), _negated=True),
                                    ("closed_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="closed_conversations_say_when",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RuleRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.PositiveIntegerField()),
                        ("subject", models.CharField(max_length=40)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("running", "Under way"),
                                    ("done", "Done"),
                                    ("held_out", "Held out, to compare with"),
                                    ("not_met", "Its conditions did not hold"),
                                    ("stopped", "Stopped"),
                                    ("failed", "Failed"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("is_held_out", models.BooleanField(default=False)),
                        ("why", models.JSONField(default=list)),
                        ("score", models.PositiveSmallIntegerField(null=True)),
                        ("actions", models.JSONField(default=list)),
                        ("at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(null=True)),
                        (
                            "customer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.customer",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "response",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.response",
                            ),
                        ),
                        (
                            "rule",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="runs",
                                to="surveys.rule",
                            ),
                        ),
                        ("conversation_id", models.BigIntegerField(null=True)),
                        ("invitation_id", models.BigIntegerField(null=True)),
                        ("score_before", models.PositiveSmallIntegerField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "customer", "-id"], name="run_of_customer"),
                            models.Index(
                                condition=models.Q(("response__isnull", False)),
                                fields=["response"],
                                name="run_of_response",
                            ),
                            models.Index(condition=models.Q(("outcome", "not_met")), fields=["at"], name="run_prune"),
                            models.Index(
                                condition=models.Q(("is_held_out", True)),
                                fields=["organization", "rule", "version"],
                                name="runs_held_out",
                            ),
                            models.Index(fields=["rule", "-at", "-id"], include=("outcome",), name="runs_over_time"),
                            models.Index(
                                condition=models.Q(("outcome__in", ["running", "held_out", "stopped", "failed"])),
                                fields=["rule", "outcome", "-at", "-id"],
                                name="run_of_rule_rare",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "rule", "subject"), name="one_run_per_rule_and_subject"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TrackedLink",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("review", "Review link"), ("referral", "Referral link")], max_length=8
                            ),
                        ),
                        ("score", models.PositiveSmallIntegerField(null=True)),
                        ("target", models.URLField(max_length=500)),
                        ("visits", models.PositiveIntegerField(db_default=0, default=0)),
                        ("signups", models.PositiveIntegerField(db_default=0, default=0)),
                        ("created_at", models.DateTimeField()),
                        (
                            "customer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.customer",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "response",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.response",
                            ),
                        ),
                        (
                            "site",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="surveys.reviewsite",
                            ),
                        ),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "merged_into",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.trackedlink",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["organization", "kind", "-id"], name="links_newest_first"),
                            models.Index(
                                fields=["organization", "kind", "-signups", "-visits", "-id"], name="links_by_success"
                            ),
                            models.Index(
                                condition=models.Q(("customer__isnull", False)),
                                fields=["organization", "customer"],
                                name="links_of_customer",
                            ),
                            models.Index(
                                condition=models.Q(("response__isnull", False)),
                                fields=["response"],
                                name="links_of_response",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("customer__isnull", False)),
                                fields=("organization", "kind", "site", "customer"),
                                name="one_link_per_customer",
                                nulls_distinct=False,
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("customer", None), ("ended_at", None), ("merged_into", None)),
                                fields=("organization", "kind", "site"),
                                name="one_link_for_anybody",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Draft",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("is_note", models.BooleanField(default=False)),
                        ("text", models.TextField(blank=True, default="")),
                        ("updated_at", models.DateTimeField()),
                        (
                            "conversation",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.conversation"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        ("key", models.CharField(blank=True, db_default="", default="", max_length=80)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["user"], name="draft_of_user")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "conversation", "user", "is_note"), name="one_draft_per_person"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Message",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("reply", "Reply"),
                                    ("automatic", "Automatic mail"),
                                    ("inbound", "From the customer"),
                                    ("by_hand", "From the customer, added by hand"),
                                    ("note", "Internal note"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("text", models.TextField()),
                        ("html", models.TextField(blank=True, default="")),
                        ("quoted", models.TextField(blank=True, default="")),
                        ("mentions", models.JSONField(default=list)),
                        ("from_address", models.CharField(blank=True, default="", max_length=320)),
                        ("is_from_another", models.BooleanField(default=False)),
                        ("is_automatic", models.BooleanField(default=False)),
                        ("message_id", models.CharField(blank=True, default="", max_length=300)),
                        ("key", models.CharField(blank=True, default="", max_length=80)),
                        ("at", models.DateTimeField()),
                        (
                            "author",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "conversation",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="messages",
                                to="surveys.conversation",
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="surveys.delivery",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("html_differs", models.BooleanField(db_default=False, default=False)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["conversation", "id"], name="message_of_conversation"),
                            models.Index(
                                condition=models.Q(("message_id", ""), _negated=True),
                                fields=["organization", "message_id"],
                                name="message_by_id",
                            ),
                            models.Index(
                                condition=models.Q(("delivery__isnull", False)),
                                fields=["delivery"],
                                name="message_of_delivery",
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["organization", "text"],
                                name="message_words",
                                opclasses=["int8_ops", "gin_trgm_ops"],
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("key", ""), _negated=True),
                                fields=("organization", "conversation", "key"),
                                name="one_message_per_form",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Presence",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("seen_at", models.DateTimeField()),
                        ("wrote_at", models.DateTimeField(null=True)),
                        (
                            "conversation",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.conversation"
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["seen_at"], name="presence_prune"),
                            models.Index(fields=["user"], name="presence_of_user"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "conversation", "user"), name="one_presence_per_person"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ConversationChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("actor_id", models.BigIntegerField(null=True)),
                        ("rule_id", models.BigIntegerField(null=True)),
                        ("kind", models.CharField(max_length=16)),
                        ("facts", models.JSONField(default=dict)),
                        (
                            "conversation",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="changes",
                                to="surveys.conversation",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        ("act", models.BigIntegerField(null=True)),
                        ("version", models.PositiveIntegerField(db_default=0, default=0)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["conversation", "id"], name="change_of_conversation"),
                            models.Index(
                                condition=models.Q(("act__isnull", False)),
                                fields=["organization", "act", "conversation"],
                                name="change_of_inbox_act",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RuleStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField()),
                        ("kind", models.CharField(max_length=12)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("due", "Due"),
                                    ("done", "Done"),
                                    ("skipped", "Left out"),
                                    ("failed", "Failed"),
                                ],
                                default="due",
                                max_length=8,
                            ),
                        ),
                        ("due_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("said", models.CharField(blank=True, default="", max_length=300)),
                        ("customer_id", models.BigIntegerField(null=True)),
                        ("made", models.JSONField(default=dict)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="steps",
                                to="surveys.rulerun",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("state", "due")), fields=["due_at"], name="step_due"),
                            models.Index(
                                condition=models.Q(("kind", "email"), ("state", "done")),
                                fields=["organization", "customer_id", "done_at"],
                                name="mails_of_rules",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "run", "position"), name="one_step_per_place"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LinkVisit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("what", models.CharField(max_length=8)),
                        ("key", models.CharField(max_length=80)),
                        ("is_robot", models.BooleanField(default=False)),
                        ("at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "link",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.trackedlink"
                            ),
                        ),
                        ("newcomer_id", models.BigIntegerField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["link", "-at"], name="visit_of_link"),
                            models.Index(fields=["organization", "at"], name="visits_over_time"),
                            models.Index(
                                condition=models.Q(("newcomer_id__isnull", False)),
                                fields=["organization", "newcomer_id"],
                                name="who_came",
                            ),
                            models.Index(
                                condition=models.Q(("is_robot", True)), fields=["at"], name="visit_of_robot_prune"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "link", "what", "key"), name="one_visit"),
                            models.UniqueConstraint(
                                condition=models.Q(("what", "signup")),
                                fields=("organization", "key"),
                                name="one_signup",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Attachment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("media_type", models.CharField(max_length=100)),
                        ("size", models.PositiveIntegerField()),
                        ("data", models.BinaryField()),
                        ("at", models.DateTimeField()),
                        (
                            "organization",
                            models.ForeignKey(
                                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="surveys.organization"
                            ),
                        ),
                        (
                            "draft",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attachments",
                                to="surveys.draft",
                            ),
                        ),
                        (
                            "message",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attachments",
                                to="surveys.message",
                            ),
                        ),
                        (
                            "mail",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attachments",
                                to="surveys.inboundmail",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("message__isnull", False)),
                                fields=["message"],
                                name="attachment_of_message",
                            ),
                            models.Index(
                                condition=models.Q(("draft__isnull", False)),
                                fields=["draft"],
                                name="attachment_of_draft",
                            ),
                            models.Index(
                                condition=models.Q(("mail__isnull", False)), fields=["mail"], name="attachment_of_mail"
                            ),
                        ],
                    },
                ),
            ]
        ),
        *(
            operation
            for name in BESIDES
            for operation in import_module(f"surveys.migrations.{name}").Migration.operations
        ),
    ]
