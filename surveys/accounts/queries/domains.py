"""Reads about the domain that an organization sends from."""

from dataclasses import dataclass

from django.conf import settings

from surveys.accounts.models import DomainCheck, Organization


def sender_address(organization: Organization) -> str:
    """Its own: the one that waits to be confirmed, else the one in use; "" while it sends from the operator's."""
    return organization.wanted_sender_email or organization.sender_email


def domain_of(address: str) -> str:
    """As name servers write it, in small ASCII letters; "" where it cannot be one."""
    name = address.rpartition("@")[2].strip().rstrip(".").lower()
    try:
        return name.encode("idna").decode() if name else ""
    except UnicodeError:
        return ""


@dataclass(frozen=True)
class Signing:
    """A DKIM selector of the operator's, and the name that its record is an alias of ("" where only it is known)."""

    selector: str
    target: str


def signings() -> list[Signing]:
    """As the operator has them in NPS_DKIM_SELECTORS."""
    return [Signing(selector, target) for selector, target in settings.DKIM_SELECTORS]


def check_of(organization: Organization) -> DomainCheck | None:
    """The latest check of the domain that it sends from now."""
    domain = domain_of(sender_address(organization))
    return DomainCheck.objects.filter(organization=organization, domain=domain).first() if domain else None


def failing_parts(organization: Organization) -> list[str]:
    """What failed when it was last looked at: "spf", "dkim", "dmarc"; of replies campaigns need not know."""
    check = check_of(organization)
    found = {finding["part"] for finding in check.findings if finding["level"] == "fail"} if check else set()
    return [part for part in ("spf", "dkim", "dmarc") if part in found]
