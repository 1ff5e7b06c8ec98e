import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookupModel } from './onnx-model.ts';
import { seededRandom } from './random-vectors.ts';

export const TINY_DIMENSION = 64;
export const TINY_TOKENS_MAX = 48;

const WORDS =
  'a an and archive at bake branch bread commit commits compress container directory each every flour flower for forty git keep let log logs make minute minutes mix night of old on one ones out probe restart rest rotate salt server service seven show stop tar the them two water when with word zero file files it into passage query';
const PIECES = '##s ##d ##ed ##ped ##ing ##er';
const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const SEED = 11;

/** Token to id; id × TINY_DIMENSION is where its vector starts in `tinyTable`. */
export const tinyVocabulary: ReadonlyMap<string, number> = new Map(
  [
    ...new Set([
      ...SPECIAL,
      ...WORDS.split(' '),
      ...PIECES.split(' '),
      ...Array.from(CHARACTERS),
      ...Array.from(CHARACTERS, (character) => `##${character}`),
      ...Array.from('.,;:?!'),
    ]),
  ].map((token, id) => [token, id]),
);

/** Random vectors, the same in every run: padding is far from zero, so that it would be seen in a sum. */
export const tinyTable: Float32Array = (() => {
  const random = seededRandom(SEED);
  return Float32Array.from({ length: tinyVocabulary.size * TINY_DIMENSION }, () => random() * 2 - 1);
})();

/** One vector of the table. */
export function tinyVector(token: string): Float32Array {
  const id = tinyVocabulary.get(token);
  if (id === undefined) throw new Error(`${token} is not in the vocabulary.`);
  return tinyTable.subarray(id * TINY_DIMENSION, (id + 1) * TINY_DIMENSION);
}

/** What a model's folder on the hub holds, by path. */
export function tinyModelFiles(): ReadonlyMap<string, Uint8Array> {
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  return new Map([
    ['config.json', json({ model_type: 'bert', architectures: ['BertModel'], hidden_size: TINY_DIMENSION })],
    ['tokenizer.json', json(tokenizer())],
    [
      'tokenizer_config.json',
      json({ tokenizer_class: 'BertTokenizer', model_max_length: TINY_TOKENS_MAX, pad_token: '[PAD]' }),
    ],
    ['onnx/model.onnx', lookupModel(tinyTable, TINY_DIMENSION)],
  ]);
}

/** A real ONNX model with a real WordPiece tokenizer: what it knows of meaning is which words are equal. */
export function writeTinyModel(
  folder: string,
  changes: ReadonlyMap<string, Uint8Array | null> = new Map(),
): void {
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  for (const [path, content] of new Map([...tinyModelFiles(), ...changes])) {
    if (content !== null) writeFileSync(join(folder, path), content);
  }
}

function tokenizer(): unknown {
  const special = (content: string): unknown => ({
    id: tinyVocabulary.get(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((token) => [
          token,
          { id: token, ids: [tinyVocabulary.get(token)], tokens: [token] },
        ]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tinyVocabulary),
    },
  };
}
