"""Writes about themes and what people say of comments. What workers do is in `work`, `searching` and `lessons`."""

from surveys.comments.actions.readings import read_anew, search_themes, stop_reading
from surveys.comments.actions.rulings import (
    NotCommented,
    rule_sentiment,
    rule_theme,
    unrule_sentiment,
    unrule_theme,
)
from surveys.comments.actions.themes import (
    BadTheme,
    Gone,
    adopt_starters,
    change_theme,
    delete_theme,
    make_theme,
    merge_themes,
    restore_theme,
    switch_theme,
)

__all__ = [
    "BadTheme",
    "Gone",
    "NotCommented",
    "adopt_starters",
    "change_theme",
    "delete_theme",
    "make_theme",
    "merge_themes",
    "read_anew",
    "restore_theme",
    "rule_sentiment",
    "rule_theme",
    "search_themes",
    "stop_reading",
    "switch_theme",
    "unrule_sentiment",
    "unrule_theme",
]
