"""Mail that comes in: docs/inbound-mail.md.

views, roads, and `manage.py receive_mail` (how it comes) → receiving (stored, once) → tasks, actions (what becomes of
it): parsing with bodies, charsets, files → folding, cleaning → automatic, reports → finding (where it belongs).
"""
