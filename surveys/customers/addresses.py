"""Email addresses: which are valid, and the hash by which an address is remembered when the person is deleted.

`normalized` always means Customer.email_key: PostgreSQL's lower(trim(email)). Python folds some letters differently and
never computes it.
"""

import hashlib
import hmac
import re

from django.db import connection
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from surveys.core import tokens

MOST_CHARACTERS = 254
MOST_BEFORE_AT = 64
_MOST_WRITTEN = 4 * MOST_CHARACTERS  # letters may be composed of several characters, which become one

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# Addresses about which email-validator has nothing to add. What does not match is not wrong: the library decides.
_PLAIN = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}")
# People who run this themselves have mail servers in networks of their own, and try it with addresses that are for trying.
_IN_USE_HERE = ("local", "test")
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name not in _IN_USE_HERE]
_NEVER_DELIVERED = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)


def is_plain(address: str) -> bool:
    """A usual ASCII address: valid without asking the library, which is twenty times slower."""
    if len(address) > MOST_CHARACTERS or address.find("@") > MOST_BEFORE_AT or "--" in address:
        return False
    return _PLAIN.fullmatch(address) is not None and not address.lower().endswith(_NEVER_DELIVERED)


def cleaned(address: str) -> str | None:
    """The address as it is stored, or None when it is none. Whether its mailbox exists is not asked."""
    if is_plain(address):
        return address
    if len(address) > _MOST_WRITTEN:
        return None
    try:
        found = validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        return None
    return found if len(found) <= MOST_CHARACTERS else None


def normalized(address: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower(trim(%s))", [address])
        return str(cursor.fetchone()[0])


def address_hash(organization_id: int, normalized: str) -> str:
    """Hex HMAC-SHA256 of organization and address, as `HASH_SQL` computes it."""
    message = organization_id.to_bytes(8, "big") + normalized.encode()
    return hmac.new(tokens.address_key(), message, hashlib.sha256).hexdigest()


# The same in PostgreSQL's own functions (RFC 2104), with the normalized address in place of {key}.
HASH_SQL = (
    "encode(sha256(%(hmac_outer)s::bytea ||"
    " sha256(%(hmac_inner)s::bytea || int8send(%(organization)s) || convert_to({key}, 'UTF8'))), 'hex')"
)


def hash_parameters(organization_id: int) -> dict[str, int | bytes]:
    """The parameters that `HASH_SQL` takes."""
    block = tokens.address_key().ljust(64, b"\0")
    return {
        "organization": organization_id,
        "hmac_inner": bytes(byte ^ 0x36 for byte in block),
        "hmac_outer": bytes(byte ^ 0x5C for byte in block),
    }
