from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    """Rate limits are kept in the database (settings.CACHES)."""

    dependencies = [
        ("surveys", "0002_unlogged_tables"),
    ]

    operations = [
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
