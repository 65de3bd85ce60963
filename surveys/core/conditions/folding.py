"""Capital letters do not matter to "contains" and "starts with": one folding that PostgreSQL and Python share."""


def fold(text: str) -> str:
    """What lower() of PostgreSQL's built-in C.UTF-8 makes of it: each character by itself becomes one character."""
    return "".join(character.lower()[0] for character in text)
