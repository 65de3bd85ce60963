"""How figures leave their pages: views, files, reports, mails, links."""
