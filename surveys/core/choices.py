"""Enumerations that more than one domain speaks."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    PROMOTER = "promoter", _("Promoter")
    PASSIVE = "passive", _("Passive")
    DETRACTOR = "detractor", _("Detractor")


class Channel(models.TextChoices):
    """How an answer came in."""

    EMAIL = "email", _("Email")
    LINK = "link", _("Link")  # pasted into a mail or page of somebody else
    IMPORT = "import", _("Import")
