"""Reads about logos."""

from dataclasses import dataclass

from django.urls import reverse

from surveys.accounts.models import Logo, Organization


@dataclass(frozen=True)
class LogoLook:
    """A logo as a page or mail shows it: at half its pixels, so that it is sharp on dense screens."""

    path: str
    width: int
    height: int


def look(digest: str, width: int, height: int) -> LogoLook | None:
    """None for an organization without a logo."""
    if not digest:
        return None
    return LogoLook(reverse("identity:logo", args=[digest]), max(1, width // 2), max(1, height // 2))


def of(organization: Organization) -> LogoLook | None:
    return look(organization.logo_digest, organization.logo_width, organization.logo_height)


def stored(digest: str) -> Logo | None:
    """The picture with this digest; which organization's it is does not matter."""
    return Logo.objects.filter(digest=digest).first()


def picture(digest: str) -> bytes | None:
    found = stored(digest)
    return None if found is None else bytes(found.png)
