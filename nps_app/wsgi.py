"""The WSGI application, for the web server (`nps_app.wsgi:application`)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nps_app.settings")

application = get_wsgi_application()
