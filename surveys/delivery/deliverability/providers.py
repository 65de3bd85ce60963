"""Domains that belong to one large mailbox provider: what one of them thinks of a sender holds for all of its domains."""

from typing import Final

_DOMAINS: Final = {
    "Gmail": "gmail.com googlemail.com",
    "Outlook": """
        outlook.com hotmail.com live.com msn.com passport.com windowslive.com outlook.de outlook.fr outlook.es outlook.it
        outlook.jp outlook.com.br hotmail.co.uk hotmail.de hotmail.fr hotmail.es hotmail.it live.co.uk live.de live.fr
        live.nl live.se live.dk live.it live.ca live.com.au hotmail.se hotmail.dk hotmail.nl hotmail.ca hotmail.com.br
        """,
    "Yahoo and AOL": """
        yahoo.com ymail.com rocketmail.com myyahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.ca
        yahoo.com.br yahoo.com.ar yahoo.com.mx yahoo.com.au yahoo.co.in yahoo.in yahoo.com.sg yahoo.com.ph yahoo.ie
        yahoo.com.tr yahoo.gr yahoo.pl yahoo.ro yahoo.se yahoo.dk yahoo.no yahoo.co.id yahoo.com.vn yahoo.com.tw
        yahoo.com.hk aol.com aol.de aol.fr aol.co.uk aim.com netscape.net verizon.net
        """,
    "iCloud": "icloud.com me.com mac.com",
    "GMX and WEB.DE": "gmx.de gmx.net gmx.at gmx.ch gmx.com gmx.co.uk gmx.fr gmx.org gmx.info gmx.eu web.de mail.com",
    "T-Online": "t-online.de magenta.de",
    "Yandex": "yandex.ru yandex.com ya.ru yandex.by yandex.kz yandex.ua narod.ru",
    "Mail.ru": "mail.ru inbox.ru list.ru bk.ru internet.ru",
    "Proton": "proton.me protonmail.com protonmail.ch pm.me",
    "Orange": "orange.fr wanadoo.fr",
    "QQ": "qq.com foxmail.com",
    "NetEase": "163.com 126.com yeah.net",
}
PROVIDERS: Final = {domain: name for name, domains in _DOMAINS.items() for domain in domains.split()}


def name_of(domain: str) -> str:
    """The provider's, or the domain itself."""
    return PROVIDERS.get(domain, domain)
