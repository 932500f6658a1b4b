import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_site.settings")
application = get_wsgi_application()

# Before gunicorn forks (--preload): its processes share what is loaded, and the first page is quick.
from billing_site import urls  # noqa: E402, F401
