from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0065_conversations_by_words_and_touch"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="matter",
            field=models.CharField(
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
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("campaign__isnull", True), ("customer__isnull", False)),
                fields=["organization", "customer"],
                name="letter_of_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="linkvisit",
            index=models.Index(condition=models.Q(("is_robot", True)), fields=["at"], name="visit_of_robot_prune"),
        ),
        migrations.AddIndex(
            model_name="rulerun",
            index=models.Index(
                condition=models.Q(("outcome__in", ["running", "held_out", "stopped", "failed"])),
                fields=["rule", "outcome", "-id"],
                name="run_of_rule_rare",
            ),
        ),
        migrations.AddIndex(
            model_name="rulerun",
            index=models.Index(fields=["rule", "at"], include=("outcome",), name="runs_over_time"),
        ),
        migrations.AddIndex(
            model_name="rulerun",
            index=models.Index(
                condition=models.Q(("is_held_out", True)),
                fields=["organization", "rule", "version"],
                name="runs_held_out",
            ),
        ),
        migrations.AddIndex(
            model_name="trackedlink",
            index=models.Index(
                condition=models.Q(("customer__isnull", False)),
                fields=["organization", "customer"],
                name="links_of_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="trackedlink",
            index=models.Index(
                condition=models.Q(("response__isnull", False)), fields=["response"], name="links_of_response"
            ),
        ),
    ]
