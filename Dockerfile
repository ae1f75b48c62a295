# What a lab's server runs: docs/serving.md says how.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/automind
RUN python -m venv .venv
COPY requirements.lock requirements.hashes ./
# the CPU build of torch: the CUDA build takes several GB, and nothing here uses it
RUN PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu .venv/bin/python -m pip install --no-cache-dir \
    "$(grep '^torch==' requirements.lock)"
RUN .venv/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r requirements.hashes
COPY pyproject.toml README.md LICENSE app.py ./
COPY automind_dash automind_dash
COPY assets assets
COPY pretrained pretrained
ENV NUMBA_CACHE_DIR=/opt/automind/numba
RUN .venv/bin/python -m pip install --no-cache-dir --no-deps -e . && .venv/bin/python -m automind_dash.circuit.warm

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home automind && mkdir /data && chown automind /data
COPY --from=build /opt/automind /opt/automind
ENV PATH=/opt/automind/.venv/bin:$PATH AUTOMIND_VIEWS=/data/views NUMBA_CACHE_DIR=/opt/automind/numba PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib
USER 10001
WORKDIR /tmp
VOLUME /data
EXPOSE 5006
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:5006/health')"]
CMD ["automind-dash", "serve", "--address", "0.0.0.0"]
