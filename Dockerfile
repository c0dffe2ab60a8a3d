# Debian 12: the uWebSockets.js binary for Node 20 needs glibc 2.27 or newer, so Alpine's musl will not do.
FROM node:20-bookworm-slim

WORKDIR /app

# packages first: they change seldom, and this layer is then reused
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force

COPY LICENSE NOTICE tsconfig.json ./
COPY geo-engine geo-engine
COPY tracker tracker
COPY console console
# the demonstration world; MODE=production refuses it
COPY fixtures fixtures

# what the process may write: its data, and the console it builds
RUN mkdir -p /data console/dist && chown node:node /data console/dist
VOLUME /data
USER node

# MODE is left to the deployment: without it nothing but loopback is served, and production names what it lacks
ENV NODE_ENV=production HOST=127.0.0.1 PORT=8112 DATA_DIR=/data
EXPOSE 8112

# with TLS in the tracker itself the certificate is for its public name, not for the loopback asked here
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "--no-warnings", "-e", "const tls=!!process.env.TLS_CERT_FILE;if(tls)process.env.NODE_TLS_REJECT_UNAUTHORIZED='0';fetch((tls?'https':'http')+'://127.0.0.1:'+(process.env.PORT||8112)+'/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]

# node itself, not npm: signals must reach the tracker
CMD ["node", "--import", "tsx", "tracker/src/main.ts"]
