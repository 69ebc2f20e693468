# syntax=docker/dockerfile:1
# One image for web, live, worker, media, beat and migrate; the command decides which it is.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements/prod.txt /tmp/prod.txt
# Wheels only: nothing is compiled, so no compiler is needed and none can be left behind.
RUN /opt/venv/bin/python -m pip install --require-hashes --only-binary=:all: -r /tmp/prod.txt
COPY . /app
WORKDIR /app
# Verified by checksum here and again by the worker that loads it.
RUN /opt/venv/bin/python -m bakery.weights /app/models
# Collected here, so that the running container's file system can be read-only.
RUN DJANGO_SETTINGS_MODULE=bakery.settings.base SECRET_KEY=only-for-this-build-step \
    STATIC_ROOT=/app/staticfiles /opt/venv/bin/python manage.py collectstatic --noinput -v 0 \
    && /opt/venv/bin/python -m compileall -q apps bakery

FROM python:3.11-slim-bookworm
ARG RELEASE=unreleased
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=bakery.settings.prod \
    STATIC_ROOT=/app/staticfiles \
    CUTOUT_MODEL_DIR=/app/models \
    WEB_BIND=0.0.0.0:8000 \
    RELEASE=$RELEASE
RUN groupadd --gid 10001 bakery \
    && useradd --uid 10001 --gid bakery --no-create-home --shell /usr/sbin/nologin bakery
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000 8001
CMD ["gunicorn", "bakery.wsgi:application", "--config", "deploy/gunicorn.conf.py"]
