"""A customer chooses to be asked (again): as one change, of which all happens or nothing."""

from django.db import transaction

from surveys.core.locks import again_after_deadlock
from surveys.customers.actions import preferences as wishes
from surveys.customers.actions.preferences import Rest
from surveys.customers.models import SuppressionReason
from surveys.privacy.preferences import Preferences
from surveys.responses import actions as responses


@again_after_deadlock
def ask_again(*, they: Preferences, rest: Rest) -> None:
    """So often, and no more as somebody who unsubscribed. Raises NotThere, TooOften: then nothing has changed."""
    with transaction.atomic():
        if they.customer.suppression == SuppressionReason.UNSUBSCRIBED:
            responses.resubscribe(survey=they.survey, at=they.at)
        wishes.choose(customer=they.customer, rest=rest, at=they.at)
