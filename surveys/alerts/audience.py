"""Who is there to be told, and who wants to hear of which response."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from surveys.accounts import permissions
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.alerts.models import AlertChoice
from surveys.alerts.wishes import Wish
from surveys.core import nps
from surveys.core.conditions import compiler, validation
from surveys.core.conditions.validation import BadCondition
from surveys.customers.models import Customer, Segment
from surveys.customers.queries.segments import customer_catalogue
from surveys.responses.models import Response


@dataclass(frozen=True)
class Person:
    """A colleague who may see the organization now."""

    user: int
    role: str
    email: str
    membership: int
    wish: Wish


def people(organization: Organization, users: Collection[int] | None = None) -> list[Person]:
    """Members, all or those of these users, in order; two statements."""
    members = Membership.objects.filter(organization=organization, user__is_active=True)
    choices = AlertChoice.objects.filter(organization=organization)
    if users is not None:
        members, choices = members.filter(user__in=users), choices.filter(user__in=users)
    chosen = {choice.user_id: choice for choice in choices}
    found = members.order_by("user_id").values_list("user_id", "role", "user__email", "pk")
    return [Person(user, role, email, pk, Wish.of(chosen.get(user), role)) for user, role, email, pk in found]


def who_may(organization: Organization, permission: Permission) -> list[User]:
    """Colleagues whose role allows it, in order; one statement."""
    members = Membership.objects.filter(organization=organization, user__is_active=True).select_related("user")
    return [each.user for each in members.order_by("user_id") if permissions.allows(each.role, permission)]


class Subject:
    """A response, and whom it is of. `before` is the score that it had, where it was changed."""

    def __init__(self, response: Response, before: int | None, at: datetime) -> None:
        self.response = response
        self.categories = {str(nps.classify(score)) for score in (response.score, before) if score is not None}
        self.at = at
        self._in_segments: dict[int, bool] = {}

    def is_wanted_by(self, person: Person) -> bool:
        wish = person.wish
        if wish.categories and not wish.categories & self.categories:
            return False
        customer = self.response.customer
        if wish.only_owned and (customer is None or customer.owner_id != person.user):
            return False
        return not wish.segments or any(self._is_in(segment) for segment in sorted(wish.segments))

    def _is_in(self, segment: int) -> bool:
        """Asked once for each segment, however many colleagues have chosen it."""
        if segment not in self._in_segments:
            self._in_segments[segment] = self._ask(segment)
        return self._in_segments[segment]

    def _ask(self, segment: int) -> bool:
        """A segment that is gone, or that cannot be understood any more, has nobody in it."""
        organization, customer = self.response.organization, self.response.customer_id
        found = Segment.objects.filter(organization=organization, pk=segment).first()
        if found is None or customer is None:
            return False
        known = customer_catalogue(organization)
        try:
            where = compiler.compile_where(validation.read(found.conditions, known), known, "c", self.at)
        except BadCondition:
            return False
        return Customer.objects.filter(organization=organization, pk=customer).meeting(where).exists()
