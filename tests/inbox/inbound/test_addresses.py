"""Nobody makes up an address that leads into a conversation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.core import folded_tokens
from surveys.core.folded_tokens import Purpose
from surveys.customers.models import Customer
from surveys.inbox import addresses
from surveys.inbox.models import Conversation

DOMAIN = "replies.example.com"
IDS = st.integers(min_value=0, max_value=2**63 - 1)


@pytest.fixture(autouse=True)
def inbound(settings):
    settings.INBOUND_DOMAIN = DOMAIN


@given(IDS, IDS)
def test_an_address_says_whose_it_is_in_any_case_of_letters_and_fits_into_a_mail_server(conversation, customer):
    made = f"r.{folded_tokens.make(Purpose.REPLY, conversation, customer)}@{DOMAIN}"
    assert made == made.lower()
    assert len(made.partition("@")[0]) <= 64
    expected = addresses.Reply(conversation, customer)
    assert (
        addresses.meaning(made) == addresses.meaning(made.upper()) == addresses.meaning(f" {made.title()} ") == expected
    )


@given(st.integers(min_value=0, max_value=54), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_an_address_with_another_letter_anywhere_means_nothing(place, letter):
    token = folded_tokens.make(Purpose.REPLY, 7, 8)
    changed = token[:place] + letter + token[place + 1 :]
    meant = addresses.meaning(f"r.{changed}@{DOMAIN}")
    assert meant == (addresses.Reply(7, 8) if changed == token else None)


def test_addresses_of_other_purposes_domains_and_keys_mean_nothing(settings):
    good = addresses.reply_address(Conversation(pk=7), Customer(pk=8)) or ""
    local = good.partition("@")[0]
    token = local[2:]
    unsubscribe = folded_tokens.make(Purpose.UNSUBSCRIBE, 7)
    for wrong in (
        f"u.{token}@{DOMAIN}",
        f"{local}@elsewhere.example.com",
        f"{token}@{DOMAIN}",
        f"r.{unsubscribe}@{DOMAIN}",
    ):
        assert addresses.meaning(wrong) is None
    assert addresses.meaning(f"u.{unsubscribe}@{DOMAIN}") == addresses.Unsubscribe(7)

    settings.LINK_KEYS = ["a new key that is long enough to be one", *settings.LINK_KEYS]
    assert addresses.meaning(good) == addresses.Reply(7, 8), "older keys go on verifying"
    settings.LINK_KEYS = ["another key that is long enough to be one"]
    assert addresses.meaning(good) is None


def test_without_a_domain_there_is_no_address(settings):
    settings.INBOUND_DOMAIN = ""
    assert addresses.reply_address(Conversation(pk=7), Customer(pk=8)) is None
    assert not addresses.is_ours("r.x@")
