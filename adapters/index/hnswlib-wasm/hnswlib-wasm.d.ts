/**
 * The Emscripten factory that hnswlib-wasm wraps. The wrapper keeps one instance for the whole
 * process, needs browser globals across an `await`, and reports to the console; the factory leaves
 * all three to us. Signatures as in `hnswlib-wasm/dist/hnswlib-wasm.d.ts`, as far as they are used.
 */
declare module 'hnswlib-wasm/lib/hnswlib.mjs' {
  export interface HierarchicalNSW {
    initIndex(rowsMax: number, m: number, efConstruction: number, randomSeed: number): void;
    addPoint(point: Float32Array, label: number, replaceDeleted: boolean): void;
    searchKnn(
      query: Float32Array,
      k: number,
      filter: undefined,
    ): { distances: number[]; neighbors: number[] };
    setEfSearch(ef: number): void;
    getCurrentCount(): number;
    readIndex(fileName: string, rowsMax: number): void;
    writeIndex(fileName: string): void;
    /** Frees the C++ object. */
    delete(): void;
  }

  export interface HnswlibModule {
    readonly HierarchicalNSW: new (
      space: 'ip',
      dimension: number,
      autoSaveFileName: string,
    ) => HierarchicalNSW;
    readonly EmscriptenFileSystemManager: {
      initializeFileSystem(type: 'IDBFS'): void;
      syncFS(fromStore: boolean, callback: () => void): void;
    };
    /** Replaced whenever the memory grows. */
    readonly HEAPU8: Uint8Array;
    /** C++ exceptions reach JavaScript as `WebAssembly.Exception`: `[type, message]`. */
    getExceptionMessage(exception: unknown): [string, string];
  }

  export interface FactoryOverrides {
    print(line: string): void;
    printErr(line: string): void;
  }

  const factory: (overrides: FactoryOverrides) => Promise<HnswlibModule>;
  export default factory;
}
