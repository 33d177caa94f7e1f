# Two images from one file:
#   docker build --target cpu  -t framekiln .        small; the engines that need no weights
#   docker build --target cuda -t framekiln:cuda .   with torch, diffusers and CUDA
#
# Every package comes from requirements/ and is held to its hash there. The tags of the base images name the
# release of Python and of the system; they go on getting security fixes, and Dependabot proposes newer ones.

FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY requirements/build.txt requirements/build.txt
RUN pip install --no-cache-dir --require-hashes --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY engine engine
COPY db db
COPY system system
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.12-slim-bookworm AS cpu
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FRAMEKILN_DATA_DIR=/data
COPY requirements/core.txt /tmp/core.txt
RUN pip install --no-cache-dir --require-hashes --requirement /tmp/core.txt
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-deps /wheels/*.whl \
    && rm -rf /wheels /tmp/core.txt \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin framekiln \
    && install -d -o framekiln -g framekiln /data
USER framekiln
WORKDIR /home/framekiln
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["framekiln", "health"]
ENTRYPOINT ["framekiln"]
CMD ["run"]

FROM nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04 AS cuda
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FRAMEKILN_DATA_DIR=/data \
    FRAMEKILN_MODELS_DIR=/models \
    HF_HOME=/models/.hub \
    PATH=/opt/framekiln/bin:$PATH
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/framekiln
COPY requirements/models.txt /tmp/models.txt
RUN pip install --no-cache-dir --require-hashes --requirement /tmp/models.txt
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-deps /wheels/*.whl \
    && rm -rf /wheels /tmp/models.txt \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin framekiln \
    && install -d -o framekiln -g framekiln /data /models
USER framekiln
WORKDIR /home/framekiln
VOLUME ["/data", "/models"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["framekiln", "health"]
ENTRYPOINT ["framekiln"]
CMD ["run"]
