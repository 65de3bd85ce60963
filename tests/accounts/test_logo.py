"""The logo: what is taken, what becomes of it, and where it is shown."""

from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from surveys.accounts.models import AuditEntry, Logo, Role
from surveys.core import pictures
from surveys.delivery import letters
from tests import factories
from tests.accounts.test_settings import stored
from tests.people import Person
from tests.responses.mail import Mail
from tests.responses.test_public_page import BUDGET, REQUESTS, resources, weight

SECRET = "taken at 52.5N 13.4E"


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 300), colour: str = "#7a1fa2") -> bytes:
    out, note, exif = BytesIO(), PngInfo(), Image.Exif()
    note.add_text("Comment", SECRET)
    exif[0x010E] = SECRET
    more: dict[str, Any] = {"pnginfo": note} if kind == "PNG" else {"exif": exif} if kind in ("JPEG", "WEBP") else {}
    Image.new("RGB", size, colour).save(out, kind, **more)
    return out.getvalue()


def logo_with_letters() -> bytes:
    """Like those that companies have: many pixels, soft edges."""
    image, out = Image.new("RGBA", (1600, 480)), BytesIO()
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 20, 460, 460), fill="#7a1fa2", outline="#f2b705", width=30)
    draw.text((500, 120), "Northwind", font=ImageFont.load_default(220), fill="#222")
    image.save(out, "PNG")
    return out.getvalue()


def upload(person: Person, data: bytes, name: str = "logo.png") -> Any:
    return person.post(person.url("accounts:set_logo"), {"logo": SimpleUploadedFile(name, data)})


def logo_path(person: Person) -> str:
    return f"/r/logo/{stored(person).logo_digest}.png"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_an_uploaded_picture_is_served_as_a_small_png_of_our_own(alice: Person, client: Client, kind: str) -> None:
    assert upload(alice, picture(kind)).status_code == 302

    answer = client.get(logo_path(alice))
    headers = {name: answer.headers[name] for name in ("Content-Type", "X-Content-Type-Options")}
    assert headers == {"Content-Type": "image/png", "X-Content-Type-Options": "nosniff"}
    assert "immutable" in answer.headers["Cache-Control"]
    assert not answer.cookies
    served = Image.open(BytesIO(answer.content))
    assert (served.format, served.width <= 400, served.height <= 120) == ("PNG", True, True)
    assert not served.getexif()
    assert SECRET.encode() not in answer.content


def bomb() -> bytes:
    """100 million pixels in a few kilobytes."""
    out = BytesIO()
    Image.new("1", (10_000, 10_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
            "SVG files can hold programs",
        ),
        (b"MZ this is a program", "no picture that can be read"),
        (picture()[:200], "no picture that can be read"),
        (bomb(), "10000 × 10000 pixels"),
        (picture(size=(8, 300)), "at least 16 each way"),
        (picture() + b"\0" * pictures.MOST_BYTES, "larger than 2 MB"),
        (b"", "empty"),
    ],
)
def test_what_is_no_logo_is_refused_with_the_reason(alice: Person, data: bytes, reason: str) -> None:
    answer = upload(alice, data)

    assert answer.status_code == 200
    assert reason in answer.context["logo_form"].errors["logo"][0]
    assert not Logo.objects.exists()


def test_the_logo_stands_in_mails_and_on_the_survey_page_within_its_budget(alice: Person, client: Client) -> None:
    campaign = factories.campaign(alice.organization)
    mail = Mail(factories.invitation(campaign, factories.customer(alice.organization)))
    upload(alice, logo_with_letters())
    campaign.organization.refresh_from_db()

    html = letters.rendered_test(campaign, campaign.wordings.get(), name="Ada", email="ada@example.com").html
    assert f'src="{settings.PUBLIC_URL}{logo_path(alice)}"' in html
    assert f'alt="{alice.organization.name}"' in html
    page = client.get(mail.link(9))
    needed = resources(page.content.decode())
    png = client.get(logo_path(alice)).content
    assert f"base64,{b64encode(png).decode()}" in client.get(needed[0]).content.decode()
    assert f'role="img" aria-label="{alice.organization.name}"' in page.content.decode()
    assert 1 + len(needed) <= REQUESTS
    assert len(page.content) + sum(weight(client, address) for address in needed) <= BUDGET


def test_a_replaced_logo_stays_for_mails_that_were_sent_and_a_removed_one_is_gone(
    alice: Person, client: Client
) -> None:
    upload(alice, picture())
    first = logo_path(alice)
    upload(alice, picture(colour="#118844"))
    assert logo_path(alice) != first
    assert client.get(first).status_code == 200

    alice.post(alice.url("accounts:remove_logo"))

    assert stored(alice).logo_digest == ""
    assert client.get(first).status_code == 404
    changes = [
        entry.details["changed"]["logo"]
        for entry in AuditEntry.objects.filter(action="organization.changed").order_by("pk")
    ]
    assert [bool(after) for _before, after in changes] == [True, True, False]


def test_only_managers_change_the_logo(alice: Person, bob: Person) -> None:
    bob.becomes(Role.AGENT)

    assert upload(bob, picture()).status_code == 403
    assert bob.post(bob.url("accounts:remove_logo")).status_code == 403
    factories.customer(alice.organization)
    assert not Logo.objects.exists()
