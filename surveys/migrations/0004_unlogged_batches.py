from django.db import migrations


class Migration(migrations.Migration):
    """PostgreSQL empties an unlogged table when it recovers from a crash: that is how a forgotten commit is noticed."""

    dependencies = [
        ('surveys', '0003_delivery_batches'),
    ]

    operations = [
        migrations.RunSQL('ALTER TABLE surveys_batch SET UNLOGGED', 'ALTER TABLE surveys_batch SET LOGGED'),
    ]
