"""Every action and every page obeys the one table of permissions, for every role.

tests/permitted.py and permitted_pages.py say which permission each needs. Nothing that the walks do is kept.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseNotAllowed

import surveys
from surveys.accounts import permissions, roles
from surveys.accounts.models import Membership, Role
from surveys.accounts.permissions import PERMISSIONS, Permission
from tests.people import Person
from tests.permitted import ACTIONS, NO_PERMISSION, Act, Ways
from tests.permitted_pages import PAGES
from tests.test_tenancy import INSIDE, ids, kwargs_for  # noqa: F401  (a fixture)

Action = Callable[..., Any]


def actions() -> Iterator[tuple[str, Action]]:
    """Every public function of the modules called `actions` that takes `by`, a membership."""
    for module in pkgutil.walk_packages(surveys.__path__, "surveys."):
        parts = module.name.split(".")
        if "actions" not in parts:
            continue
        below = ".".join(part for part in parts[1:] if part != "actions")
        for name, function in vars(importlib.import_module(module.name)).items():
            if is_action(function, module.name) and not name.startswith("_"):
                yield f"{below}.{name}", function


def is_action(function: object, module: str) -> bool:
    if not inspect.isfunction(function) or function.__module__ != module:
        return False
    by = inspect.signature(function).parameters.get("by")
    return by is not None and by.annotation in (Membership, "Membership")


FOUND = dict(actions())


@contextmanager
def nothing_is_kept() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def weakest(permission: Permission) -> Role:
    """The first role, from the weakest on, that has the permission."""
    return next(role for role in reversed(Role) if permissions.allows(role, permission))


# ── Actions ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_action_is_declared() -> None:
    missing = FOUND.keys() - ACTIONS.keys() - NO_PERMISSION.keys()
    assert not missing, f"say in tests/permitted.py which permission these need: {sorted(missing)}"
    gone = (ACTIONS.keys() | NO_PERMISSION.keys()) - FOUND.keys()
    assert not gone, f"these are declared in tests/permitted.py, and are no actions any more: {sorted(gone)}"


def is_refused(action: Action, by: Membership, arguments: dict[str, Any]) -> bool:
    """Called with nothing for its arguments: an action looks at the role before it looks at anything else."""
    given = dict.fromkeys(inspect.signature(action).parameters) | arguments
    kinds = {name: parameter.kind for name, parameter in inspect.signature(action).parameters.items()}
    named = {name: value for name, value in given.items() if kinds[name] != inspect.Parameter.VAR_KEYWORD}
    with nothing_is_kept():
        try:
            with transaction.atomic():
                result = action(**(named | {"by": by}))
                if inspect.isgenerator(result):
                    next(result, None)
        except PermissionDenied:
            return True
        except Exception:  # let in; what it makes of no arguments is not the question
            return False
    return False


@pytest.mark.parametrize("role", Role)
def test_an_action_is_refused_exactly_to_roles_without_its_permission(alice: Person, bob: Person, role: Role) -> None:
    bob.becomes(role)
    by = Membership.objects.select_related("user", "organization").get(pk=bob.membership.pk)
    wrong = []
    for name, declared in ACTIONS.items():
        if name not in FOUND:
            continue
        for permission, arguments in declared if isinstance(declared, list) else [Act(declared, {})]:
            if is_refused(FOUND[name], by, arguments) == permissions.allows(role, permission):
                wrong.append(name)
    assert not wrong, f"the table of permissions says otherwise about {role} and: {wrong}"


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def needed(name: str, method: str) -> Permission:
    declared = PAGES[name]
    if isinstance(declared, Ways):
        return declared.get if method == "get" else declared.post
    return declared


def test_every_page_is_declared() -> None:
    names = {name for name, _, _ in INSIDE}
    missing = names - PAGES.keys()
    assert not missing, f"say in tests/permitted_pages.py which permission these need: {sorted(missing)}"
    gone = PAGES.keys() - names
    assert not gone, f"these are declared in tests/permitted_pages.py, and are no addresses any more: {sorted(gone)}"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_is_refused_exactly_to_roles_without_its_permission(
    bob: Person,
    ids: dict[str, int],  # noqa: F811
    role: Role,
    method: str,
) -> None:
    """Refused to each role that lacks the permission, and open to the weakest role that has it."""
    bob.becomes(role)
    wrong = []
    for name, _, converters in INSIDE:
        permission = needed(name, method) if name in PAGES else None
        if permission is None or (permissions.allows(role, permission) and role != weakest(permission)):
            continue
        with nothing_is_kept():
            answer = getattr(bob, method)(bob.url(name, **kwargs_for(name, converters, ids)))
        if isinstance(answer, HttpResponseNotAllowed):
            continue
        if (answer.status_code == 403) == permissions.allows(role, permission):
            wrong.append((name, answer.status_code))
    assert not wrong, f"the table of permissions says otherwise about {method} by {role}: {wrong}"


# ── The table, shown ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", Role)
def test_the_page_of_roles_shows_the_table_that_is_enforced(bob: Person, role: Role) -> None:
    bob.becomes(role)

    lines = bob.get(bob.url("accounts:roles")).context["lines"]

    assert [line.name for line in lines] == [str(roles.WORDS[permission][0]) for permission in Permission]
    for line, permission in zip(lines, Permission, strict=True):
        assert dict(line.allowed) == {each: permission in PERMISSIONS[each] for each in Role}
