"""Robots that run the page: its script, its form, its buttons. Some do all that people do; those say so in `missed`."""

from typing import Final

from tests.responses.traces.agents import CRAWLER, DISGUISED, HEADLESS, REQUESTS, SAFE_LINKS, SANDBOX
from tests.responses.traces.model import (
    HOUR,
    MINUTE,
    NOT_COUNTED,
    Agent,
    Ask,
    Often,
    Step,
    Typed,
    Watched,
    counted,
    robot,
)

ALL: Final = range(11)
DRIVEN: Final = Watched(3, webdriver=True)
OLD_ENGINE: Final = Agent(
    "PhantomJS",
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
    "34.86.35.20",
    {"Accept-Language": "en,*"},
    {"Origin": "https://testserver"},
    has_script=True,
)


def browsing_all(by: Agent, at: float, every: float, watched: Watched | None) -> list[Step]:
    return [step for number in ALL for step in by.opens(at + number * every, number, watched)]


TRACES: Final = (
    robot(
        "headless at delivery",
        "It runs the script, which says that a program drives.",
        NOT_COUNTED,
        HEADLESS.opens(5, 9, DRIVEN),
        often=Often.COMMON,
    ),
    robot(
        "headless, an hour later",
        "Its name and its script give it away at any time.",
        NOT_COUNTED,
        HEADLESS.opens(HOUR, 9, DRIVEN),
    ),
    robot(
        "headless without the page's parts",
        "The name is enough.",
        NOT_COUNTED,
        HEADLESS.link(19 * MINUTE, 8),
    ),
    robot(
        "headless under another name",
        "Chrome's name, all headers, style and script; the script sees that it is driven.",
        NOT_COUNTED,
        DISGUISED.opens(23 * MINUTE, 9, DRIVEN),
        often=Often.COMMON,
    ),
    robot(
        "headless under another name, all links",
        "And eleven times that.",
        NOT_COUNTED,
        browsing_all(DISGUISED, 4, 1.5, Watched(1)),
    ),
    robot(
        "all links in a real browser, slowly",
        "A farm of browsers opens each number for some seconds, one a minute, driven by nothing that tells.",
        NOT_COUNTED,
        browsing_all(SANDBOX, 30, 70, Watched(4)),
        often=Often.RARE,
    ),
    robot(
        "two links in a real browser",
        "The lowest and the highest, a few seconds each.",
        NOT_COUNTED,
        SANDBOX.opens(12, 0, Watched(2)),
        SANDBOX.opens(16, 10, Watched(2)),
        got=counted(10),
        missed="two pages shown and looked at one after the other are what a person with a heavy thumb leaves behind",
        often=Often.RARE,
    ),
    robot(
        "an old engine",
        "PhantomJS says its name; it has pressed a button as well.",
        NOT_COUNTED,
        OLD_ENGINE.opens(6 * MINUTE, 2, Watched(1)),
        OLD_ENGINE.presses(6 * MINUTE + 2, 2, Typed(by_hand=False)),
        often=Often.RARE,
    ),
    robot(
        "sends the form without the page's nonce",
        "It has never seen the page: the form is refused, and the click is a script's.",
        NOT_COUNTED,
        REQUESTS.link(6, 9),
        REQUESTS.presses(7, 9, Typed(with_nonce=False)),
    ),
    robot(
        "sends the form with the nonce at once",
        "A script reads the form and sends it back, a fifth of a second after the page.",
        NOT_COUNTED,
        REQUESTS.link(5, 9),
        REQUESTS.presses(5.2, 9),
    ),
    robot(
        "presses in headless Chrome",
        "A click that its script made, which no hand did.",
        NOT_COUNTED,
        HEADLESS.opens(8, 7, DRIVEN),
        HEADLESS.presses(10, 7, Typed(by_hand=False)),
    ),
    robot(
        "presses under another name",
        "Chrome's name, all headers, the button by script; the page's script says that it is driven.",
        NOT_COUNTED,
        DISGUISED.opens(21, 3, DRIVEN),
        DISGUISED.presses(25, 3, Typed(done=True, by_hand=False)),
    ),
    robot(
        "presses with its driver's mouse",
        "The browser believes the press to be a hand's, but its script says who drives.",
        NOT_COUNTED,
        DISGUISED.opens(26 * MINUTE, 10, Watched(4, pointers=2, webdriver=True)),
        DISGUISED.presses(26 * MINUTE + 5, 10),
    ),
    robot(
        "a window of no size",
        "A browser that draws nothing, at a time when people click.",
        NOT_COUNTED,
        DISGUISED.opens(3 * HOUR, 8, Watched(3, blank=True)),
    ),
    robot(
        "writes into the comment",
        "It fills every field of a form with the word test.",
        NOT_COUNTED,
        HEADLESS.opens(40, 5, DRIVEN),
        HEADLESS.presses(42, 5, Typed("test", done=True, by_hand=False)),
    ),
    robot(
        "a crawler that presses every number",
        "It follows links and sends forms.",
        NOT_COUNTED,
        CRAWLER.link(2 * HOUR, 1),
        [CRAWLER.presses(2 * HOUR + 1 + number / 5, number) for number in ALL],
        often=Often.RARE,
    ),
    robot(
        "a link check that sends forms",
        "SafeLinks has been seen doing it: the page, its parts, the button.",
        NOT_COUNTED,
        SAFE_LINKS.opens(7, 8),
        SAFE_LINKS.presses(8, 8, Typed(by_hand=False)),
        often=Often.COMMON,
    ),
    robot(
        "falls into the trap with script",
        "A real browser whose crawler follows the hidden link, too.",
        NOT_COUNTED,
        SANDBOX.opens(9 * MINUTE, 9, Watched(3)),
        SANDBOX.ask(9 * MINUTE + 4, Ask.TRAP),
        often=Often.RARE,
    ),
    robot(
        "a sandbox with a real browser",
        "One number, style and script, five seconds in view, no hand, nothing that says who drives; half a minute after the mail.",
        NOT_COUNTED,
        SANDBOX.opens(31, 6, Watched(5)),
        got=counted(6),
        missed="exactly what somebody leaves behind who taps and puts the phone away",
    ),
    robot(
        "a sandbox that moves a mouse",
        "The same with events that the browser itself believes to be a hand's.",
        NOT_COUNTED,
        SANDBOX.opens(45, 6, Watched(8, pointers=4)),
        got=counted(6),
        missed="a browser cannot tell a mouse that its driver moves below the script; only the operator's lists could",
    ),
    robot(
        "a sandbox that moves a mouse and presses",
        "And presses a number.",
        NOT_COUNTED,
        SANDBOX.opens(50, 6, Watched(8, pointers=4)),
        SANDBOX.presses(57, 2),
        got=counted(2),
        missed="it does all that a person does",
    ),
    robot(
        "a real browser, minutes later",
        "A farm detonates one link of each mail when the queue allows.",
        NOT_COUNTED,
        SANDBOX.opens(17 * MINUTE, 8, Watched(4)),
        got=counted(8),
        missed="as the sandbox above, at a time when most people click",
    ),
)
