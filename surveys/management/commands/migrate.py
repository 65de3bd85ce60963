"""Django's migrate, as the role that owns the tables (DATABASE_OWNER_URL): the application's role may not change them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

WHO_AND_WHERE = ("USER", "PASSWORD", "HOST", "PORT")


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with connected_as_owner(options["database"]):
            super().handle(*args, **options)


@contextmanager
def connected_as_owner(alias: str) -> Iterator[None]:
    connection = connections[alias]
    before = {key: connection.settings_dict[key] for key in WHO_AND_WHERE}
    owner = {key: settings.DATABASE_OWNER[key] for key in WHO_AND_WHERE}
    if before == owner:
        yield
        return
    connection.close()
    connection.settings_dict.update(owner)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
