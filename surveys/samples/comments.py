"""What the invented customers say. By what moved them, so that a dip has its cause in their words."""

import random
from typing import Final

from surveys.core.choices import Category

_USUAL: Final[dict[tuple[str, Category], tuple[str, ...]]] = {
    ("en", Category.PROMOTER): (
        "Onboarding was quick and support replied in minutes.",
        "The reports save me an hour every Monday.",
        "It simply works. My whole team uses it without training.",
        "Your support team is the best I have dealt with.",
        "Fast, clear, and the price is fair.",
        "Love the new search. I find everything at once.",
        "We moved from a spreadsheet and would never go back.",
        "The API is a pleasure, we connected our shop in an afternoon.",
        "Reliable. I cannot remember the last time it was down.",
        "Great product, great people. Keep the mobile app coming!",
        "Exactly what we needed, nothing more and nothing less.",
        "I have recommended you to two friends already.",
    ),
    ("en", Category.PASSIVE): (
        "Good, but the mobile app misses half of the features.",
        "Does its job. Exporting to Excel is still clumsy.",
        "Happy overall. A dark mode would be nice.",
        "Solid, though a bit expensive for a team of our size.",
        "I would give a 9 if single sign-on was part of our plan.",
        "Works well. Searching old projects is slow.",
        "Fine so far. We have not used all of it yet.",
        "Support is friendly, but answers take a day.",
        "The calendar view could be better.",
    ),
    ("en", Category.DETRACTOR): (
        "Too many clicks for simple things.",
        "The app logs me out every day.",
        "Price went up and I do not see what I get for it.",
        "Waited four days for an answer from support.",
        "The import lost our custom fields, twice.",
        "Slow on large projects, sometimes half a minute.",
        "I could not find out how to cancel a seat.",
        "Notifications come too late to be useful.",
    ),
    ("de", Category.PROMOTER): (
        "Der Support antwortet schnell und freundlich.",
        "Einfach zu bedienen, das ganze Team ist begeistert.",
        "Läuft seit einem Jahr ohne Probleme.",
    ),
    ("de", Category.PASSIVE): (
        "Gut, aber die App könnte schneller sein.",
        "Im Großen und Ganzen zufrieden, Export fehlt noch.",
    ),
    ("de", Category.DETRACTOR): ("Zu teuer für das, was es kann.", "Drei Tage auf eine Antwort gewartet."),
    ("fr", Category.PROMOTER): (
        "Très simple à utiliser, et le support est excellent.",
        "Un vrai gain de temps chaque semaine.",
    ),
    ("fr", Category.PASSIVE): ("Bien, mais il manque une vraie application mobile.",),
    ("fr", Category.DETRACTOR): ("Trop lent quand le projet grandit.",),
    ("es", Category.PROMOTER): ("Muy fácil de usar y el equipo de soporte es genial.",),
    ("es", Category.PASSIVE): ("Está bien, pero el precio es alto para nosotros.",),
    ("es", Category.DETRACTOR): ("Nadie respondió a mi consulta durante una semana.",),
    ("ja", Category.PROMOTER): ("とても使いやすいです。サポートも早い。",),
    ("ja", Category.PASSIVE): ("良いですが、日本語のヘルプがもっと欲しいです。",),
    ("ja", Category.DETRACTOR): ("動作が遅いです。",),
}

# While the billing was moved to a new system (the dip of the story), invoices were wrong.
_BILLING: Final[dict[tuple[str, Category], tuple[str, ...]]] = {
    ("en", Category.DETRACTOR): (
        "We were charged twice this month and nobody can tell me why.",
        "The new billing page keeps logging me out.",
        "Wrong VAT on the invoice since the billing change. Third time I write.",
        "Our card was refused after your billing migration and we lost access for a day.",
        "I cannot download invoices any more.",
        "Double invoice again. Accounting is not amused.",
    ),
    ("en", Category.PASSIVE): (
        "Good product, but please fix the invoices.",
        "Would be a 9 without the billing mess of this month.",
    ),
    ("de", Category.DETRACTOR): (
        "Zweimal abgebucht, und der Support weiß von nichts.",
        "Die Rechnung ist seit der Umstellung falsch.",
    ),
    ("fr", Category.DETRACTOR): ("Facturé deux fois ce mois-ci.",),
    ("es", Category.DETRACTOR): ("Nos cobraron dos veces este mes.",),
}


def comment(language: str, category: Category, *, billing_trouble: bool, dice: random.Random) -> str:
    """One sentence in the customer's language where there is one for it, else in English."""
    usual = _USUAL.get((language, category)) or _USUAL["en", category]
    trouble = _BILLING.get((language, category)) or _BILLING.get(("en", category), ())
    if billing_trouble and trouble and dice.random() < 0.75:
        return dice.choice(trouble)
    return dice.choice(usual)
