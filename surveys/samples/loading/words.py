"""What the invented people of a load are like and what they write: values, their weights, and sentences per language."""

from typing import Final

# Property → value → (share of the customers, what it adds to a score).
PROPERTIES: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "plan": {"Free": (0.38, -0.9), "Pro": (0.34, 0.1), "Team": (0.2, 0.3), "Enterprise": (0.08, 0.7)},
    "region": {
        **{"EU": (0.36, 0.1), "US": (0.3, 0.0), "UK": (0.12, -0.1)},
        **{"APAC": (0.12, -0.3), "LATAM": (0.07, 0.3), "Africa": (0.03, 0.1)},
    },
    "size": {
        **{"1–9": (0.4, 0.2), "10–49": (0.3, 0.0), "50–249": (0.17, 0.0), "250–999": (0.09, -0.2)},
        "1000+": (0.04, -0.3),
    },
    "industry": {
        **{"Retail": (0.2, 0.0), "Software": (0.24, 0.2), "Finance": (0.12, -0.2), "Health": (0.1, 0.0)},
        **{"Education": (0.1, 0.4), "Public": (0.08, -0.4), "Media": (0.08, 0.0), "Other": (0.08, 0.0)},
    },
    "role": {"Admin": (0.22, 0.3), "User": (0.6, 0.0), "Buyer": (0.12, -0.3), "Developer": (0.06, 0.1)},
    "bought_through": {"Web": (0.6, 0.0), "Sales": (0.28, 0.1), "Partner": (0.12, -0.5)},
    "vip": {"false": (0.95, 0.0), "true": (0.05, 0.4)},
}
ARR: Final = {"Free": 0, "Pro": 900, "Team": 6_000, "Enterprise": 48_000}  # the median of each plan

FIRST_NAMES: Final = ("Ada", "Ben", "Chloe", "Diego", "Emi", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kemi", "Lena")
LAST_NAMES: Final = (
    "Abbas",
    "Brandt",
    "Costa",
    "Dubois",
    "Eze",
    "Fischer",
    "Garcia",
    "Hansen",
    "Ito",
    "Jansen",
    "Kaur",
)

LANGUAGES: Final = {"en": 0.52, "de": 0.18, "fr": 0.12, "es": 0.1, "pt": 0.05, "ja": 0.03}
CAMPAIGNS: Final = {"Relationship": 0.5, "Onboarding": 0.2, "After support": 0.2, "Before renewal": 0.1}
TAGS: Final = ("call back", "passed on to product", "quote")

# Theme → the words it is found by, and what having it adds to a score.
THEMES: Final[dict[str, tuple[tuple[str, ...], float]]] = {
    "Price": (("price", "expensive", "Preis*", "prix", "precio*", "preço*", "価格"), -1.2),
    "Support": (("support", "Hilfe", "assistance", "soporte", "suporte", "サポート"), 0.3),
    "Ease of use": (("easy", "einfach", "simple", "fácil", "簡単"), 0.6),
    "Speed": (("slow", "fast", "langsam", "schnell", "lent*", "rapid*", "lento*", "rápid*", "遅い", "速い"), -0.6),
    "Reporting": (("report*", "Bericht*", "rapport*", "informe*", "relatório*", "レポート"), 0.0),
}

# Language → theme → what is said by those who are unhappy, and by those who are happy.
SENTENCES: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "en": {
        "Price": ("The price went up again and nobody could tell me why.", "A fair price for what we get."),
        "Support": ("Support took four days to answer a simple question.", "Support solved it in an hour, and kindly."),
        "Ease of use": ("Not easy to find anything after the redesign.", "So easy that nobody needed training."),
        "Speed": ("It is slow every Monday morning.", "Fast, even with our biggest lists."),
        "Reporting": ("The reports do not add up with our own figures.", "The reports go straight to our board."),
    },
    "de": {
        "Price": ("Der Preis ist für uns zu hoch geworden.", "Guter Preis für das, was man bekommt."),
        "Support": ("Auf Hilfe mussten wir vier Tage warten.", "Schnelle und freundliche Hilfe am Telefon."),
        "Ease of use": ("Die Bedienung ist nicht mehr einfach.", "Wirklich einfach zu bedienen."),
        "Speed": ("Jeden Montag ist alles langsam.", "Läuft schnell, auch mit großen Listen."),
        "Reporting": ("Die Berichte stimmen nicht mit unseren Zahlen.", "Die Berichte sparen uns jede Woche Zeit."),
    },
    "fr": {
        "Price": ("Le prix a encore augmenté sans explication.", "Un prix juste pour le service rendu."),
        "Support": ("L'assistance a mis quatre jours à répondre.", "Une assistance rapide et aimable."),
        "Ease of use": ("Ce n'est plus simple depuis la mise à jour.", "Simple à prendre en main."),
        "Speed": ("C'est lent tous les lundis.", "Rapide même avec de grandes listes."),
        "Reporting": ("Les rapports ne sont pas exacts.", "Les rapports sont clairs et utiles."),
    },
    "es": {
        "Price": ("El precio es demasiado alto para nosotros.", "Buen precio para lo que ofrece."),
        "Support": ("El soporte tardó cuatro días en contestar.", "El soporte es rápido y amable."),
        "Ease of use": ("Ya no es fácil de usar.", "Muy fácil de usar."),
        "Speed": ("Va lento todos los lunes.", "Va rápido incluso con listas grandes."),
        "Reporting": ("Los informes no cuadran.", "Los informes son claros."),
    },
    "pt": {
        "Price": ("O preço subiu sem explicação.", "Bom preço pelo que oferece."),
        "Support": ("O suporte demorou quatro dias.", "O suporte é rápido e simpático."),
        "Ease of use": ("Deixou de ser fácil de usar.", "Muito fácil de usar."),
        "Speed": ("Fica lento às segundas-feiras.", "É rápido mesmo com listas grandes."),
        "Reporting": ("Os relatórios não batem certo.", "Os relatórios são claros."),
    },
    "ja": {
        "Price": ("価格がまた上がり、理由の説明がありません。", "内容に対して価格は妥当です。"),
        "Support": ("サポートの返事に四日かかりました。", "サポートが早くて親切です。"),
        "Ease of use": ("改修後は簡単に使えません。", "とても簡単に使えます。"),
        "Speed": ("月曜の朝はいつも遅いです。", "大きなリストでも速いです。"),
        "Reporting": ("レポートの数字が合いません。", "レポートが分かりやすいです。"),
    },
}
# Between the sentences and the end of a comment, so that not all are alike; {n} is a number.
SINCE: Final = {
    "en": ("We are {n} people.", "With you for {n} months.", "Ticket {n}.", ""),
    "de": ("Wir sind {n} Leute.", "Seit {n} Monaten dabei.", "Vorgang {n}.", ""),
    "fr": ("Nous sommes {n}.", "Client depuis {n} mois.", "Dossier {n}.", ""),
    "es": ("Somos {n} personas.", "Llevamos {n} meses.", "Caso {n}.", ""),
    "pt": ("Somos {n} pessoas.", "Há {n} meses.", "Caso {n}.", ""),
    "ja": ("{n}人で使っています。", "{n}か月目です。", "番号{n}。", ""),
}
