# One image for all parts of the service; the command selects the part.
FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
RUN python -m venv /opt/venv
COPY requirements.lock .
# To use another package index: docker build --build-arg PIP_INDEX_URL=...
ARG PIP_INDEX_URL
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app backprop \
    && install -d -o backprop -g backprop -m 0700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY alembic.ini ./
COPY migrations migrations
COPY engine engine
COPY tabular tabular
COPY store store
COPY messaging messaging
COPY service service
COPY web web
COPY worker worker
COPY api api
COPY launcher launcher
RUN /opt/venv/bin/python -m compileall -q engine tabular store messaging service web worker api launcher migrations
# One BLAS thread per process: parallelism comes from processes, and results stay bit-identical.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1 \
    BACKPROP_DATA=/data
USER backprop
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "launcher.readiness", "--path", "/healthz"]
CMD ["python", "-m", "api", "--host", "0.0.0.0", "--port", "8000"]
