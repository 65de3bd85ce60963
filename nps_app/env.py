"""Strict reading of the environment: what cannot be parsed is an error that names the variable.

Every reader accepts `NAME_FILE` in place of `NAME`, so that secrets can be mounted as files.
The names read are remembered in `SEEN`; a test compares them with docs/settings.md.
"""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SEEN: dict[str, str] = {}

_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, else the content of the file that `name_FILE` points at, else the default."""
    SEEN[name] = "" if default is None else default
    value = os.environ.get(name)
    path = os.environ.get(f"{name}_FILE")
    if value and path:
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set; keep one of them.")
    if path:
        return _read_file(name, path)
    if value:
        return value.strip()
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set, and it has no default. See docs/settings.md.")
    return default


def _read_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {error.strerror}.") from error


def boolean(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0")
    try:
        return _BOOLEANS[value.lower()]
    except KeyError:
        raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no; write 1 or 0.") from None


def integer(name: str, default: int, *, least: int = 0) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None
    if number < least:
        raise ImproperlyConfigured(f"{name}={number} is less than {least}.")
    return number


def rate(name: str) -> float | None:
    """So many a second, such as `14` or `0.5`; None when it is not set."""
    value = text(name, "")
    return _rate(name, value, value) if value else None


def rates(name: str) -> dict[str, float]:
    """A comma-separated list of `name=rate`, such as `gmail.com=20, outlook.com=10`; the names in lower case."""
    found: dict[str, float] = {}
    for word in words(name):
        key, sign, value = (part.strip() for part in word.partition("="))
        if not key or not sign:
            raise ImproperlyConfigured(f"{name}: {word!r} is no name and rate such as gmail.com=20.")
        if key.lower() in found:
            raise ImproperlyConfigured(f"{name} names {key.lower()!r} twice; keep one of them.")
        found[key.lower()] = _rate(name, value, word)
    return found


def _rate(name: str, value: str, where: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < 1_000_000:
        raise ImproperlyConfigured(f"{name}: {where!r} is no rate; write a number above 0, such as 20 or 0.5.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list; spaces around the items are ignored."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def integers(name: str, default: str) -> list[int]:
    """A comma-separated list of whole numbers."""
    try:
        return [int(word) for word in words(name, default)]
    except ValueError:
        raise ImproperlyConfigured(
            f"{name}={text(name, default)!r} is not a list of whole numbers such as {default}."
        ) from None


def endpoints(name: str, port: int) -> tuple[tuple[str, int], ...]:
    """A comma-separated list of IP addresses, each with a port or without: `127.0.0.1:5353, 9.9.9.9, [::1]:53`."""
    found = []
    for word in words(name):
        host, colon, number = word.rpartition(":")
        is_plain = not colon or (":" in host and not host.startswith("["))  # an IPv6 address has colons of its own
        address = word if is_plain else host
        try:
            found.append((str(ip_address(address.strip("[]"))), port if is_plain else int(number)))
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: {word!r} is no IP address such as 9.9.9.9 or 127.0.0.1:5353."
            ) from None
    return tuple(found)


def pairs(name: str) -> tuple[tuple[str, str], ...]:
    """A comma-separated list of `key=value`, or of keys alone."""
    cut = (word.partition("=") for word in words(name))
    return tuple((key.strip(), value.strip()) for key, _sign, value in cut)


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name}={value!r} is not one of: {', '.join(options)}.")
    return value


def web_address(name: str, default: str) -> str:
    """An absolute http(s) address without a trailing slash."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ImproperlyConfigured(f"{name}={value!r} is not an address such as https://nps.example.com.")
    return value


def database(name: str, default: str | None = None) -> dict[str, object]:
    """`postgresql://user:password@host:port/name?host=/socket/folder` as a DATABASES entry.

    A `host` in the query wins (that is how libpq writes socket folders); other query parameters become OPTIONS.
    """
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} must begin with postgresql://; it begins with {parts.scheme!r}.")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = options.pop("host", None) or unquote(parts.hostname or "")
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} has a port that is not a number.") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


def unknown(environment: Mapping[str, str], prefix: str = "NPS_") -> list[str]:
    """Variables that begin like ours and that nothing reads: most often a typing mistake."""
    known = SEEN.keys() | {f"{name}_FILE" for name in SEEN}
    return sorted(name for name in environment if name.startswith(prefix) and name not in known)
