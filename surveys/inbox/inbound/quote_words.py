"""How mail programs introduce what they quote, in the languages that people use them in. Data only."""

import re
from typing import Final

# "On … Ann wrote:": the words before the colon at the end, or before the name.
WROTE: Final = (
    *(
        "wrote",
        "schrieb",
        "a écrit",
        "escribió",
        "ha scritto",
        "schreef",
        "escreveu",
        "skrev",
        "kirjoitti",
        "napsal",
        "napsala",
    ),
    *(
        "napsal(a)",
        "napísal",
        "napisał",
        "napisała",
        "napisał(a)",
        "pisze",
        "a scris",
        "írta",
        "ezt írta",
        "έγραψε",
        "пишет",
        "написал",
    ),
    *(
        "написала",
        "написал(а)",
        "пише",
        "написав",
        "yazdı",
        "şunu yazdı",
        "şunları yazdı",
        "menulis",
        "đã viết",
        "כתב",
        "כתבה",
        "كتب",
        "نوشت",
    ),
    *("写道", "寫道", "のメール", "書きました", "님이 작성", "작성"),
)

# The lines of a block of headers, as Outlook puts before what it quotes.
FROM: Final = (
    *(
        "from",
        "von",
        "de",
        "da",
        "van",
        "från",
        "fra",
        "lähettäjä",
        "od",
        "feladó",
        "από",
        "от",
        "від",
        "kimden",
        "gönderen",
    ),
    *("发件人", "寄件者", "差出人", "보낸 사람", "dari", "từ", "מאת", "من", "expéditeur", "afzender", "absender"),
)
OTHERS: Final = (
    *(
        "sent",
        "date",
        "to",
        "cc",
        "subject",
        "gesendet",
        "datum",
        "an",
        "betreff",
        "envoyé",
        "à",
        "objet",
        "enviado",
        "enviado el",
    ),
    *(
        "fecha",
        "para",
        "asunto",
        "inviato",
        "data",
        "a",
        "oggetto",
        "verzonden",
        "aan",
        "onderwerp",
        "assunto",
        "skickat",
        "till",
        "ämne",
    ),
    *(
        "sendt",
        "dato",
        "til",
        "emne",
        "lähetetty",
        "vastaanottaja",
        "aihe",
        "päivämäärä",
        "wysłano",
        "do",
        "temat",
        "odesláno",
        "komu",
    ),
    *(
        "předmět",
        "predmet",
        "elküldve",
        "címzett",
        "tárgy",
        "εστάλη",
        "προς",
        "θέμα",
        "отправлено",
        "дата",
        "кому",
        "тема",
        "надіслано",
    ),
    *(
        "gönderildi",
        "tarih",
        "kime",
        "konu",
        "发送时间",
        "收件人",
        "主题",
        "日期",
        "寄件日期",
        "收件者",
        "主旨",
        "送信日時",
        "日時",
        "宛先",
    ),
    *(
        "件名",
        "날짜",
        "보낸 날짜",
        "받는 사람",
        "제목",
        "נשלח",
        "אל",
        "נושא",
        "تاريخ",
        "إلى",
        "الموضوع",
        "trimis",
        "către",
        "subiect",
    ),
)

# "-----Original Message-----"
ORIGINAL: Final = (
    *(
        "original message",
        "ursprüngliche nachricht",
        "original-nachricht",
        "message d'origine",
        "message original",
        "mensaje original",
    ),
    *(
        "messaggio originale",
        "oorspronkelijk bericht",
        "mensagem original",
        "wiadomość oryginalna",
        "ursprungligt meddelande",
    ),
    *(
        "oprindelig meddelelse",
        "opprinnelig melding",
        "alkuperäinen viesti",
        "исходное сообщение",
        "původní zpráva",
        "özgün ileti",
    ),
    *("邮件原件", "原始邮件", "原始郵件", "元のメッセージ", "원본 메시지"),
)

# Last lines that nobody typed.
DEVICE: Final = re.compile(
    r"(sent (from|via) (my |mail |yahoo |proton|outlook|samsung|a ).*|get outlook for .*|"
    r"(von meinem|gesendet (von|mit)) .*(iphone|ipad|android|handy|mobil|outlook|mail).*|von meinem .* gesendet|"
    r"envoyé (de|depuis) mon .*|(enviado desde|enviado (de|do) (meu|minha)) .*|inviato da(l| ).*|verstuurd vanaf .*|verzonden vanaf .*|"
    r"wysłane z .*|skickat från min .*|sendt fra min .*|lähetetty .*(iphone|puhelime).*|отправлено (с|из) .*|iphone(から|より)送信|发自我的.*|"
    r"나의 .*에서 (보냄|전송).*|iphone'?umdan gönderildi)\.?",
    re.IGNORECASE,
)

# Where mail programs begin to quote in HTML.
HTML_MARKS: Final = re.compile(
    r"<(?:div|blockquote|span|hr|table|section)\b[^>]{0,300}?(?:"
    r"class\s*=\s*[\"']?[^\"'>]{0,100}(?:gmail_quote|gmail_attr|yahoo_quoted|protonmail_quote|moz-cite-prefix|zmail_extra|tutanota_quote)"
    r"|id\s*=\s*[\"']?(?:x_)?(?:appendonsend|divRplyFwdMsg|OLK_SRC_BODY_SECTION|mail-editor-reference-message-container|reply-intro|ms-outlook-mobile-reference-message)"
    r"|type\s*=\s*[\"']?cite"
    r"|style\s*=\s*[\"'][^\"'>]{0,100}border-top:\s*solid\s+#(?:E1E1E1|B5C4DF)\s+1\.0pt"
    r")",
    re.IGNORECASE,
)
