#!/usr/bin/env python
"""Django's command line. For the embedded servers use `python -m nps_app.local manage …`."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nps_app.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
