# Two images from one file: the bridge, which is the last stage, and Flower (--target flower).
# Bases are named by exact version; who wants more certainty adds their digest: python:3.11.13-slim-bookworm@sha256:…

FROM python:3.11.13-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/alert-bridge
ENV PATH=/opt/alert-bridge/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
COPY deploy/bridge.lock deploy/
# Only wheels: there is no compiler here, and a package that asked for one would be another than was tried.
RUN pip install --no-cache-dir --only-binary=:all: --require-hashes --no-deps -r deploy/bridge.lock
COPY . .
# What installs and builds is no part of what runs.
RUN pip install --no-cache-dir --no-build-isolation --no-deps . \
    && pip check \
    && pip uninstall --yes setuptools pip

FROM python:3.11.13-slim-bookworm AS build-flower
WORKDIR /build
RUN python -m venv /opt/flower
ENV PATH=/opt/flower/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
COPY deploy/flower.lock deploy/
RUN pip install --no-cache-dir --only-binary=:all: --require-hashes --no-deps -r deploy/flower.lock \
    && pip check \
    && pip uninstall --yes pip

# Flower with the Celery that the workers have. Broker and password come by the environment: CELERY_BROKER_URL,
# FLOWER_BASIC_AUTH.
FROM python:3.11.13-slim-bookworm AS flower
LABEL org.opencontainers.image.title="Flower for Alert Bridge"
COPY --from=build-flower /opt/flower /opt/flower
ENV PATH=/opt/flower/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1 HOME=/tmp
WORKDIR /tmp
USER 10001:10001
EXPOSE 5555
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:5555/healthcheck', timeout=3)"]
ENTRYPOINT ["celery"]
CMD ["flower"]

FROM python:3.11.13-slim-bookworm
LABEL org.opencontainers.image.title="Alert Bridge" \
      org.opencontainers.image.description="Alertmanager, Slack and PagerDuty tell one story" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/alert-bridge /opt/alert-bridge
# A number that owns nothing but the folder of the SQLite file. All else may be read-only; /tmp should be a tmpfs then.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /data
ENV PATH=/opt/alert-bridge/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1 HOME=/tmp \
    CONFIG_PATH=/config/config.yaml
# The default of storage.sqlite.path, ./data/alert-bridge.db, is then in the volume.
WORKDIR /
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["alert-bridge", "health"]
ENTRYPOINT ["alert-bridge"]
CMD ["run"]
