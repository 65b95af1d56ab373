# The whole service: docker run -p 8000:8000 -v backprop:/data IMAGE; another command runs a single part of it.
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
RUN printf '#!/bin/sh\nPYTHONPATH=/app exec python -P -m launcher "$@"\n' >/usr/local/bin/backprop-server \
    && chmod 755 /usr/local/bin/backprop-server
USER backprop
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["backprop-server", "ready", "--path", "/healthz"]
# Listening beyond loopback needs an API key: the first start creates one and prints it.
CMD ["backprop-server", "serve", "--host", "0.0.0.0", "--first-key"]
