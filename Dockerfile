# Images of the services: --target feed, worker, form, gateway, notifier or sink. Each installs its own lock and
# nothing else.
FROM node:24-slim AS dashboard
WORKDIR /app/gateway/dashboard
COPY gateway/dashboard/package.json gateway/dashboard/package-lock.json gateway/dashboard/.npmrc ./
RUN npm ci
COPY gateway/dashboard ./
RUN npm run build

FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
# The folders are there so that volumes mounted on them belong to the service.
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/hpr hpr \
    && install --directory --owner hpr --group hpr --mode 700 /var/lib/hpr/.hpr /var/lib/hpr/history
WORKDIR /app

# The wheel carries the built dashboard, so it is built once for all targets.
FROM base AS wheel
COPY . .
COPY --from=dashboard /app/gateway/static gateway/static
RUN pip wheel --no-deps --wheel-dir /wheels .

FROM base AS feed
COPY requirements/base.txt ./
RUN pip install --requirement base.txt
COPY --from=wheel /wheels /wheels
RUN pip install --no-deps /wheels/*.whl
USER hpr
WORKDIR /var/lib/hpr
CMD ["hpr", "feed", "simulator"]

FROM base AS worker
COPY requirements/worker.txt requirements/mlflow.txt ./
# --build-arg LOCK=mlflow for a registry of models in MLflow: some 80 MB more.
ARG LOCK=worker
RUN pip install --requirement ${LOCK}.txt
COPY --from=wheel /wheels /wheels
RUN pip install --no-deps /wheels/*.whl
USER hpr
WORKDIR /var/lib/hpr
CMD ["hpr", "worker"]

FROM worker AS form
ENV HPR_FORM_HTTP_PORT=9110
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9110/healthz', timeout=2)"]
CMD ["hpr", "form"]

FROM base AS gateway
COPY requirements/gateway.txt ./
RUN pip install --requirement gateway.txt
COPY --from=wheel /wheels /wheels
RUN pip install --no-deps /wheels/*.whl
USER hpr
WORKDIR /var/lib/hpr
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["hpr", "gateway", "--host", "0.0.0.0", "--port", "8000"]

FROM gateway AS notifier
ENV HPR_NOTIFIER_HTTP_PORT=9120
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9120/healthz', timeout=2)"]
CMD ["hpr", "notifier"]

FROM gateway AS sink
HEALTHCHECK NONE
CMD ["hpr", "sink", "--clickhouse", "chdb:////var/lib/hpr/history/chdb"]
