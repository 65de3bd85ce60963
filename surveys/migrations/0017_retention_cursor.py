from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0016_retention_starts"),
    ]

    operations = [
        migrations.AddField(
            model_name="retentionrun",
            name="cursor",
            field=models.BigIntegerField(default=0),
        ),
    ]
