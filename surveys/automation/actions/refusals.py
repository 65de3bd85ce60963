"""Why a step is not done now."""

from datetime import datetime


class LeftOut(Exception):
    """There is nothing to do it to, or it must not be done; the message is for people."""


class Later(Exception):
    """Not before `at`: it is night there, or a comment is still being written."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.at = at
