# The API in a container: built with everything, run with nothing but what it needs.
#   docker build -t cliick-backend .
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY .ci/bundle.mjs .ci/
COPY src src
# npm keeps the compiler and the types, as packages that run name them too: nothing that runs reads them.
RUN node node_modules/@nestjs/cli/bin/nest.js build && node .ci/bundle.mjs && npm prune --omit=dev \
  && rm -rf node_modules/typescript node_modules/@types

FROM node:20-bookworm-slim
ENV NODE_ENV=production PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
# The code belongs to root: the process can write its data and nothing else.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself and no shell, so that it hears SIGTERM: it drains, finishes and ends.
CMD ["node", "--enable-source-maps", "dist/main.js"]
