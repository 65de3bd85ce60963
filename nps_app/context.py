"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")


def product(request: HttpRequest) -> dict[str, object]:
    """`theme` is what the person chose; "" follows the system."""
    theme = request.COOKIES.get("theme", "")
    return {
        "product_name": settings.PRODUCT_NAME,
        "local_mode": settings.LOCAL,
        "theme": theme if theme in THEMES else "",
    }
