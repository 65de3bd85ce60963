from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0054_doubts_are_counted_by_their_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="scan",
            name="cursor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="scan",
            name="found",
            field=models.JSONField(null=True),
        ),
    ]
