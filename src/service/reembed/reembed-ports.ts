import type { Embedder } from '../../core/ports/embedder.ts';
import type { IndexCollection } from '../../core/ports/index-host.ts';
import type { ReembedRequest } from '../contract/admin.ts';

/** What a change of embedder needs of whoever composes the service. */
export interface ReembedPorts {
  /**
   * The embedder asked for, else the configured one. Where an endpoint is and its key are the
   * operator's to say, never a caller's.
   * @throws CONFIGURATION, UNAVAILABLE
   */
  openEmbedder(request: ReembedRequest): Promise<Embedder>;
  /**
   * The embedder of this fingerprint, to which another service has given the database.
   * @throws CONFIGURATION when this service has no such embedder, UNAVAILABLE
   */
  openBound(fingerprint: string): Promise<Embedder>;
  /** The index of a generation, over the vectors of this embedder; it opens by itself. */
  openCollection(embedder: Embedder, generation: number): IndexCollection;
  /** The index of this generation is closed; its files may go. */
  retire(generation: number): Promise<void>;
}
