"""People who open more than one number: the hard ones, because scanners do, too."""

from typing import Final

from tests.responses.traces.agents import ANDROID, CHROME, FIREFOX, IPHONE, OLD_IPHONE, TEXT_BROWSER, WITHOUT_SCRIPT
from tests.responses.traces.model import HOUR, MINUTE, Typed, Watched, counted, person

TRACES: Final = (
    person(
        "changes it on the page",
        "An 8 was tapped, the page shows it, a 9 is meant.",
        counted(9),
        IPHONE.opens(9 * MINUTE, 8, Watched(9, pointers=3)),
        IPHONE.presses(9 * MINUTE + 7, 9),
    ),
    person(
        "a thumb on the wrong number",
        "A 0 instead of the 10, put right three seconds later.",
        counted(10),
        ANDROID.opens(70, 0, Watched(3, pointers=1)),
        ANDROID.presses(73, 10),
    ),
    person(
        "another number of the mail after five seconds",
        "Back to the mail at once. On the second page a finger scrolls: that was no scanner.",
        counted(9),
        IPHONE.opens(12 * MINUTE, 6, Watched(2)),
        IPHONE.opens(12 * MINUTE + 5, 9, Watched(9, pointers=2)),
    ),
    person(
        "another number after half a minute",
        "The same, thinking longer.",
        counted(4),
        CHROME.opens(3 * HOUR, 7, Watched(8, pointers=2)),
        CHROME.opens(3 * HOUR + 30, 4, Watched(10, pointers=3)),
    ),
    person(
        "another number after half a minute, script off",
        "Nothing but the two links tells about him.",
        counted(6),
        WITHOUT_SCRIPT.opens(4 * HOUR, 8),
        WITHOUT_SCRIPT.opens(4 * HOUR + 31, 6),
    ),
    person(
        "another number after half a minute, text browser",
        "And not even a style.",
        counted(9),
        TEXT_BROWSER.link(5 * HOUR, 8),
        TEXT_BROWSER.link(5 * HOUR + 34, 9),
    ),
    person(
        "another number after ten minutes",
        "The last word counts.",
        counted(3),
        FIREFOX.opens(HOUR, 8, Watched(4)),
        FIREFOX.opens(HOUR + 9 * MINUTE, 3, Watched(4)),
    ),
    person(
        "another number the next day",
        "The first has counted since; opening a link does not change it. The page offers the other number and asks.",
        counted(8),
        CHROME.opens(HOUR, 8, Watched(14, pointers=2)),
        CHROME.opens(26 * HOUR, 3, Watched(5, pointers=1)),
    ),
    person(
        "another number the next day, and the button",
        "This time the button is pressed.",
        counted(3),
        CHROME.opens(HOUR, 8, Watched(14, pointers=2)),
        CHROME.opens(27 * HOUR, 3, Watched(6, pointers=1)),
        CHROME.presses(27 * HOUR + 5, 3, Typed(done=True)),
    ),
    person(
        "a fat finger on two numbers",
        "Two tabs within a second; she looks at the second, scrolls and closes.",
        counted(7),
        ANDROID.opens(16 * MINUTE, 6, Watched(0)),
        ANDROID.opens(16 * MINUTE + 0.9, 7, Watched(11, pointers=2)),
    ),
    person(
        "two numbers within five seconds, nothing touched",
        "Wrong number, back, right number, phone away.",
        counted(9),
        IPHONE.opens(18 * MINUTE, 8, Watched(2)),
        IPHONE.opens(18 * MINUTE + 5, 9, Watched(2)),
    ),
    person(
        "cannot decide, and then does",
        "Three numbers of the mail in a minute, and the button at last.",
        counted(8),
        FIREFOX.opens(2 * HOUR, 7, Watched(4, pointers=1)),
        FIREFOX.opens(2 * HOUR + 12, 9, Watched(20)),
        FIREFOX.opens(2 * HOUR + 40, 8),
        FIREFOX.presses(2 * HOUR + 55, 8, Typed(done=True)),
    ),
    person(
        "cannot decide",
        "Three numbers over an hour, the page is scrolled each time, the last is meant.",
        counted(8),
        CHROME.opens(2 * HOUR, 7, Watched(4, pointers=1)),
        CHROME.opens(2 * HOUR + 8 * MINUTE, 9, Watched(3, pointers=1)),
        CHROME.opens(2 * HOUR + 16 * MINUTE, 8, Watched(3, pointers=2)),
    ),
    person(
        "plays with the numbers, script off",
        "Three numbers in a row, for fun, without any trace of a hand: as a scanner.",
        counted(2),
        WITHOUT_SCRIPT.opens(3 * HOUR, 10),
        WITHOUT_SCRIPT.opens(3 * HOUR + 60, 5),
        WITHOUT_SCRIPT.opens(3 * HOUR + 2 * MINUTE, 2),
    ),
    person(
        "two numbers in two minutes on an old phone",
        "The second is meant.",
        counted(10),
        OLD_IPHONE.opens(35 * MINUTE, 9, Watched(3)),
        OLD_IPHONE.opens(37 * MINUTE, 10, Watched(3)),
    ),
)
