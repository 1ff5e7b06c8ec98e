# CHL on Node, and with `--target deno` on Deno. What compiles stays behind.
#
#   docker build -t chl .                        docker build --target deno -t chl:deno .
#   docker run --read-only --tmpfs /tmp -v chl-data:/data -p 8000:8000 chl
#
# The first start prints one admin key; see README.md. With --build-arg MODEL=… a model of meaning is baked
# in, and the image starts semantic and offline; see models/README.md.

FROM node:24-bookworm-slim AS build
WORKDIR /app
# The package lists stay: set-up reads from them where the source of FAISS' kernels is.
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ libfaiss-dev libopenblas-dev dpkg-dev xz-utils
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts
COPY adapters/scan-kernel/native adapters/scan-kernel/native
# The binding is built against this image's FAISS, with AVX2 kernels and a baseline for older CPUs. Set-up
# would go on with hnswlib-wasm where that fails; an image that promises FAISS must not. The scan kernel
# likewise.
RUN CHL_SETUP_FAISS=source node scripts/setup.mjs --no-compile \
 && test -e .build/faiss/faiss-baseline.node \
 && test -e .build/scan-kernel/scan-kernel.node \
 && { test -e .build/faiss/faiss-avx2.node || test "$(uname -m)" != x86_64; }
COPY tsconfig.json ./
COPY src src
COPY adapters adapters
# Not --omit=optional: libSQL's own binary is an optional package. faiss-node's source has done its part.
RUN CHL_SETUP_FAISS=source node scripts/setup.mjs \
 && cp node_modules/@deno/linux-*/deno /usr/local/bin/deno \
 && npm prune --omit=dev --loglevel=error \
 && rm -rf node_modules/faiss-node \
 && find node_modules dist -name '*.map' -delete
COPY models models
# The model's runtime (45 MB) stays with a model only.
ARG MODEL=
RUN rm -f models/README.md \
 && if [ -n "$MODEL" ]; then \
      test -d "models/$MODEL" || node scripts/fetch-model.mjs "$MODEL" models; \
    else \
      rm -rf models/* node_modules/onnxruntime-node node_modules/onnxruntime-common node_modules/@huggingface; \
    fi

# The same program on Deno: the index in the serving process, on WebAssembly, with no system library at all.
FROM debian:bookworm-slim AS deno
RUN useradd --uid 10001 --user-group --no-create-home chl && install -d -o chl -g chl /data
WORKDIR /app
COPY --from=build /usr/local/bin/deno /usr/local/bin/deno
COPY package.json deno.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
ENV NODE_ENV=production \
    DENO_DIR=/tmp/deno \
    DENO_NO_UPDATE_CHECK=1 \
    CHL_HOST=0.0.0.0 \
    CHL_PORT=8000 \
    CHL_DATA_DIR=/data
USER chl
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["deno", "eval", "const r = await fetch(`http://127.0.0.1:${Deno.env.get('CHL_PORT')}/health/live`); Deno.exit(r.ok ? 0 : 1)"]
# Writing is for the data and the scratch folder; libSQL is native, and needs ffi.
ENTRYPOINT ["deno", "run", "--no-prompt", "--cached-only", "--allow-read", "--allow-write=/data,/tmp", "--allow-net", "--allow-env", "--allow-sys", "--allow-ffi", "dist/src/entry/deno.js"]

FROM node:24-bookworm-slim AS runtime
# liblapack3 is not among them: Debian's OpenBLAS brings LAPACK.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libopenblas0-pthread libgomp1 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin \
 && install -d -o node -g node /data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/.build/faiss .build/faiss
COPY --from=build /app/.build/scan-kernel .build/scan-kernel
COPY --from=build /app/models models
ARG MODEL=
# Empty is unset: without a model the service chooses its embedder by itself.
ENV NODE_ENV=production \
    CHL_EMBEDDER=${MODEL:+transformers} \
    CHL_EMBEDDING_MODEL=${MODEL:+/app/models/$MODEL} \
    CHL_HOST=0.0.0.0 \
    CHL_PORT=8000 \
    CHL_DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.CHL_PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/entry/cli.js"]
CMD ["serve"]
