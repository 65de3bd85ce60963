"""How objects are obtained and acts permitted. Another organization's object is a 404, never a 403: its existence is not told."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from surveys.accounts import permissions
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission

M = TypeVar("M", bound=models.Model)
P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate["OrganizationRequest", P], R]


class OrganizationRequest(HttpRequest):
    """A request under /o/<slug>/, after OrganizationMiddleware."""

    user: User
    membership: Membership
    organization: Organization
    htmx: HtmxDetails


def get(membership: Membership, model: type[M], pk: int) -> M:
    """The object with that key in the membership's organization; Http404 otherwise."""
    return get_object_or_404(model, organization=membership.organization, pk=pk)


def can(by: Membership, permission: Permission) -> bool:
    """By the role; and in an organization that is stopped only what remains possible there."""
    if by.organization.is_stopped and permission not in permissions.WHILE_STOPPED:
        return False
    return permissions.allows(by.role, permission)


def sees_hidden_properties(by: Membership) -> bool:
    """A question of reading: it is answered by the role alone, also in an organization that is stopped."""
    return permissions.allows(by.role, Permission.MANAGE_PROPERTIES)


def require(by: Membership, permission: Permission) -> None:
    """Raises PermissionDenied when the role does not allow it."""
    if not can(by, permission):
        raise PermissionDenied(permission)


def require_going_on(by: Membership) -> None:
    """For what every role may do. Raises PermissionDenied while the organization is stopped."""
    if by.organization.is_stopped:
        raise PermissionDenied("the organization is stopped")


def permitted(permission: Permission) -> Callable[[View[P, R]], View[P, R]]:
    """For views that show a form for an act: the page itself is closed to roles that may not do it."""

    def decorate(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def wrapper(request: OrganizationRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            require(request.membership, permission)
            return view(request, *args, **kwargs)

        return wrapper

    return decorate


def url(organization: Organization, name: str, **kwargs: object) -> str:
    """The address of a page of this organization: `url(organization, "campaigns:detail", pk=3)`."""
    return reverse(name, kwargs={"slug": organization.slug, **kwargs})
