# Two images from one file:
#   docker build --target cpu  -t framekiln .        small; the engines that need no weights
#   docker build --target cuda -t framekiln:cuda .   with torch, diffusers and CUDA

FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY engine engine
COPY db db
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim AS cpu
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FRAMEKILN_DATA_DIR=/data
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir /wheels/*.whl \
    && rm -rf /wheels \
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
    HF_HOME=/models \
    PATH=/opt/framekiln/bin:$PATH
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/framekiln
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir "$(ls /wheels/framekiln-*.whl)[models]" \
    && rm -rf /wheels \
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
