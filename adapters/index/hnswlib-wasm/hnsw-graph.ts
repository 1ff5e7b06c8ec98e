import type { HierarchicalNSW, HnswlibModule } from 'hnswlib-wasm/lib/hnswlib.mjs';
import { ChlError } from '../../../src/core/errors.ts';
import type { IndexParameters } from '../../../src/core/ports/vector-backend.ts';
import { BrowserStandIn } from './browser-stand-in.ts';

/** Where the library mounts its file system, and the one file there is in it. */
const MOUNT_POINT = '/hnswlib-index';
const FILE_NAME = 'graph';
const FILE_PATH = `${MOUNT_POINT}/${FILE_NAME}`;
const REGULAR_FILE_MODE = 0o100666;

/** Levels of nodes are drawn from it: the same rows give the same graph. The library's own default. */
const RANDOM_SEED = 100;

/**
 * One graph in one WebAssembly instance of its own: its memory, which can only grow, goes with it,
 * and a failure inside ends this graph and no other. An instance takes about 40 ms.
 */
export class HnswGraph {
  readonly #module: HnswlibModule;
  readonly #browser: BrowserStandIn;
  readonly #graph: HierarchicalNSW;

  private constructor(module: HnswlibModule, browser: BrowserStandIn, dimension: number) {
    this.#module = module;
    this.#browser = browser;
    this.#graph = new module.HierarchicalNSW('ip', dimension, '');
  }

  static async create(rowsMax: number, parameters: IndexParameters): Promise<HnswGraph> {
    const graph = await HnswGraph.#instantiate(parameters.dimension);
    const { m, efConstruction, efSearch } = parameters.hnsw;
    graph.#call('create', () => {
      graph.#graph.initIndex(rowsMax, m, efConstruction, RANDOM_SEED);
      graph.#graph.setEfSearch(efSearch);
    });
    return graph;
  }

  /** @throws CORRUPT when the library does not accept the bytes */
  static async fromBytes(
    bytes: Uint8Array,
    rowCount: number,
    parameters: IndexParameters,
  ): Promise<HnswGraph> {
    const graph = await HnswGraph.#instantiate(parameters.dimension);
    try {
      graph.#readFrom(bytes, rowCount);
      graph.#graph.setEfSearch(parameters.hnsw.efSearch);
    } catch (cause) {
      graph.close();
      throw new ChlError('CORRUPT', 'The stored HNSW graph cannot be read.', {
        operation: 'hnswlib.load',
        cause,
      });
    }
    return graph;
  }

  static async #instantiate(dimension: number): Promise<HnswGraph> {
    const { default: factory } = await import('hnswlib-wasm/lib/hnswlib.mjs');
    const browser = new BrowserStandIn();
    const silence = (): void => undefined;
    const module = await browser.run(() => factory({ print: silence, printErr: silence }));
    browser.run(() => module.EmscriptenFileSystemManager.initializeFileSystem('IDBFS'));
    return new HnswGraph(module, browser, dimension);
  }

  get memoryBytes(): number {
    return this.#module.HEAPU8.byteLength;
  }

  add(vector: Float32Array, row: number): void {
    this.#call('add', () => this.#graph.addPoint(vector, row, false));
  }

  /** Best first. `distances` are one minus the inner product. Fewer than k where the graph is not connected. */
  search(query: Float32Array, k: number): { readonly distances: number[]; readonly neighbors: number[] } {
    return this.#call('search', () => this.#graph.searchKnn(query, k, undefined));
  }

  toBytes(): Uint8Array {
    const contents = this.#call('serialize', () => {
      this.#browser.run(() => this.#graph.writeIndex(FILE_NAME));
      this.#synchronise('to store');
      return this.#browser.files.get(FILE_PATH)?.contents;
    });
    this.#clearFiles();
    if (contents === undefined) {
      throw new ChlError('INTERNAL', 'The HNSW graph was not written.', { operation: 'hnswlib.serialize' });
    }
    return contents;
  }

  close(): void {
    this.#graph.delete();
  }

  #readFrom(bytes: Uint8Array, rowCount: number): void {
    this.#browser.files.set(FILE_PATH, { timestamp: new Date(), mode: REGULAR_FILE_MODE, contents: bytes });
    this.#synchronise('from store');
    this.#call('load', () => this.#browser.run(() => this.#graph.readIndex(FILE_NAME, rowCount)));
    this.#clearFiles();
    const loaded = this.#graph.getCurrentCount();
    if (loaded !== rowCount) throw new RangeError(`The graph holds ${loaded} rows instead of ${rowCount}.`);
  }

  /** The library's files live in memory of their own; a graph of 100,000 rows is 180 MB there. */
  #clearFiles(): void {
    this.#browser.files.clear();
    this.#synchronise('from store');
  }

  #synchronise(direction: 'to store' | 'from store'): void {
    const files = this.#module.EmscriptenFileSystemManager;
    this.#browser.run(() => files.syncFS(direction === 'from store', () => undefined));
  }

  /** C++ exceptions carry their message inside the instance. */
  #call<T>(operation: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      const cause =
        error instanceof Error ? error : new Error(this.#module.getExceptionMessage(error).join(': '));
      throw new ChlError('INTERNAL', 'The HNSW library failed.', {
        operation: `hnswlib.${operation}`,
        cause,
      });
    }
  }
}
