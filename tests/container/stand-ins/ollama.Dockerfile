FROM node:24-bookworm-slim
COPY ollama.mjs /usr/local/bin/ollama
RUN chmod 755 /usr/local/bin/ollama
EXPOSE 11434
ENTRYPOINT ["ollama"]
CMD ["serve"]
