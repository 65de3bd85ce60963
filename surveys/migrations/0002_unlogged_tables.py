from django.db import migrations


class Migration(migrations.Migration):
    """PostgreSQL empties an unlogged table when it recovers from a crash.

    For batches of claimed deliveries that is the point: it is how a forgotten commit is noticed (docs/delivery.md).
    Staged rows of imports are read again from the uploaded file, so they need no log.
    """

    dependencies = [
        ("surveys", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET UNLOGGED",
            reverse_sql=f"ALTER TABLE {table} SET LOGGED",
        )
        for table in ("surveys_batch", "surveys_importrow")
    ]
