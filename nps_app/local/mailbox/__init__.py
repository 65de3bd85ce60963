"""The local mailbox: an SMTP server that keeps whatever arrives, and pages to read it. Local mode only."""
