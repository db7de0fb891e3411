# syntax=docker/dockerfile:1
# The whole site in one image: the binary and the built site, without a shell.
# For releases, also pin the three base images by digest.

ARG RUST=1.95
ARG NODE=22
ARG DEBIAN=bookworm
# The same versions as in script/common; the build fails if they differ.
ARG CARGO_LEPTOS=0.3.10
ARG WASM_BINDGEN=0.2.130

# wasm-opt, from the browser tests' locked npm packages. It runs on Node.js, which is copied with it.
FROM node:${NODE}-${DEBIAN}-slim AS npm
WORKDIR /npm
COPY end2end/package.json end2end/package-lock.json ./
RUN --mount=type=cache,target=/npm npm ci --cache /npm --ignore-scripts --no-fund --no-audit

# The build tools, in separate layers, which are cached until a version changes. They are compiled with less optimisation than they
# are published with, which would take several times as long as it saves.
FROM rust:${RUST}-${DEBIAN} AS tools
ARG CARGO_LEPTOS
ARG WASM_BINDGEN
RUN rustup target add wasm32-unknown-unknown
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    cargo install cargo-leptos --version "${CARGO_LEPTOS}" --locked --features no_downloads
# Without --locked: its lock file names a version that the registry no longer has.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    cargo install wasm-bindgen-cli --version "${WASM_BINDGEN}" --bin wasm-bindgen

FROM tools AS build
ARG CARGO_LEPTOS
ARG WASM_BINDGEN
ARG TARGETARCH
COPY --from=npm /usr/local/bin/node /usr/local/bin/node
COPY --from=npm /npm/node_modules/binaryen /opt/binaryen
RUN ln -s /opt/binaryen/bin/wasm-opt /usr/local/bin/wasm-opt && wasm-opt --version
WORKDIR /src
COPY . .
# A cache mount keeps the compiled crates, so a rebuild compiles only changes. Cargo compares modification times, and a checkout may be
# older than the cache: hence the touch. Line tables are kept for backtraces, but compressed, because they are most of the binary.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,id=artcritique-target-${TARGETARCH},target=/src/target,sharing=locked \
    grep -qx "CARGO_LEPTOS=${CARGO_LEPTOS}" script/common \
    && grep -qx "WASM_BINDGEN=${WASM_BINDGEN}" script/common \
    && find . -path ./target -prune -o \( -name '*.rs' -o -name '*.ftl' -o -path './domain/templates/*' \) -exec touch {} + \
    && cargo fetch --locked \
    && cargo leptos build --release --precompress \
    && mkdir -p /out/app /out/data \
    && objcopy --compress-debug-sections=zlib target/release/artcritique /out/app/artcritique \
    && cp target/release/hash.txt /out/app/ \
    && cp -r target/site /out/app/site

# Contains glibc, libgcc and the CA certificates.
FROM gcr.io/distroless/cc-debian12:nonroot
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="ArtCritique" \
      org.opencontainers.image.description="A place where artists show work and get critique, with live notifications" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"
COPY --from=build /out/app /app
# A new volume inherits the owner of the folder it covers. A numeric user lets an orchestrator verify that it isn't root.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
# Backtraces for panics; none for errors, which are frequent and expected, so that capturing costs nothing. No colours, since logs go
# to collectors.
ENV PATH="/app:${PATH}" \
    ARTCRITIQUE_ADDR=0.0.0.0:3000 \
    ARTCRITIQUE_METRICS_ADDR=0.0.0.0:9090 \
    ARTCRITIQUE_DATA_DIR=/data \
    ARTCRITIQUE_SITE_DIR=/app/site \
    RUST_BACKTRACE=1 \
    RUST_LIB_BACKTRACE=0 \
    NO_COLOR=1
VOLUME ["/data"]
EXPOSE 3000 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["/app/artcritique", "healthcheck"]
ENTRYPOINT ["/app/artcritique"]
CMD ["serve"]
