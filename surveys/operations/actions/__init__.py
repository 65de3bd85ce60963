"""Writes about whole organizations: by their owners (ending, exports), and by the operator of the server (limits)."""
