/** Made by `scripts/build-edge.mjs`: what other entries read from their folders, as base64. */
declare module 'chl:static-files' {
  /** By file name. */
  export const dashboardFiles: Readonly<Record<string, string>>;
  export const swaggerFiles: Readonly<Record<string, string>>;
}
