"""Uploaded pictures become small PNG files of our own making: nothing of what was uploaded is ever served."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from struct import error as MalformedStruct
from typing import IO, Final

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
MOST_BYTES: Final = 2 * 1024 * 1024  # of an upload
MOST_PIXELS: Final = 25_000_000  # a decompressed pixel takes four bytes
LEAST_SIDE: Final = 16

# Shown at half that size, so that it is sharp on dense screens.
BOX: Final = (400, 120)
# Customers' pages are to stay under 10 KB: the first of these that fits is taken, the last whatever it weighs.
WEIGHT: Final = 4096
_LADDER: Final = [(1.0, 128), (1.0, 32), (0.75, 64), (0.5, 128), (0.5, 32), (0.5, 16), (0.5, 8), (0.375, 8)]

Pixels = Image.Image

Image.MAX_IMAGE_PIXELS = None  # _check_size is stricter than Pillow's own limit, and says so to people


class Unfit(Exception):
    """Not a picture that we take; the text says why, to the person who chose it."""


@dataclass(frozen=True)
class Picture:
    png: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        return sha256(self.png).hexdigest()[:32]


def read(file: IO[bytes]) -> Picture:
    """The picture, checked and drawn anew without anything but its pixels; raises Unfit."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Unfit(_("The file is larger than 2 MB. Save the picture smaller: 400 pixels wide is enough."))
    return _light(_pixels(data))


def _pixels(data: bytes) -> Pixels:
    """The first picture of the file, the right way up, no larger than BOX."""
    if b"<svg" in data[:4096].lower():
        raise Unfit(_("SVG files can hold programs, and mail programs do not show them. Export the logo as PNG."))
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_size(*image.size)
            image.load()
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, SyntaxError, ValueError, MalformedStruct, EOFError, MemoryError) as error:
        raise Unfit(_("This is no picture that can be read. Choose a PNG, JPEG, WebP or GIF file.")) from error
    trimmed = _trimmed(upright)
    trimmed.thumbnail(BOX, Image.Resampling.LANCZOS)
    return trimmed


def _check_size(width: int, height: int) -> None:
    """Known from the head of the file, before anything is unpacked."""
    size = {"width": width, "height": height}
    if width * height > MOST_PIXELS:
        raise Unfit(_("The picture has %(width)d × %(height)d pixels; 5000 × 5000 is the most.") % size)
    if min(width, height) < LEAST_SIDE:
        raise Unfit(_("The picture has %(width)d × %(height)d pixels; it must be at least 16 each way.") % size)


def _trimmed(image: Pixels) -> Pixels:
    """Without the transparent margin, which would make the logo look small."""
    box = image.getchannel("A").getbbox()
    if box is None:
        raise Unfit(_("The picture is wholly transparent: nobody would see it."))
    return image.crop(box)


def _light(image: Pixels) -> Picture:
    *lighter, last = _encoded(image)
    return next((picture for picture in lighter if len(picture.png) <= WEIGHT), last)


def _encoded(image: Pixels) -> Iterator[Picture]:
    for scale, colours in _LADDER:
        smaller = image.copy()
        smaller.thumbnail((max(1, round(BOX[0] * scale)), max(1, round(BOX[1] * scale))), Image.Resampling.LANCZOS)
        # A new picture has no comments, profiles or places where it was taken.
        bare = Image.frombytes("RGBA", smaller.size, smaller.tobytes())
        out = BytesIO()
        bare.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            out, "PNG", optimize=True
        )
        yield Picture(out.getvalue(), *smaller.size)
