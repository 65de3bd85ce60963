"""Dates in English as everywhere in the product: 22 Nov 2026. Other languages have Django's."""

DATE_FORMAT = "j M Y"
