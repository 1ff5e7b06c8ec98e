import { open, type FileHandle } from 'node:fs/promises';
import type { AppendFile } from '../../../src/core/ports/files.ts';
import { storageError } from './storage-error.ts';

/** One open file descriptor. One caller at a time: the writer of the growing log. */
export class NodeAppendFile implements AppendFile {
  readonly #handle: FileHandle;
  #sizeBytes: number;

  private constructor(handle: FileHandle, sizeBytes: number) {
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  static async open(path: string): Promise<NodeAppendFile> {
    const handle = await open(path, 'a');
    try {
      return new NodeAppendFile(handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle.appendFile(bytes);
      this.#sizeBytes += bytes.byteLength;
    } catch (error) {
      throw storageError(error, 'append');
    }
  }

  async sync(): Promise<void> {
    try {
      await this.#handle.datasync();
    } catch (error) {
      throw storageError(error, 'datasync');
    }
  }

  async truncate(sizeBytes: number): Promise<void> {
    try {
      await this.#handle.truncate(sizeBytes);
      this.#sizeBytes = sizeBytes;
    } catch (error) {
      throw storageError(error, 'truncate');
    }
  }

  async close(): Promise<void> {
    try {
      await this.#handle.close();
    } catch (error) {
      throw storageError(error, 'close');
    }
  }
}
