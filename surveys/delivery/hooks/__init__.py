"""Where mail providers post what became of messages: docs/provider-events.md.

roads (whose report is it) → signatures, sns (is it the provider's) → splitting (one event, one part) → translating
(anymail's words, then ours) → receiving (stored, and what follows from it).
"""
