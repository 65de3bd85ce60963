"""Robots that fetch pages and no more: scanners of mail gateways, expanders of chats, crawlers."""

from dataclasses import replace
from typing import Final

from tests.responses.traces.agents import (
    ANTIVIRUS,
    BARRACUDA,
    CRAWLER,
    CURL,
    EXPANDER,
    GATEWAY,
    MIMECAST,
    PROOFPOINT,
    REQUESTS,
    SAFE_LINKS,
    SILENT_EXPANDER,
    SLACK,
    TEAMS,
    WHATSAPP,
)
from tests.responses.traces.model import (
    DAY,
    HOUR,
    MINUTE,
    NOT_COUNTED,
    UNTOUCHED,
    Agent,
    Ask,
    Often,
    Step,
    counted,
    robot,
)

ALL: Final = range(11)
NAVIGATING: Final = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"}
CAREFUL: Final = replace(
    GATEWAY,
    name="a gateway that copies every header of a browser",
    headers={**GATEWAY.headers, "Accept-Language": "en-US,en;q=0.9", **NAVIGATING},
)


def all_links(by: Agent, at: float, every: float) -> list[Step]:
    return [by.link(at + number * every, number) for number in ALL]


def wandering(number: int) -> Agent:
    """The same program from another network each time."""
    return replace(GATEWAY, address=f"20.{90 + number}.7.9")


TRACES: Final = (
    robot(
        "HEAD, then GET",
        "A scanner asks about one link and fetches it, two seconds after the mail was taken.",
        NOT_COUNTED,
        GATEWAY.link(2, 9, "HEAD"),
        GATEWAY.link(2.2, 9),
        often=Often.COMMON,
    ),
    robot(
        "HEAD, then GET, minutes later",
        "The same when the mail has been in the queue of the scanner for a while.",
        NOT_COUNTED,
        PROOFPOINT.link(8 * MINUTE, 9, "HEAD"),
        PROOFPOINT.link(8 * MINUTE + 0.5, 9),
    ),
    robot(
        "HEAD alone",
        "Asking writes nothing.",
        UNTOUCHED,
        [GATEWAY.link(3 + number / 5, number, "HEAD") for number in ALL],
    ),
    robot("HEAD and GET of all", "Each link is asked about and fetched.", NOT_COUNTED, all_links(BARRACUDA, 5, 0.4)),
    robot(
        "eleven links in a second",
        "The usual scanner at delivery.",
        NOT_COUNTED,
        all_links(SAFE_LINKS, 3, 0.09),
        often=Often.COMMON,
    ),
    robot(
        "eleven links in a second, an hour later",
        "The same when the mail is scanned again in the mailbox.",
        NOT_COUNTED,
        all_links(MIMECAST, HOUR, 0.09),
    ),
    robot("eleven links in five minutes", "A polite scanner.", NOT_COUNTED, all_links(PROOFPOINT, 20, 28)),
    robot(
        "eleven links in five hours",
        "A patient one. No answer may count in between: the settling time begins anew with each.",
        NOT_COUNTED,
        all_links(GATEWAY, MINUTE, 8 * MINUTE),
        often=Often.RARE,
    ),
    robot(
        "eleven links from eleven networks",
        "A scanner in a cloud, a link a minute.",
        NOT_COUNTED,
        [wandering(number).link(30 + 60 * number, number) for number in ALL],
        often=Often.RARE,
    ),
    robot(
        "three random links",
        "A scanner with a sample, within five seconds.",
        NOT_COUNTED,
        [CAREFUL.link(90 * MINUTE + 2 * place, number) for place, number in enumerate((3, 8, 1))],
    ),
    robot(
        "three random links in half an hour",
        "The same, slowly.",
        NOT_COUNTED,
        [CAREFUL.link(40 * MINUTE + 9 * MINUTE * place, number) for place, number in enumerate((9, 4, 6))],
        got=counted(6),
        missed="a person who cannot decide leaves the same behind; four numbers are too many, three are not",
    ),
    robot(
        "two links at once",
        "The first and the last of the mail, to see whether they differ.",
        NOT_COUNTED,
        CAREFUL.link(2 * HOUR, 0),
        CAREFUL.link(2 * HOUR + 0.2, 10),
    ),
    robot(
        "two links a few seconds apart",
        "The same with manners.",
        NOT_COUNTED,
        CAREFUL.link(3 * HOUR, 0),
        CAREFUL.link(3 * HOUR + 12, 10),
    ),
    robot(
        "one random link at delivery",
        "A browser's name, but no style is loaded, and nobody reads a mail in four seconds.",
        NOT_COUNTED,
        GATEWAY.link(4, 7),
        often=Often.COMMON,
    ),
    robot(
        "one random link at delivery, all headers of a browser",
        "The same in a better disguise.",
        NOT_COUNTED,
        CAREFUL.link(9, 3),
    ),
    robot(
        "one random link within the minute",
        "A queue held the scan up for a while.",
        NOT_COUNTED,
        CAREFUL.link(37, 8),
        often=Often.COMMON,
    ),
    robot(
        "one random link while the phone buzzes",
        "Most scanners are done in half a minute, and take a link or two of each mail.",
        NOT_COUNTED,
        CAREFUL.link(24, 2),
        often=Often.COMMON,
    ),
    robot(
        "one random link after fifty seconds",
        "Slower ones are nearly as many: the queue of a scanner is long at nine in the morning.",
        NOT_COUNTED,
        CAREFUL.link(52, 4),
        often=Often.COMMON,
    ),
    robot(
        "two links half a minute apart",
        "A sample of two, politely.",
        NOT_COUNTED,
        CAREFUL.link(HOUR, 1),
        CAREFUL.link(HOUR + 25, 9),
    ),
    robot(
        "two links forty seconds apart",
        "A politer one.",
        NOT_COUNTED,
        CAREFUL.link(4 * HOUR, 7),
        CAREFUL.link(4 * HOUR + 40, 2),
    ),
    robot(
        "one random link, minutes later",
        "A Chrome of today that loads no style and sends neither a language nor what every Chrome sends.",
        NOT_COUNTED,
        GATEWAY.link(14 * MINUTE, 5),
    ),
    robot(
        "one random link, minutes later, all headers of a browser",
        "Nothing in it differs from a person who closes the tab before the style comes.",
        NOT_COUNTED,
        CAREFUL.link(14 * MINUTE, 5),
        got=counted(5),
        missed="one request with a browser's headers, at a time when people click: to refuse it is to lose people",
    ),
    robot(
        "one link at delivery and again hours later",
        "Scanned twice, the same number.",
        NOT_COUNTED,
        PROOFPOINT.link(5, 6),
        PROOFPOINT.link(3 * HOUR, 6),
    ),
    robot(
        "one link again and again",
        "A monitor of links: each quarter of an hour, for a day.",
        NOT_COUNTED,
        [GATEWAY.link(MINUTE + 15 * MINUTE * turn, 10) for turn in range(8)],
    ),
    robot("a script of somebody's", "A library says its name.", NOT_COUNTED, REQUESTS.link(25 * MINUTE, 9)),
    robot(
        "curl",
        "By hand, out of curiosity, and not an answer.",
        NOT_COUNTED,
        CURL.link(35 * MINUTE, 10),
        often=Often.RARE,
    ),
    robot(
        "a prefetch that says so",
        "Nothing is written; the answer tells the program to ask again when somebody clicks.",
        UNTOUCHED,
        [GATEWAY.link(2 + number / 10, number, Sec_Purpose="prefetch;prerender") for number in ALL],
    ),
    robot(
        "a prefetch in the words of old browsers",
        "Purpose and X-Moz say the same.",
        UNTOUCHED,
        GATEWAY.link(5, 9, Purpose="prefetch"),
        GATEWAY.link(6, 9, X_Moz="prefetch"),
    ),
    robot(
        "a prefetch that does not say so",
        "A mail program fetches the link in the middle as soon as the mail is there.",
        NOT_COUNTED,
        CAREFUL.link(2, 5),
        often=Often.COMMON,
    ),
    robot(
        "a prefetch of everything that does not say so",
        "And another takes all of them.",
        NOT_COUNTED,
        all_links(CAREFUL, 2, 0.02),
    ),
    robot(
        "Slack draws a card",
        "It says who it is.",
        UNTOUCHED,
        SLACK.link(HOUR, 9),
        often=Often.COMMON,
    ),
    robot("Teams draws a card", "So does Teams.", UNTOUCHED, TEAMS.link(HOUR + 5, 8)),
    robot("WhatsApp draws a card", "And WhatsApp.", UNTOUCHED, WHATSAPP.link(2 * HOUR, 0), WHATSAPP.page(2 * HOUR + 1)),
    robot(
        "a chat that nobody knows",
        "No list can hold all of them; this one's name ends in an address, as people's browsers' do not.",
        NOT_COUNTED,
        EXPANDER.link(2 * HOUR, 7),
    ),
    robot(
        "a chat without a name",
        "Every browser has a name.",
        NOT_COUNTED,
        SILENT_EXPANDER.link(3 * HOUR, 6),
    ),
    robot(
        "an antivirus gateway at delivery",
        "A browser's headers, and it looks at the style as well, two seconds after the mail was taken.",
        NOT_COUNTED,
        ANTIVIRUS.opens(2, 9),
        got=counted(9),
        missed="it loads what a browser without script loads, and somebody with a phone in hand is nearly as quick",
    ),
    robot(
        "an antivirus gateway later",
        "The same after ten minutes, when mailboxes are scanned anew.",
        NOT_COUNTED,
        ANTIVIRUS.opens(10 * MINUTE, 9),
        got=counted(9),
        missed="a browser without script looks the same to the byte",
    ),
    robot(
        "into the trap",
        "It follows one number, and the link that no person sees.",
        NOT_COUNTED,
        CAREFUL.link(6 * MINUTE, 10),
        CAREFUL.ask(6 * MINUTE + 1, Ask.TRAP),
    ),
    robot(
        "into the trap with the style",
        "The same by something that loads the style.",
        NOT_COUNTED,
        ANTIVIRUS.opens(7 * MINUTE, 8),
        ANTIVIRUS.ask(7 * MINUTE + 2, Ask.TRAP),
    ),
    robot(
        "into the trap first",
        "The trap stands before the numbers of the mail.",
        NOT_COUNTED,
        CAREFUL.ask(3 * MINUTE, Ask.TRAP),
        CAREFUL.link(3 * MINUTE + 4, 9),
    ),
    robot(
        "into the trap a day too late",
        "One link, and everything else the day after, when the answer counts already.",
        NOT_COUNTED,
        CAREFUL.link(8 * MINUTE, 9),
        CAREFUL.ask(DAY, Ask.TRAP),
        got=counted(9),
        missed="what counts is judged again by a click or a person, not by a trap",
        comes_too_late=True,
        often=Often.RARE,
    ),
    robot(
        "a crawler of every link",
        "A number, the page, the end, the unsubscribe link, the trap.",
        NOT_COUNTED,
        CRAWLER.link(HOUR, 4),
        CRAWLER.ask(HOUR + 1, Ask.TRAP),
        CRAWLER.page(HOUR + 2),
        CRAWLER.ask(HOUR + 3, Ask.THANKS),
        CRAWLER.ask(HOUR + 4, Ask.UNSUBSCRIBE),
    ),
    robot(
        "a scanner of unsubscribe links",
        "GET shows a button; nobody is unsubscribed, nothing is answered.",
        UNTOUCHED,
        GATEWAY.ask(3, Ask.UNSUBSCRIBE),
        GATEWAY.ask(HOUR, Ask.UNSUBSCRIBE),
    ),
    robot(
        "an archive after half a year",
        "The window is over: every page says so, and nothing is written.",
        UNTOUCHED,
        all_links(CAREFUL, 180 * DAY, 5),
    ),
)
