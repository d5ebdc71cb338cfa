# Sotto as an image: Home Assistant's app, or a container of its own. The steps are in script/image-install.
#
#   docker build .                                                          any amd64 or arm64 machine, on the CPU
#   docker build --build-arg VARIANT=jp6 --build-arg BASE=ghcr.io/home-assistant/base-ubuntu:22.04 .   JetPack 6
#   docker build --build-arg VARIANT=jp7 --build-arg BASE=ghcr.io/home-assistant/base-ubuntu:24.04 .   JetPack 7.2
#
# LLAMA=no leaves out what computes language models here, and minutes of compiling: for who has them elsewhere.
ARG BASE=ghcr.io/home-assistant/base-debian:trixie-2026.08.0

# hadolint ignore=DL3006
FROM ${BASE} AS build
ARG VARIANT=cpu
WORKDIR /usr/src/sotto
COPY script/image-install script/
RUN script/image-install build-packages
COPY LICENSE README.md constraints.txt pyproject.toml ./
RUN script/image-install python
ARG LLAMA=yes
RUN script/image-install llama ctranslate2 dependencies
COPY addon addon/
COPY wyoming_servers wyoming_servers/
RUN script/image-install sotto

# hadolint ignore=DL3006
FROM ${BASE}
ARG VARIANT=cpu
COPY script/image-install /usr/src/sotto/script/
RUN /usr/src/sotto/script/image-install runtime-packages user
COPY --from=build /opt/sotto /opt/sotto
COPY rootfs /
# Fails for an image for CUDA whose parts were built for the CPU, or for other chips.
RUN /usr/src/sotto/script/image-install check

# ONNX Runtime would report its use to its maker.
ENV PATH="/opt/sotto/bin:${PATH}" \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    SOTTO_DATA_DIR=/data

EXPOSE 10600 10601 8099
VOLUME /data
HEALTHCHECK --start-period=1m --interval=30s --timeout=10s CMD ["python3", "-P", "-m", "addon", "health"]

ARG BUILD_ARCH
ARG BUILD_VERSION
LABEL io.hass.type="app" \
      io.hass.name="Sotto" \
      io.hass.description="A private voice assistant: wake word, speech-to-text, conversation and text-to-speech" \
      io.hass.arch="${BUILD_ARCH}" \
      io.hass.version="${BUILD_VERSION}" \
      org.opencontainers.image.title="Sotto" \
      org.opencontainers.image.licenses="GPL-3.0-or-later"
