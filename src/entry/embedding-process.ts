import { serveModel } from '../../adapters/embedder/transformers/serve-model.ts';
import { armFailpointsFromEnvironment } from './failpoints.ts';

/** The process that turns text into vectors with a model. Started by `openTransformersEmbedder`. */
armFailpointsFromEnvironment();
serveModel();
