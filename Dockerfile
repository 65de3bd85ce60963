# One image for web, worker, beat and migrate; docker-compose.yml says which is which.
FROM python:3.13-slim-bookworm AS packages
COPY requirements.txt /
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --only-binary :all: -r /requirements.txt

FROM python:3.13-slim-bookworm
# pg_dump and psql of the server's major, for backup and restore.
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-common \
 && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
 && apt-get install -y --no-install-recommends postgresql-client-18 \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /data --create-home nps
COPY --from=packages /venv /venv
COPY . /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    NPS_DATA_DIR=/data NPS_STATIC_ROOT=/app/static-collected DJANGO_SETTINGS_MODULE=nps_app.settings
# Collecting reads the settings and connects to nothing.
RUN SECRET_KEY=build NPS_LINK_KEYS=build DATABASE_URL=postgresql:///none REDIS_URL=redis://none \
    python manage.py collectstatic --noinput --verbosity 0
USER nps
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "nps_app.wsgi:application"]
