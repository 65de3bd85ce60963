"""An organization's colour on its customers' pages: always readable, whatever colour was chosen.

A brand colour is used as the colour of text and as the ground of buttons. Where it is too faint it is moved towards
black (light scheme) or white (dark scheme) in small steps until it has the contrast WCAG asks of text.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.conf import settings

TEXT_CONTRAST = 4.5
LIGHT_GROUND = "#ffffff"
DARK_GROUND = "#1a1e1d"
STEP = 0.04

# What stands on a button, by its ground: --on-brand of public.css.
ON_BRAND: Final = {LIGHT_GROUND: "#ffffff", DARK_GROUND: "#121514"}

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

Rgb = tuple[float, float, float]


def public_stylesheet(colour: str) -> str:
    """The whole style of a customer's page in one response; `colour` is "#rrggbb", else ValueError."""
    day, night = readable_on(LIGHT_GROUND, colour), readable_on(DARK_GROUND, colour)
    return f"{_shared_part()}:root{{--brand-day:{day};--brand-night:{night}}}\n"


def logo_rule(png: bytes, width: int, height: int) -> str:
    """A logo within the stylesheet, at half its pixels, so that it is sharp on dense screens."""
    size = f"inline-size:{max(1, width // 2)}px;aspect-ratio:{width}/{height}"
    return f".logo{{{size};background-image:url(data:image/png;base64,{b64encode(png).decode()})}}\n"


def readable_on(ground: str, colour: str) -> str:
    """The nearest shade of `colour` that text may have on `ground` (both "#rrggbb")."""
    target = (0.0, 0.0, 0.0) if _luminance(_rgb(ground)) > 0.5 else (1.0, 1.0, 1.0)
    shade = _rgb(colour)
    while contrast(_hex(shade), ground) < TEXT_CONTRAST:
        shade = _mixed(shade, target)
    return _hex(shade)


def contrast(one: str, other: str) -> float:
    """1…21, by the formula of WCAG 2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    darker, lighter = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (lighter + 0.05) / (darker + 0.05)


@dataclass(frozen=True)
class Reading:
    """How a colour reads on a ground, and what is shown there in its place where it is too faint."""

    ground: str
    colour: str

    @property
    def ratio(self) -> float:
        return contrast(self.colour, self.ground)

    @property
    def passes(self) -> bool:
        return self.ratio >= TEXT_CONTRAST

    @property
    def used(self) -> str:
        return readable_on(self.ground, self.colour)

    @property
    def used_ratio(self) -> float:
        return contrast(self.used, self.ground)

    @property
    def on_button(self) -> str:
        return ON_BRAND[self.ground]

    @property
    def button_ratio(self) -> float:
        return contrast(self.used, self.on_button)


@cache
def _shared_part() -> str:
    return (settings.BASE_DIR / "static" / "css" / "public.css").read_text(encoding="utf-8")


def _rgb(colour: str) -> Rgb:
    if not _COLOUR.fullmatch(colour):
        raise ValueError(f"{colour!r} is no colour: expected # and six hexadecimal digits")
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


def _mixed(shade: Rgb, target: Rgb) -> Rgb:
    red, green, blue = (part + STEP * (goal - part) for part, goal in zip(shade, target, strict=True))
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
