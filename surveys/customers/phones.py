"""Phone numbers as people write them, and as they are stored."""

import re


def digits(written: str) -> str | None:
    """Without spaces, brackets, dots, dashes and slashes, 00 as +; None for what is no number."""
    bare = re.sub(r"[\s().\-/\u00a0]", "", written)
    bare = f"+{bare[2:]}" if bare.startswith("00") else bare
    return bare if re.fullmatch(r"\+?[0-9]{4,20}", bare, re.ASCII) else None
