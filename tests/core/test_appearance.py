"""The theme that a person chose, the style guide's door, and templates that keep to the content policy."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from surveys.templatetags.ui import initials

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
BREAKS_THE_POLICY = re.compile(
    r"""\sstyle=|<style|\son[a-z]+=["']|<script(?![^>]*\bsrc=)|javascript:|hx-on|hx-vals=["']js:"""
)


def test_a_theme_is_kept_in_the_browser_and_the_person_stays_on_the_page(client):
    answer = client.post("/theme/", {"theme": "dark", "next": "/accounts/login/?next=/"})

    assert answer.url == "/accounts/login/?next=/"
    assert 'data-theme="dark"' in client.get("/accounts/login/").text


def test_following_the_system_is_a_choice_too(client):
    client.post("/theme/", {"theme": "dark"})
    client.post("/theme/", {"theme": "system"})

    assert "data-theme=" not in client.get("/accounts/login/").text


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com/", "javascript:alert(1)", ""])
def test_choosing_a_theme_never_leads_out_of_the_application(client, elsewhere):
    assert client.post("/theme/", {"theme": "dark", "next": elsewhere}).url == "/"


def test_an_unknown_theme_changes_nothing(client):
    assert "theme" not in client.post("/theme/", {"theme": '"><script>'}).cookies


@pytest.mark.django_db
def test_outside_local_mode_the_style_guide_is_for_staff(alice, settings):
    settings.LOCAL = False
    assert Client().get("/styleguide/").status_code == 404
    assert alice.get("/styleguide/").status_code == 404

    alice.membership.user.is_staff = True
    alice.membership.user.save()
    assert alice.get("/styleguide/").status_code == 200


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(settings.BASE_DIR).as_posix())
def test_a_template_needs_no_exception_from_the_content_policy(template: Path):
    if "emails" in template.parts:  # a mail has no policy, and mail clients know only inline styles
        return
    assert not BREAKS_THE_POLICY.findall(template.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ada Okafor", "AO"), ("ada.okafor@example.com", "AO"), ("Ada", "A"), ("Ana Maria da Silva", "AS"), ("", "")],
)
def test_initials_stand_for_a_person(name, expected):
    assert initials(name) == expected
