"""People whose mail is opened by machines as well: scanners, proxies, previews. The person must be heard."""

from typing import Final

from tests.responses.traces.agents import (
    ANDROID,
    ANTIVIRUS,
    BARRACUDA,
    BEHIND_PROXY,
    BEHIND_PROXY_TOO,
    CHROME,
    FIREFOX,
    GATEWAY,
    IPHONE,
    MIMECAST,
    PROOFPOINT,
    SAFE_LINKS,
    SLACK,
    WEBVIEW,
    WITHOUT_SCRIPT,
)
from tests.responses.traces.model import DAY, HOUR, MINUTE, Ask, Steps, Typed, Watched, counted, person

ALL: Final = range(11)


def all_links(by: object, at: float, every: float) -> Steps:
    return [by.link(at + number * every, number) for number in ALL]  # type: ignore[attr-defined]


TRACES: Final = (
    person(
        "behind a company's proxy",
        "It adds headers, and many share its address.",
        counted(9),
        BEHIND_PROXY.opens(17 * MINUTE, 9, Watched(12, pointers=4)),
    ),
    person(
        "a colleague behind the same proxy",
        "Same browser, same address, same minute, another mail and another opinion: each is one's own.",
        counted(2),
        BEHIND_PROXY_TOO.opens(17 * MINUTE + 4, 2, Watched(6, pointers=1)),
    ),
    person(
        "behind a proxy that takes out styles",
        "Nothing but the page comes through.",
        counted(8),
        BEHIND_PROXY.link(24 * MINUTE, 8),
    ),
    person(
        "a third colleague, who presses",
        "And one who uses the button a moment later.",
        counted(10),
        BEHIND_PROXY.opens(18 * MINUTE, 5, Watched(20, pointers=3)),
        BEHIND_PROXY.presses(18 * MINUTE + 15, 10, Typed("Never mind", done=True)),
    ),
    person(
        "after a prefetch that says so",
        "The mail program fetches what might be clicked and says that it does; the click comes later.",
        counted(9),
        IPHONE.link(40, 9, Sec_Purpose="prefetch"),
        IPHONE.opens(6 * MINUTE, 9, Watched(5, pointers=1)),
    ),
    person(
        "after a prefetch that does not say so",
        "The same number is fetched at delivery without any header, and clicked by the person later.",
        counted(7),
        GATEWAY.link(3, 7),
        CHROME.opens(21 * MINUTE, 7, Watched(9, pointers=2)),
    ),
    person(
        "after questions about the links",
        "A mail program's proxy asks for each link with HEAD. That is no click.",
        counted(6),
        [GATEWAY.link(5 + number / 10, number, "HEAD") for number in ALL],
        ANDROID.opens(52 * MINUTE, 6, Watched(4)),
    ),
    person(
        "checked at the moment of the click",
        "The rewritten link leads over the checker, which fetches the page a second before the browser does.",
        counted(8),
        SAFE_LINKS.link(2 * HOUR - 1, 8),
        CHROME.opens(2 * HOUR, 8, Watched(10, pointers=1)),
    ),
    person(
        "checked at the moment of a quick click",
        "The same within the first minute, and the tab is closed at once.",
        counted(9),
        MIMECAST.link(39, 9),
        MIMECAST.link(39.4, 9),
        CHROME.opens(41, 9, Watched(3)),
    ),
    person(
        "after all links were checked",
        "SafeLinks opens all eleven at delivery. The person comes two hours later, as any person.",
        counted(6),
        all_links(SAFE_LINKS, 4, 0.15),
        CHROME.opens(2 * HOUR, 6, Watched(7, pointers=2)),
    ),
    person(
        "after all links and the trap were checked, script off",
        "A scanner that takes everything, and a person who tells nothing but the click, hours later.",
        counted(10),
        all_links(BARRACUDA, 8, 0.3),
        BARRACUDA.ask(12, Ask.TRAP),
        WITHOUT_SCRIPT.opens(3 * HOUR, 10),
    ),
    person(
        "half a minute after the scanner",
        "The scanner has just passed when she taps, on a page that she scrolls.",
        counted(9),
        all_links(BARRACUDA, 10, 0.2),
        IPHONE.opens(42, 9, Watched(8, pointers=2)),
    ),
    person(
        "half a minute after the scanner, nothing touched",
        "The same without a touch: the style and the script of his visit are not the scanner's.",
        counted(8),
        all_links(BARRACUDA, 10, 0.2),
        ANDROID.opens(44, 8, Watched(4)),
    ),
    person(
        "while a slow scanner works",
        "One link each half minute, and in between a person who presses.",
        counted(4),
        all_links(GATEWAY, 5, 30),
        CHROME.opens(130, 5, Watched(20, pointers=3)),
        CHROME.presses(145, 4),
    ),
    person(
        "while a slow scanner works, no press",
        "The same; a scrolling hand is all there is.",
        counted(5),
        all_links(GATEWAY, 5, 30),
        CHROME.opens(130, 5, Watched(20, pointers=3)),
    ),
    person(
        "after one random link at delivery",
        "Proofpoint tries a number at random. The person's own comes 20 minutes later and is the last word.",
        counted(9),
        PROOFPOINT.link(6, 2),
        FIREFOX.opens(20 * MINUTE, 9, Watched(6, pointers=1)),
    ),
    person(
        "after one random link at delivery, gone at once",
        "The same, and the person's tab closes before anything is loaded.",
        counted(10),
        PROOFPOINT.link(6, 1),
        ANDROID.link(31 * MINUTE, 10),
    ),
    person(
        "a preview in the mail program",
        "A long press shows the page in a small window, then it is opened.",
        counted(8),
        WEBVIEW.opens(13 * MINUTE, 8),
        IPHONE.opens(13 * MINUTE + 3, 8, Watched(7, pointers=1)),
    ),
    person(
        "a preview of the wrong number",
        "The small window shows the 3; lifted, and the 9 is tapped and looked at.",
        counted(9),
        WEBVIEW.opens(14 * MINUTE, 3),
        IPHONE.opens(14 * MINUTE + 4, 9, Watched(7, pointers=2)),
    ),
    person(
        "with an antivirus program at home",
        "It loads what the browser loads, a moment before.",
        counted(7),
        ANTIVIRUS.opens(27 * MINUTE - 0.6, 7),
        CHROME.opens(27 * MINUTE, 7, Watched(6, pointers=1)),
    ),
    person(
        "shared in a chat before the click",
        "The link is pasted to a colleague; the chat draws a card of it and says so. Then it is clicked.",
        counted(5),
        SLACK.link(HOUR, 5),
        CHROME.opens(HOUR + 90, 5, Watched(11, pointers=1)),
    ),
    person(
        "scanned again the next day",
        "The answer has counted since yesterday when the archive opens all links.",
        counted(9),
        IPHONE.opens(HOUR, 9, Watched(5, pointers=1)),
        all_links(GATEWAY, DAY, 0.2),
    ),
    person(
        "a week after a quarantine",
        "The scanner's burst was put aside. A person who comes then is heard.",
        counted(1),
        all_links(SAFE_LINKS, 4, 0.1),
        FIREFOX.opens(7 * DAY, 1, Watched(15, pointers=3)),
        FIREFOX.presses(7 * DAY + 12, 1, Typed("Third time", done=True)),
    ),
    person(
        "pressed between two bursts",
        "Scanned at delivery, answered, scanned at night: the press stands.",
        counted(7),
        all_links(MIMECAST, 3, 0.2),
        ANDROID.opens(20 * MINUTE, 6, Watched(8, pointers=2)),
        ANDROID.presses(20 * MINUTE + 6, 7),
        all_links(MIMECAST, 9 * HOUR, 0.2),
    ),
)
