# Debian's Prometheus with the paths and the user of the official image, for machines that cannot fetch that one.
FROM debian:bookworm-slim
COPY prometheus /bin/prometheus
RUN install -d -o nobody -g nogroup /prometheus
USER nobody
WORKDIR /prometheus
EXPOSE 9090
ENTRYPOINT ["/bin/prometheus"]
