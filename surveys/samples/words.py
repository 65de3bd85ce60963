"""The sentences themselves: by language, category and topic."""

from typing import Final

from surveys.core.choices import Category

P, A, D = Category.PROMOTER, Category.PASSIVE, Category.DETRACTOR

Said = dict[str, dict[Category, dict[str, tuple[str, ...]]]]

JOINT: Final = {"ja": ""}  # between two sentences; a space elsewhere

SAID: Final[Said] = {
    "en": {
        P: {
            "support": (
                "Support replied in minutes and solved it.",
                "Your support team is the best I have dealt with.",
                "The chat helped me right away, on a Sunday.",
                "Friendly people on the phone who know the product.",
            ),
            "price": ("The price is fair for what we get.", "Good value, we cancelled two other tools."),
            "speed": ("Everything loads instantly, even our largest project.", "So much faster than what we had."),
            "usability": (
                "It simply works. My whole team uses it without training.",
                "Clear and easy to use.",
                "I find everything at once since the new search.",
            ),
            "mobile": ("The new mobile app is a joy on site visits.", "I approve things from my phone on the train."),
            "reports": ("The reports save me an hour every Monday.", "Love the new charts, our board reads them."),
            "integrations": (
                "The API is a pleasure, we connected our shop in an afternoon.",
                "It talks to Slack and our CRM without any glue.",
            ),
            "reliability": ("Reliable. I cannot remember the last time it was down.", "It never lost a thing."),
            "onboarding": ("Onboarding was quick and painless.", "We were set up before lunch."),
        },
        A: {
            "support": ("Support is friendly, but answers take a day.", "Help articles are a bit out of date."),
            "price": (
                "Solid, though a bit expensive for a team of our size.",
                "I would give a 9 if single sign-on was part of our plan.",
            ),
            "speed": ("Works well. Searching old projects is slow.", "Fine, but pages take a moment to load."),
            "usability": ("Happy overall, some menus are confusing.", "Good once you know where things are."),
            "mobile": ("Good, but the mobile app misses half of the features.", "The app on Android could be better."),
            "reports": ("Does its job. Exporting to Excel is still clumsy.", "I miss a report per customer."),
            "integrations": ("Okay. We would like an integration with our help desk.",),
            "reliability": ("Mostly stable, two short outages this year.",),
            "onboarding": ("Fine so far. The import needed two tries.", "The tutorial was too long for me."),
            "billing": ("Good product, but please fix the invoices.", "Would be a 9 without the billing mess."),
        },
        D: {
            "support": (
                "Waited four days for an answer from support.",
                "Three people, three different answers.",
                "The chat is a robot that does not understand me.",
            ),
            "price": (
                "Price went up and I do not see what I get for it.",
                "Too expensive now, we are looking at alternatives.",
                "Forty percent more, announced two weeks before.",
            ),
            "speed": ("Slow on large projects, sometimes half a minute.", "Reports time out every Monday morning."),
            "usability": (
                "Too many clicks for simple things.",
                "I could not find out how to cancel a seat.",
                "The new layout hides what I need most.",
            ),
            "mobile": ("The app logs me out every day.", "The mobile app crashes when I add a photo."),
            "reports": ("The export lost our custom fields, twice.", "The numbers in the reports do not add up."),
            "integrations": ("The Outlook integration breaks every other week.", "The API changed without notice."),
            "reliability": ("Down again during our busiest hour.", "Notifications come too late to be useful."),
            "onboarding": ("Nobody explained how to begin.", "The import of our customers failed and told us nothing."),
            "billing": (
                "We were charged twice this month and nobody can tell me why.",
                "The new billing page keeps logging me out.",
                "Wrong VAT on the invoice since the billing change. Third time I write.",
                "Our card was refused after your billing migration and we lost access for a day.",
                "I cannot download invoices any more.",
                "Double invoice again. Accounting is not amused.",
            ),
        },
    },
    "de": {
        P: {
            "support": ("Der Support antwortet schnell und freundlich.", "Am Telefon wird einem wirklich geholfen."),
            "price": ("Der Preis ist fair.", "Gutes Preis-Leistungs-Verhältnis."),
            "speed": ("Alles lädt sofort.",),
            "usability": ("Einfach zu bedienen, das ganze Team ist begeistert.", "Übersichtlich und klar."),
            "mobile": ("Die neue App ist auf der Baustelle Gold wert.",),
            "reports": ("Die Berichte sparen mir jede Woche eine Stunde.",),
            "integrations": ("Die Schnittstelle war an einem Nachmittag angebunden.",),
            "reliability": ("Läuft seit einem Jahr ohne Probleme.",),
            "onboarding": ("Die Einrichtung ging schnell.",),
        },
        A: {
            "support": ("Der Support ist nett, braucht aber einen Tag.",),
            "price": ("Gut, aber für uns etwas teuer.",),
            "speed": ("Gut, aber die Suche könnte schneller sein.",),
            "usability": ("Im Großen und Ganzen zufrieden, manche Menüs sind verwirrend.",),
            "mobile": ("In der App fehlen noch Funktionen.",),
            "reports": ("Zufrieden, der Export nach Excel ist umständlich.",),
            "billing": ("Gutes Produkt, aber die Rechnungen bitte in Ordnung bringen.",),
        },
        D: {
            "support": ("Drei Tage auf eine Antwort gewartet.", "Der Chat versteht mich nicht."),
            "price": ("Zu teuer für das, was es kann.", "Vierzig Prozent Preiserhöhung ohne Mehrwert."),
            "speed": ("Bei großen Projekten viel zu langsam.",),
            "usability": ("Zu viele Klicks für einfache Dinge.",),
            "mobile": ("Die App stürzt ständig ab.",),
            "reports": ("Die Zahlen in den Berichten stimmen nicht.",),
            "reliability": ("Schon wieder ein Ausfall zur besten Zeit.",),
            "onboarding": ("Der Import ist fehlgeschlagen, ohne zu sagen warum.",),
            "billing": (
                "Zweimal abgebucht, und der Support weiß von nichts.",
                "Die Rechnung ist seit der Umstellung falsch.",
            ),
        },
    },
    "fr": {
        P: {
            "support": ("Le support répond vite et bien.", "Une équipe à l'écoute."),
            "price": ("Très bon rapport qualité-prix.",),
            "usability": ("Très simple à utiliser.", "Clair et intuitif."),
            "reports": ("Un vrai gain de temps chaque semaine avec les rapports.",),
            "mobile": ("L'application mobile est excellente.",),
            "reliability": ("Jamais une panne.",),
        },
        A: {
            "price": ("Bien, mais un peu cher.",),
            "mobile": ("Bien, mais il manque des fonctions dans l'application mobile.",),
            "speed": ("Correct, parfois un peu lent.",),
            "support": ("Le support est aimable mais tarde à répondre.",),
        },
        D: {
            "support": ("Personne n'a répondu à ma demande pendant une semaine.",),
            "price": ("Beaucoup trop cher depuis l'augmentation.",),
            "speed": ("Trop lent quand le projet grandit.",),
            "mobile": ("L'application plante tous les jours.",),
            "usability": ("Trop compliqué pour des choses simples.",),
            "billing": ("Facturé deux fois ce mois-ci.", "La facture est fausse depuis le changement."),
        },
    },
    "es": {
        P: {
            "support": ("El equipo de soporte es genial.", "Me ayudaron en cinco minutos."),
            "usability": ("Muy fácil de usar.",),
            "price": ("Buen precio para lo que ofrece.",),
            "reports": ("Los informes me ahorran mucho tiempo.",),
        },
        A: {
            "price": ("Está bien, pero el precio es alto para nosotros.",),
            "speed": ("Funciona, aunque a veces va lento.",),
            "mobile": ("A la aplicación móvil le faltan cosas.",),
        },
        D: {
            "support": ("Nadie respondió a mi consulta durante una semana.",),
            "price": ("Demasiado caro después de la subida.",),
            "mobile": ("La aplicación se cierra sola.",),
            "speed": ("Muy lento con proyectos grandes.",),
            "billing": ("Nos cobraron dos veces este mes.",),
        },
    },
    "ja": {
        P: {
            "usability": ("とても使いやすいです。", "画面が分かりやすい。"),
            "support": ("サポートの対応が早くて助かります。",),
            "reports": ("レポート機能で毎週一時間節約できます。",),
        },
        A: {
            "support": ("良いですが、日本語のヘルプがもっと欲しいです。",),
            "mobile": ("アプリの機能がもう少し欲しい。",),
            "price": ("良い製品ですが、少し高いです。",),
        },
        D: {
            "speed": ("動作が遅いです。",),
            "support": ("問い合わせの返事が遅い。",),
            "price": ("値上げ後は高すぎます。",),
            "billing": ("請求が二重になっています。",),
        },
    },
}
