"""Review sites are added, changed, ordered and archived by people."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.automation import link_queries, tracked
from surveys.automation.models import ReviewSite
from surveys.core.choices import Category

MOST: Final = 20  # in use at once


@dataclass(frozen=True)
class Wish:
    """A site as somebody wants it. `categories`: to whom it is shown; none are all."""

    name: str
    url: str
    categories: Sequence[str] = ()
    is_on_thanks: bool = True


class Refused(ValueError):
    """It cannot be so; `field` says where (None: as a whole), and the message why."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field


def add(*, wish: Wish, by: Membership, at: datetime) -> ReviewSite:
    """Behind the others. Raises Refused."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        there = _in_use(by)
        if len(there) >= MOST:
            raise Refused(None, _("There are %(most)d review sites already. Archive one first.") % {"most": MOST})
        last = max((each.position for each in there), default=-1)
        made = ReviewSite(organization=by.organization, position=last + 1, created_at=at)
        _store(made, wish)
        audit.record(by, "review_site.added", made, at=at, url=made.url, categories=made.categories)
    return made


def change(*, site: ReviewSite, wish: Wish, by: Membership, at: datetime) -> None:
    """Links that were passed on lead to the new address. Raises Refused."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        held = _held(site, by)
        before = _said(held)
        _store(held, wish)
        after = _said(held)
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        if changed:
            audit.record(by, "review_site.changed", held, at=at, changed=changed)


def archive(*, site: ReviewSite, by: Membership, at: datetime) -> None:
    """It is offered to nobody any more; links that were passed on go on leading there, and being counted."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        mine = ReviewSite.objects.filter(organization=by.organization, pk=site.pk, archived_at=None)
        if mine.update(archived_at=at):
            audit.record(by, "review_site.archived", site, at=at)


def restore(*, site: ReviewSite, by: Membership, at: datetime) -> None:
    """Raises Refused when another one has its name by now, or there are too many."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        if len(_in_use(by)) >= MOST:
            raise Refused(None, _("There are %(most)d review sites already. Archive one first.") % {"most": MOST})
        held = _held(site, by)
        if held.archived_at is None:
            return
        held.archived_at = None
        _save(held)
        audit.record(by, "review_site.restored", held, at=at)


def move_up(*, site: ReviewSite, by: Membership, at: datetime) -> None:
    """One place; the first of them is the one that mails lead to."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        order = _in_use(by)
        place = next((n for n, each in enumerate(order) if each.pk == site.pk), 0)
        if place == 0:
            return
        order[place - 1], order[place] = order[place], order[place - 1]
        for position, each in enumerate(order):
            ReviewSite.objects.filter(pk=each.pk).update(position=position)
        audit.record(by, "review_site.moved", site, at=at)


# ── Pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _in_use(by: Membership) -> list[ReviewSite]:
    """In their order, one change of it after the other."""
    Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)
    return list(link_queries.sites(by.organization_id))


def _held(site: ReviewSite, by: Membership) -> ReviewSite:
    return ReviewSite.objects.select_for_update(no_key=True).get(organization=by.organization, pk=site.pk)


def _said(site: ReviewSite) -> dict[str, Any]:
    return {name: getattr(site, name) for name in asdict(Wish("", ""))}


def _store(site: ReviewSite, wish: Wish) -> None:
    if not wish.name.strip():
        raise Refused("name", _("The site needs a name."))
    if why := tracked.problem(wish.url):
        raise Refused("url", why)
    wanted = [category.value for category in Category if category in wish.categories]
    site.name, site.url, site.is_on_thanks = wish.name.strip(), wish.url, wish.is_on_thanks
    site.categories = [] if len(wanted) == len(Category) else wanted
    _save(site)


def _save(site: ReviewSite) -> None:
    try:
        with transaction.atomic():
            site.save()
    except IntegrityError as error:
        said = _("There is a review site “%(name)s” already: choose another name.")
        raise Refused("name", said % {"name": site.name}) from error
