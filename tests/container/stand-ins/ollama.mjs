#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * Stands for Ollama where its image cannot be fetched: `serve`, and `pull MODEL` towards a server, with the
 * two routes that the profile needs. Like Ollama it answers 404 for a model that has not been pulled. Its
 * vectors count hashed words, so texts that share words are near each other.
 */
const DIMENSION = 64;
const PORT = 11434;
const [command, model] = process.argv.slice(2);

if (command === 'pull') {
  const response = await fetch(new URL('/api/pull', process.env['OLLAMA_HOST']), {
    method: 'POST',
    body: JSON.stringify({ model }),
  });
  process.exit(response.ok ? 0 : 1);
}

const pulled = new Set();
createServer((request, response) => void answer(request, response)).listen(PORT);
process.on('SIGTERM', () => process.exit(0));

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const [status, body] = answerTo(request.url, JSON.parse(Buffer.concat(chunks).toString() || '{}'));
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function answerTo(path, asked) {
  if (path === '/api/pull') {
    pulled.add(asked.model);
    return [200, { status: 'success' }];
  }
  if (path !== '/v1/embeddings') return [404, { error: { message: 'no such route' } }];
  if (!pulled.has(asked.model)) return [404, { error: { message: `model "${asked.model}" not found` } }];
  const data = [asked.input]
    .flat()
    .map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }));
  return [200, { object: 'list', model: asked.model, data }];
}

function vectorOf(text) {
  const vector = Array.from({ length: DIMENSION }, () => 0);
  for (const word of text.toLowerCase().match(/\w+/g) ?? ['']) {
    vector[createHash('sha256').update(word).digest()[0] % DIMENSION] += 1;
  }
  return vector;
}
