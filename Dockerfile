# syntax=docker/dockerfile:1
# The program alone, on a small system with the authorities that mail servers and gateways are checked against.

FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock build.rs ./
COPY migrations migrations
COPY static static
COPY templates templates
COPY src src
# Tests and measurements are named in Cargo.toml; building needs their names, not their content.
COPY tests tests
COPY benches benches
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --locked --profile dist --bin salus && cp target/dist/salus /salus

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 salus \
    && useradd --uid 10001 --gid salus --home-dir /data --no-create-home --shell /usr/sbin/nologin salus \
    && install -d -o salus -g salus -m 0700 /data
COPY --from=build --chown=root:root --chmod=0755 /salus /usr/local/bin/salus
USER 10001:10001
WORKDIR /data
# Only /data is written to, so the root file system may be read-only.
VOLUME /data
ENV SALUS_DATA=/data SALUS_LISTEN=0.0.0.0:8080
EXPOSE 8080
# bash speaks TCP by itself: no curl in the image. Asks the port that SALUS_LISTEN names.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${SALUS_LISTEN##*:} && printf 'GET /health/live HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r -t 4 _ status _ <&3 && [ \"$status\" = 200 ]"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["salus"]
CMD ["serve"]
