"""Who may sign up (NPS_SIGNUP). A stranger must not mail through the operator's server."""

from django.conf import settings

from surveys.accounts import queries


def is_open() -> bool:
    """Open mode: always. Invite and closed mode: only until the first organization exists."""
    return settings.SIGNUP == "open" or not queries.any_organization_exists()
