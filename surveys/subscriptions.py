"""Who reacts to which event: the one list. Read docs/architecture.md for the two kinds of listeners."""
