"""What colleagues of the sample company write to unhappy customers, what those answer, and what is noted about it.

By language, then by what the comment was about; "" is what fits any topic. Notes are in the company's own language.
"""

from typing import Final

ByTopic = dict[str, tuple[str, ...]]

HELLO: Final = {
    "en": "Hello {name},",
    "de": "Hallo {name},",
    "fr": "Bonjour {name},",
    "es": "Hola {name}:",
    "ja": "{name}様",
}
BYE: Final = {
    "en": "Best regards,\n{sender}",
    "de": "Viele Grüße\n{sender}",
    "fr": "Bien cordialement,\n{sender}",
    "es": "Un cordial saludo,\n{sender}",
    "ja": "{sender}",
}

# Our first reply to somebody who is unhappy.
FIRST: Final[dict[str, ByTopic]] = {
    "en": {
        "": (
            "thank you for being so frank. I have read your answer twice, and I would like to put it right. Could you tell me "
            "when it happened last, and what you were doing? A screenshot helps, too.",
            "that is not how it should be, and I am sorry. I have passed it to the people who can change it, and I will keep "
            "you posted myself. Is there anything that keeps you from working right now?",
        ),
        "support": (
            "four days without an answer is not what we promise, and I am sorry. I looked your request up: it lay in the wrong "
            "queue. I have taken it over, and you have my direct line from now on.",
        ),
        "price": (
            "I understand that the new price needs a reason. I went through what your team really uses: you would be better off "
            "with the yearly plan, which keeps the old price until next autumn. Shall I change it for you?",
        ),
        "speed": (
            "half a minute is far too long. We found that projects with more than 5,000 tasks load all of their history at "
            "once; a fix is being tested. May I switch it on for your account first?",
        ),
        "usability": (
            "you are right, it takes too many clicks. Two of them are gone with the update of next week. Would you have ten "
            "minutes for a call with our designer? She would like to watch you work.",
        ),
        "mobile": (
            "being logged out every day would annoy me as well. It happens on phones with a work profile. Version 4.2 mends it "
            "and is in the stores since this morning: could you try it and tell me?",
        ),
        "reports": (
            "numbers that do not add up are the last thing that a report may have. I compared yours with the raw data: archived "
            "projects were counted twice. Your reports were computed anew last night.",
        ),
        "integrations": (
            "the change of the API was announced in the changelog only, and that is not enough. I am sorry. I attached what to "
            "change; it is two lines. From now on you get a mail three months before.",
        ),
        "reliability": (
            "I am sorry about the outage. It hit you in your busiest hour, and that is the worst moment for it. The database "
            "was moved to a second site since, and I credited the month to your account.",
        ),
        "onboarding": (
            "that was a poor start, and it was ours. I had a look at your import: three rows had no address, and we said "
            "nothing about it. The rest is in now. Shall we go through it together for twenty minutes?",
        ),
        "billing": (
            "you were charged twice, and nobody told you why: that is on us. The second invoice is cancelled, the money is on "
            "its way back and should arrive within three days. I look at your next invoice myself before it leaves.",
            "since we moved our billing some invoices carry the wrong VAT. Yours is corrected now, you find it attached to your "
            "account. I am sorry that you had to write three times.",
        ),
    },
    "de": {
        "": (
            "vielen Dank für Ihre offenen Worte. So soll es nicht sein, und ich möchte es in Ordnung bringen. Wann ist es zuletzt "
            "passiert, und was haben Sie da gerade gemacht?",
        ),
        "billing": (
            "Sie wurden zweimal belastet, und das ist unser Fehler. Die zweite Rechnung ist storniert, das Geld sollte in drei "
            "Tagen bei Ihnen sein. Die nächste Rechnung sehe ich mir selbst an, bevor sie hinausgeht.",
        ),
        "price": (
            "ich verstehe, dass der neue Preis einen Grund braucht. Für Ihr Team wäre der Jahresvertrag günstiger: Er behält den "
            "alten Preis bis zum nächsten Herbst. Soll ich ihn umstellen?",
        ),
        "support": (
            "drei Tage ohne Antwort sind zu lang, und das tut mir leid. Ihre Anfrage lag in der falschen Schlange. Ich habe sie "
            "übernommen, und ab jetzt erreichen Sie mich direkt.",
        ),
    },
    "fr": {
        "": (
            "merci pour votre franchise. Ce n'est pas ce que nous voulons, et j'aimerais y remédier. Quand cela s'est-il produit "
            "pour la dernière fois ?",
        ),
        "billing": (
            "vous avez été facturé deux fois, et c'est notre faute. La seconde facture est annulée ; le remboursement arrive sous "
            "trois jours.",
        ),
    },
    "es": {
        "": (
            "gracias por su sinceridad. No debería ser así y me gustaría arreglarlo. ¿Cuándo le ocurrió por última vez?",
        ),
        "billing": ("le hemos cobrado dos veces y es culpa nuestra. El importe estará de vuelta en tres días.",),
    },
    "ja": {
        "": (
            "率直なご意見をありがとうございます。ご不便をおかけして申し訳ございません。最近いつ発生したか教えていただけますか。",
        )
    },
}

# To those for whom one thing is missing, and to those who are delighted.
PASSIVE: Final = {
    "en": "thank you for your answer. You wrote what keeps us from a 10, and it helps. Part of it exists already: in the settings of a "
    "project, under “Views”. May I show you?",
    "de": "danke für Ihre Antwort. Sie haben geschrieben, was zur 10 noch fehlt, und das hilft uns. Einen Teil davon gibt es schon: in "
    "den Einstellungen eines Projekts unter „Ansichten“. Darf ich es Ihnen zeigen?",
    "fr": "merci pour votre réponse. Ce que vous souhaitez existe en partie déjà, dans les réglages d'un projet. Puis-je vous le montrer ?",
    "es": "gracias por su respuesta. Parte de lo que pide ya existe, en los ajustes de un proyecto. ¿Se lo enseño?",
    "ja": "ご回答ありがとうございます。ご要望の一部はプロジェクトの設定にございます。ご案内してもよろしいでしょうか。",
}
PROMOTER: Final = {
    "en": "what you wrote went around the office this morning. Thank you! May we put it on our website, with your name and company?",
    "de": "was Sie geschrieben haben, ging heute früh durchs Büro. Danke! Dürfen wir es mit Ihrem Namen auf unsere Website stellen?",
    "fr": "votre message a fait le tour du bureau ce matin. Merci ! Pouvons-nous le citer sur notre site, avec votre nom ?",
    "es": "su mensaje ha dado la vuelta a la oficina esta mañana. ¡Gracias! ¿Podemos citarlo en nuestra web?",
    "ja": "温かいお言葉をありがとうございます。お名前とともにサイトでご紹介してもよろしいでしょうか。",
}

# What the customer answers.
ANSWERS: Final[dict[str, ByTopic]] = {
    "en": {
        "": (
            "Thanks for the quick reply, I did not expect a person. It happened last on Tuesday, right after lunch. I can send you "
            "a recording if that helps.",
            "Appreciated. It is not urgent any more, but it should not happen again.",
            "That was fast. I talked to my team: it happens to three of us, always in the big project.",
        ),
        "support": (
            "Thank you, Maria from my team got a call an hour later. That is what I had hoped for in the first place.",
        ),
        "price": ("I did not know about the yearly plan. Please change it, and thanks for looking at what we use.",),
        "speed": ("Yes please, switch it on. We would rather test something than wait for half a minute.",),
        "mobile": ("Installed it, and it is still logged in since yesterday. Fingers crossed.",),
        "reports": ("They add up now. Could you tell me which months were wrong? I have to tell our board.",),
        "billing": (
            "The money is back, thank you. Please make sure that it does not happen again next month: accounting has had enough "
            "of it.",
            "Got the corrected invoice. That is all I wanted.",
        ),
    },
    "de": {
        "": (
            "Danke für die schnelle Antwort. Zuletzt am Dienstag, gleich nach der Mittagspause.",
            "Das ging schnell, danke.",
        ),
        "billing": ("Das Geld ist da, danke. Bitte achten Sie darauf, dass es nicht noch einmal passiert.",),
        "price": ("Von dem Jahresvertrag wusste ich nichts. Ja, bitte umstellen.",),
    },
    "fr": {"": ("Merci pour votre réponse rapide. C'était mardi dernier, après le déjeuner.",)},
    "es": {"": ("Gracias por responder tan rápido. La última vez fue el martes.",)},
    "ja": {"": ("早速のご返信ありがとうございます。火曜日に発生しました。",)},
}
AGREED: Final = {
    "en": ("Sure, go ahead.", "With pleasure! Please name the company as “{company}”."),
    "de": ("Gern!",),
    "fr": ("Avec plaisir !",),
    "es": ("¡Con mucho gusto!",),
    "ja": ("はい、お願いします。",),
}
AGAIN: Final = {
    "en": "Sorry to bother you again: it happened once more this morning. Is there any news?",
    "de": "Entschuldigung, dass ich noch einmal schreibe: Heute früh ist es wieder passiert. Gibt es etwas Neues?",
    "fr": "Pardon de vous relancer : le problème est revenu ce matin. Y a-t-il du nouveau ?",
    "es": "Perdone que insista: ha vuelto a ocurrir esta mañana. ¿Hay novedades?",
    "ja": "度々すみません。今朝また発生しました。その後いかがでしょうか。",
}
AWAY: Final = {
    "en": "I am out of the office and will read my mail when I am back on Monday. In urgent cases please call the front desk.",
    "de": "Ich bin nicht im Haus und lese meine Mails am Montag wieder.",
    "fr": "Je suis absent jusqu'à lundi et lirai vos messages à mon retour.",
    "es": "Estoy fuera de la oficina hasta el lunes.",
    "ja": "月曜日まで不在にしております。",
}

# Our second reply, after which the matter is closed.
SECOND: Final = {
    "solved": {
        "en": "good to hear that it works. I keep an eye on it, and if anything looks odd to you, just reply to this mail.",
        "de": "schön, dass es jetzt läuft. Ich behalte es im Auge; antworten Sie einfach auf diese Mail, wenn etwas ist.",
        "fr": "ravi que cela fonctionne. Je garde un œil dessus ; répondez simplement à ce message si besoin.",
        "es": "me alegra que funcione. Estaré atento; responda a este correo si algo le parece raro.",
        "ja": "解決できて何よりです。何かございましたら、このメールにご返信ください。",
    },
    "explained": {
        "en": "thank you, now I understand it better. This works as it is meant to, and I see why it surprises: the help page says so "
        "now, with an example.",
        "de": "danke, jetzt verstehe ich es besser. Es arbeitet so wie gedacht, überrascht aber: Die Hilfe sagt es jetzt mit einem Beispiel.",
        "fr": "merci, je comprends mieux. C'est le comportement prévu, mais il surprend : l'aide l'explique maintenant.",
        "es": "gracias, ahora lo entiendo mejor. Funciona como está previsto; la ayuda ya lo explica con un ejemplo.",
        "ja": "ありがとうございます。仕様どおりの動作ですが、ヘルプに例を追加しました。",
    },
    "passed_on": {
        "en": "thank you. I wrote it up for the product team, with your words in it. I cannot promise a date, and I will write to you when "
        "there is one.",
        "de": "danke. Ich habe es mit Ihren Worten an die Entwicklung gegeben. Ein Datum kann ich nicht versprechen; sobald es eines gibt, "
        "schreibe ich Ihnen.",
        "fr": "merci. J'ai transmis vos mots à l'équipe produit et je vous écrirai dès qu'il y aura une date.",
        "es": "gracias. Lo he pasado al equipo de producto con sus palabras y le escribiré cuando haya una fecha.",
        "ja": "ありがとうございます。開発チームに伝えました。進展があればご連絡いたします。",
    },
}

# Between colleagues; {to} is whom the note mentions.
NOTES: Final = (
    "Called them: friendly, but serious about leaving. They need this before the renewal.",
    "Third one with the same invoice this week. @{to}, can we mend the cause instead of the invoices?",
    "@{to} you know them best: anything that I should know before I call?",
    "Looked at the logs: it is the import with the empty rows again.",
    "They pay for 40 seats and use 12. Worth a talk about the plan, whatever comes of this.",
    "@{to} could you have a look at the figures before I promise anything?",
    "Refund is out. Reminder for me: look at the next invoice on the 3rd.",
    "Not angry, only tired of it. A short call did more than three mails.",
)
CALLED: Final = "Called back the same day and listened. What we promised stands below, by mail."

SAVED: Final = (
    (
        "We are on it",
        "Hello {{ first_name|there }},\n\nthank you for telling us. I am looking into it and will write to you by tomorrow "
        "evening, whatever I find.\n\n{{ agent }}",
    ),
    (
        "Refund is on its way",
        "Hello {{ first_name|there }},\n\nthe wrong invoice is cancelled and the money on its way back; it should arrive "
        "within three days. I am sorry for the trouble.\n\n{{ agent }}",
    ),
    (
        "Ask for a call",
        "Hello {{ first_name|there }},\n\nsome things are easier to say than to write. When may I call you this week, and "
        "under which number?\n\n{{ agent }}",
    ),
    (
        "May we quote you?",
        "Hello {{ first_name|there }},\n\nwhat you wrote made our day. May we put it on our website, with your name and "
        "company?\n\n{{ agent }}",
    ),
)

# Mail that belongs to no conversation: from, subject, text, hours ago.
STRAY: Final = (
    (
        "h.lindqvist@gmail.example",
        "Re: Your answer to us",
        "Hello,\n\nI write from my private address because my work account is locked. It is about what I answered last week: "
        "the invoices are fine now, thank you.\n\nHanna",
        5,
    ),
    (
        "newsletter@fairs.example",
        "Last call: booths at the autumn fair",
        "Dear exhibitor,\n\nthe last booths are going. Reply to this mail to keep yours.\n\nYour fair team",
        52,
    ),
)
